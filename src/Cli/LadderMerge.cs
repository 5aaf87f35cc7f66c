using System.Net;

namespace SipFun.Cli;

/// <summary>
/// Makes one ladder of one or several recordings. A packet that both ends recorded is one arrow; one that
/// the other end should have seen and did not is lost. Recorders count from their own start: packets that
/// two of them saw tell how far apart these are.
/// </summary>
internal static class LadderMerge
{
    /// <summary>Clocks are set by packets that were some time on their way, in whole milliseconds: what
    /// seems to arrive so much before it leaves has left before.</summary>
    private static readonly TimeSpan _doubt = TimeSpan.FromMilliseconds(5);

    /// <param name="recordings">Each with the name of its recorder.</param>
    public static LadderChart Merge(
        IReadOnlyList<(string Name, IReadOnlyList<RecordedPacket> Packets)> recordings
    )
    {
        var ends = new LadderEnds(recordings);
        var offsets = LadderClocks.Offsets([.. recordings.Select(one => one.Packets)]);
        var seen = recordings
            .SelectMany(
                (recording, index) =>
                    recording.Packets.Select(packet => new Sighting(
                        packet.Instant + offsets[index],
                        packet
                    ))
            )
            .OrderBy(sighting => sighting.Packet.IsSent ? sighting.At : sighting.At + _doubt)
            .ToList();
        var arrows = Join(seen, ends);
        var first = arrows.Count > 0 ? arrows.Min(arrow => arrow.Sent) : TimeSpan.Zero;
        return Ordered(ends.Participants, Count([.. arrows.OrderBy(arrow => arrow.Sent)], first));
    }

    /// <summary>From left to right as they come into it: who began stands first.</summary>
    private static LadderChart Ordered(
        IReadOnlyList<LadderParticipant> participants,
        List<LadderArrow> arrows
    )
    {
        int[] order = [.. arrows.SelectMany(arrow => new[] { arrow.From, arrow.To }).Distinct()];
        var places = new int[participants.Count];

        for (var place = 0; place < order.Length; place++)
        {
            places[order[place]] = place;
        }

        return new LadderChart(
            [.. order.Select(one => participants[one])],
            arrows.ConvertAll(arrow =>
                arrow with
                {
                    From = places[arrow.From],
                    To = places[arrow.To],
                }
            )
        );
    }

    private sealed record Sighting(TimeSpan At, RecordedPacket Packet)
    {
        public IPEndPoint Sender => (Packet.IsSent ? Packet.Local : Packet.Remote).Address;

        public IPEndPoint Recipient => (Packet.IsSent ? Packet.Remote : Packet.Local).Address;

        public PacketKey Key => new(Sender, Recipient, Packet.Bytes);
    }

    private sealed record Flight(LadderArrow Arrow, byte[] Bytes)
    {
        public TimeSpan Sent => Arrow.Sent;
    }

    /// <summary>What was received goes with the last that was sent before and has not arrived: earlier
    /// ones are lost.</summary>
    private static List<Flight> Join(List<Sighting> seen, LadderEnds ends)
    {
        var flights = new List<Flight>();
        var underWay = new Dictionary<PacketKey, Stack<int>>();

        foreach (var sighting in seen)
        {
            var key = sighting.Key;

            if (sighting.Packet.IsSent)
            {
                underWay.TryAdd(key, new());
                underWay[key].Push(flights.Count);
                flights.Add(Leave(sighting, ends));
            }
            else if (underWay.TryGetValue(key, out var waiting) && waiting.TryPop(out var index))
            {
                var flight = flights[index];
                flights[index] = flight with
                {
                    Arrow = flight.Arrow with { Arrived = sighting.At, IsLost = false },
                };
            }
            else
            {
                var flight = Leave(sighting, ends);
                flights.Add(
                    flight with
                    {
                        Arrow = flight.Arrow with { Arrived = sighting.At, IsLost = false },
                    }
                );
            }
        }

        return flights;
    }

    private static Flight Leave(Sighting sighting, LadderEnds ends)
    {
        var (label, kind) = LadderLabel.Of(sighting.Packet.Bytes);
        var arrow = new LadderArrow(
            ends.PlaceOf(sighting.Sender),
            ends.PlaceOf(sighting.Recipient),
            sighting.At,
            Arrived: null,
            label,
            kind
        )
        {
            IsLost = ends.IsRecorder(sighting.Recipient),
        };
        return new Flight(arrow, sighting.Packet.Bytes);
    }

    /// <summary>Numbers the copies, from the first packet on.</summary>
    private static List<LadderArrow> Count(List<Flight> flights, TimeSpan first)
    {
        var copies = new Dictionary<PacketKey, int>();
        var arrows = new List<LadderArrow>(flights.Count);

        foreach (var (arrow, bytes) in flights)
        {
            // By places: a copy may go over another connection.
            var key = new PacketKey(
                new(IPAddress.Any, arrow.From),
                new(IPAddress.Any, arrow.To),
                bytes
            );
            var copy = copies[key] = copies.GetValueOrDefault(key) + 1;
            arrows.Add(
                arrow with
                {
                    Sent = arrow.Sent - first,
                    Arrived = arrow.Arrived - first,
                    Copy = arrow.Kind == LadderKind.Other ? 1 : copy,
                }
            );
        }

        return arrows;
    }
}

/// <summary>One packet as both ends know it.</summary>
internal readonly struct PacketKey(IPEndPoint sender, IPEndPoint recipient, byte[] bytes)
    : IEquatable<PacketKey>
{
    private readonly IPEndPoint _sender = sender;
    private readonly IPEndPoint _recipient = recipient;
    private readonly byte[] _bytes = bytes;

    public bool Equals(PacketKey other) =>
        _sender.Equals(other._sender)
        && _recipient.Equals(other._recipient)
        && _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => obj is PacketKey other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(_sender);
        hash.Add(_recipient);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }
}
