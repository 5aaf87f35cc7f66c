using System.Diagnostics.Tracing;

namespace SipFun.Bench.Goals;

/// <summary>How long the runtime stood still for its collector, each time: from its own events.</summary>
internal sealed class PauseWatch : EventListener
{
    private readonly List<double> _pauses = [];
    private DateTime _since;

    /// <summary>In milliseconds, since the last time that it was asked.</summary>
    public double[] Take()
    {
        lock (_pauses)
        {
            double[] taken = [.. _pauses.Order()];
            _pauses.Clear();
            return taken;
        }
    }

    protected override void OnEventSourceCreated(EventSource source)
    {
        if (source.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(source, EventLevel.Informational, (EventKeywords)1);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs data)
    {
        if (data.EventName?.StartsWith("GCSuspendEEBegin", StringComparison.Ordinal) == true)
        {
            _since = data.TimeStamp;
        }
        else if (data.EventName?.StartsWith("GCRestartEEEnd", StringComparison.Ordinal) == true)
        {
            lock (_pauses)
            {
                _pauses.Add((data.TimeStamp - _since).TotalMilliseconds);
            }
        }
    }
}
