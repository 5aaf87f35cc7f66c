using System.Globalization;
using System.Text.Json.Nodes;

namespace SipFun.Cli;

/// <summary>What ping says at its end. What was cut short by Ctrl-C does not count.</summary>
internal sealed class PingStatistics
{
    private readonly Lock _lock = new();
    private readonly List<double> _times = [];
    private int _sent;

    /// <summary>With any final response.</summary>
    public int Answered => _times.Count;

    /// <summary>With a 2xx.</summary>
    public int Successes { get; private set; }

    /// <summary>How the last one ended.</summary>
    public DeliveryOutcome? Last { get; private set; }

    /// <summary>Counts one; false when it was cut short.</summary>
    public bool Add(Echo echo)
    {
        if (echo.Outcome is DeliveryOutcome.Cancelled)
        {
            return false;
        }

        lock (_lock)
        {
            _sent++;
            Last = echo.Outcome;

            if (echo.Response is { } response)
            {
                _times.Add(echo.Time.TotalMilliseconds);
                Successes += response.IsSuccess ? 1 : 0;
            }
        }

        return true;
    }

    public string ToText(SipUri uri)
    {
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"--- {uri} ---\n{_sent} sent, {Answered} answered, {Loss:0.#}% loss"
        );
        return Answered == 0 ? counts : $"{counts}\nround trip min/avg/max/mdev = {Times()} ms";
    }

    public JsonObject ToJson()
    {
        var report = new JsonObject
        {
            ["sent"] = _sent,
            ["answered"] = Answered,
            ["lossPercent"] = Math.Round(Loss, 1),
        };

        if (Answered > 0)
        {
            report["minMs"] = Math.Round(_times.Min(), 3);
            report["avgMs"] = Math.Round(_times.Average(), 3);
            report["maxMs"] = Math.Round(_times.Max(), 3);
            report["mdevMs"] = Math.Round(Deviation, 3);
        }

        return report;
    }

    private double Loss => _sent == 0 ? 0 : 100.0 * (_sent - Answered) / _sent;

    private double Deviation
    {
        get
        {
            var average = _times.Average();
            return Math.Sqrt(_times.Average(time => (time - average) * (time - average)));
        }
    }

    private string Times() =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{_times.Min():0.000}/{_times.Average():0.000}/{_times.Max():0.000}/{Deviation:0.000}"
        );
}
