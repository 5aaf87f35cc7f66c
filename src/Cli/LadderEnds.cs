using System.Net;

namespace SipFun.Cli;

/// <summary>
/// Who stands where: each recorder with all its local addresses, and every other address by itself, in the
/// order in which they appear. A recorder that talks to itself is as many as it has addresses.
/// </summary>
internal sealed class LadderEnds
{
    private readonly Dictionary<IPEndPoint, int> _places = [];
    private readonly HashSet<IPEndPoint> _recorders = [];
    private readonly List<LadderParticipant> _participants = [];

    public LadderEnds(
        IReadOnlyList<(string Name, IReadOnlyList<RecordedPacket> Packets)> recordings
    )
    {
        foreach (var (name, packets) in recordings)
        {
            Add(name, packets);
        }

        foreach (var packet in recordings.SelectMany(one => one.Packets))
        {
            Add(packet.Remote.Address);
        }
    }

    public IReadOnlyList<LadderParticipant> Participants => _participants;

    public int PlaceOf(IPEndPoint end) => _places[end];

    /// <summary>What arrives there is recorded.</summary>
    public bool IsRecorder(IPEndPoint end) => _recorders.Contains(end);

    private void Add(string name, IReadOnlyList<RecordedPacket> packets)
    {
        var own = packets.Select(packet => packet.Local.Address).Distinct().ToList();
        _recorders.UnionWith(own);

        var talksToItself = packets.Any(packet => own.Contains(packet.Remote.Address));

        if (own.Count == 0 || talksToItself || own.Exists(_places.ContainsKey))
        {
            own.ForEach(Add);
            return;
        }

        own.ForEach(end => _places.Add(end, _participants.Count));
        var more = own.Count > 1 ? $" +{own.Count - 1}" : "";
        _participants.Add(new LadderParticipant(name, $"{own[0]}{more}"));
    }

    private void Add(IPEndPoint end)
    {
        if (_places.TryAdd(end, _participants.Count))
        {
            _participants.Add(new LadderParticipant($"{end}", ""));
        }
    }
}
