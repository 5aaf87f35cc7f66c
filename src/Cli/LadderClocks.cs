namespace SipFun.Cli;

/// <summary>How far apart the clocks of several recorders are, from packets that two of them saw.</summary>
internal static class LadderClocks
{
    /// <summary>What is to be added to the instants of each, so that they are the first's. 0 where no
    /// packet tells.</summary>
    public static TimeSpan[] Offsets(IReadOnlyList<IReadOnlyList<RecordedPacket>> recordings)
    {
        var offsets = new TimeSpan[recordings.Count];
        var known = new HashSet<int> { 0 };
        var open = new Queue<int>([0]);

        while (open.TryDequeue(out var one))
        {
            for (var other = 0; other < recordings.Count; other++)
            {
                if (
                    !known.Contains(other)
                    && Between(recordings[one], recordings[other]) is { } apart
                )
                {
                    offsets[other] = offsets[one] + apart;
                    known.Add(other);
                    open.Enqueue(other);
                }
            }
        }

        return offsets;
    }

    /// <summary>
    /// What one sent the other saw later, and the other way round: the offset lies between, as near to
    /// both as it may. Only packets that went once: which copy is which nobody knows.
    /// </summary>
    private static TimeSpan? Between(
        IReadOnlyList<RecordedPacket> one,
        IReadOnlyList<RecordedPacket> other
    )
    {
        var least = Latest(Once(one, sent: true), Once(other, sent: false));
        var most = -Latest(Once(other, sent: true), Once(one, sent: false));
        return (least, most) switch
        {
            ({ } low, { } high) => (low + high) / 2,
            _ => least ?? most,
        };
    }

    /// <summary>By how much the sender's clock is ahead at least.</summary>
    private static TimeSpan? Latest(
        Dictionary<PacketKey, TimeSpan> sent,
        Dictionary<PacketKey, TimeSpan> received
    )
    {
        var ahead = sent.Where(row => received.ContainsKey(row.Key))
            .Select(row => row.Value - received[row.Key])
            .ToList();
        return ahead.Count > 0 ? ahead.Max() : null;
    }

    private static Dictionary<PacketKey, TimeSpan> Once(
        IReadOnlyList<RecordedPacket> packets,
        bool sent
    ) =>
        packets
            .Where(packet => packet.IsSent == sent)
            .GroupBy(packet =>
                sent
                    ? new PacketKey(packet.Local.Address, packet.Remote.Address, packet.Bytes)
                    : new PacketKey(packet.Remote.Address, packet.Local.Address, packet.Bytes)
            )
            .Where(group => group.Count() == 1)
            .ToDictionary(group => group.Key, group => group.Single().Instant);
}
