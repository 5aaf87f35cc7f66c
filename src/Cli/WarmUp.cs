namespace SipFun.Cli;

/// <summary>
/// One exchange with itself, on loopback. What .NET needs to start would else be told as the time
/// of the first packet.
/// </summary>
internal static class WarmUp
{
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(CancellationToken cancel)
    {
        await using var self = await Dispatcher.StartAsync(
            new() { Legs = [LegOptions.Udp("127.0.0.1:0")] },
            cancel
        );
        self.SetReceiver(received =>
        {
            received.Respond(received.CreateResponse(StatusCode.Ok));
            return Receipt.Handled;
        });
        var hop = Hop.Parse(self.Legs[0].ToString());
        var uri = SipUri.Parse($"sip:{self.Legs[0].SentBy}");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(_atMost);
        await Echo.AskAsync(self, uri, hop, 0, patience.Token);
    }
}
