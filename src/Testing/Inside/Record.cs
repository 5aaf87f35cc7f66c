namespace SipFun.Testing.Inside;

/// <summary>A packet that is under way or was, and may still be told otherwise.</summary>
internal sealed class Entry(TracedPacket packet)
{
    public TracedPacket Packet { get; private set; } = packet;

    public void Become(PacketFate fate, TimeSpan? arrived = null) =>
        Packet = Packet with { Fate = fate, Arrived = arrived };
}

/// <summary>The newest packets.</summary>
internal sealed class Record(int limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<Entry> _entries = new();

    public IReadOnlyList<TracedPacket> Packets
    {
        get
        {
            lock (_lock)
            {
                return [.. _entries.Select(entry => entry.Packet)];
            }
        }
    }

    public Entry Add(TracedPacket packet)
    {
        var entry = new Entry(packet);

        lock (_lock)
        {
            if (limit > 0)
            {
                if (_entries.Count == limit)
                {
                    _entries.Dequeue();
                }

                _entries.Enqueue(entry);
            }
        }

        return entry;
    }
}
