using System.Diagnostics.Tracing;

namespace SipFun.Bench.Core;

/// <summary>Of which types the allocated bytes are: the runtime samples each 100 kB.</summary>
internal sealed class AllocationSampler : EventListener
{
    private readonly Dictionary<string, long> _bytes = [];

    public void Print(long operations)
    {
        lock (_bytes)
        {
            foreach (var (type, bytes) in _bytes.OrderByDescending(pair => pair.Value).Take(40))
            {
                Console.WriteLine($"{bytes / operations, 6} B  {type}");
            }
        }
    }

    protected override void OnEventSourceCreated(EventSource source)
    {
        if (source.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(source, EventLevel.Verbose, (EventKeywords)1);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs data)
    {
        if (data.EventName?.StartsWith("GCAllocationTick", StringComparison.Ordinal) == true)
        {
            lock (_bytes)
            {
                var type = (string)data.Payload![5]!;
                _bytes[type] = _bytes.GetValueOrDefault(type) + Convert.ToInt64(data.Payload[3]);
            }
        }
    }
}
