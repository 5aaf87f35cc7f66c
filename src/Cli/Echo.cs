using System.Diagnostics;
using System.Text.Json.Nodes;

namespace SipFun.Cli;

/// <summary>One OPTIONS of a ping, and what came of it.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Time">Until then.</param>
internal sealed record Echo(int Number, DeliveryOutcome Outcome, TimeSpan Time)
{
    /// <summary>The final response; null when there was none.</summary>
    public SipResponse? Response => (Outcome as DeliveryOutcome.Answered)?.Response;

    public static async Task<Echo> AskAsync(
        Dispatcher dispatcher,
        SipUri uri,
        Hop hop,
        int number,
        CancellationToken cancel
    )
    {
        var request = dispatcher.CreateRequest(SipMethod.Options, uri);
        var time = TimeSpan.Zero;
        var start = Stopwatch.GetTimestamp();
        var delivery = dispatcher.Deliver(
            request,
            new DeliverOptions
            {
                Destination = hop,
                OnResponse = _ => time = Stopwatch.GetElapsedTime(start),
            }
        );
        await using var stop = cancel.Register(() => delivery.Cancel());
        return new Echo(number, await delivery.Completion, time);
    }

    public JsonObject ToJson() =>
        new()
        {
            ["seq"] = Number,
            ["outcome"] = Outcome.Kind.ToString(),
            ["status"] = Response?.StatusCode,
            ["timeMs"] = Response is null ? null : Math.Round(Time.TotalMilliseconds, 3),
        };
}
