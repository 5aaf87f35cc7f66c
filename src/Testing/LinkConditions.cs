namespace SipFun.Testing;

/// <summary>
/// How good the way from one host to another is. Probabilities are 0 to 1, and each packet draws its
/// own lot. The default is a good local network: nothing is lost, everything takes a millisecond.
/// </summary>
public sealed record LinkConditions
{
    /// <summary>The default: one millisecond, and nothing goes wrong.</summary>
    public static LinkConditions Good { get; } = new();

    /// <summary>How long a packet is under way at least. Default: 1 ms.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>How much longer it may be under way, evenly distributed. Datagrams overtake each
    /// other; what is written to one stream does not. Default: none.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The share of datagrams that are lost. Of a stream nothing is lost, but it comes
    /// later: each loss costs one retransmission timeout (RFC 6298), doubled each time. Default:
    /// 0.</summary>
    public double Loss { get; init; }

    /// <summary>The share of datagrams that come twice. Default: 0.</summary>
    public double Duplication { get; init; }

    /// <summary>The share of datagrams that take <see cref="ReorderDelay"/> longer, so that later ones
    /// overtake them. Default: 0.</summary>
    public double Reordering { get; init; }

    /// <summary>Default: 50 ms.</summary>
    public TimeSpan ReorderDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The share of datagrams that come with one to four octets changed. Default:
    /// 0.</summary>
    public double Corruption { get; init; }

    /// <summary>
    /// The largest IP packet, in octets, that passes whole; null: any. The first larger one to an
    /// address comes back as ICMP "too big", and is lost; the sender's system sends later ones in
    /// fragments (RFC 1191). Default: null.
    /// </summary>
    public int? Mtu { get; init; }

    /// <summary>Nothing gets through, and nobody is told. Default: false.</summary>
    public bool IsCut { get; init; }

    /// <summary>Whether a datagram to a port where nobody listens comes back as ICMP "port
    /// unreachable" (RFC 1122, 4.1.3.1). Default: true.</summary>
    public bool ReportsUnreachable { get; init; } = true;

    internal void Validate()
    {
        foreach (var share in (double[])[Loss, Duplication, Reordering, Corruption])
        {
            if (share is < 0 or > 1 or double.NaN)
            {
                throw new ArgumentException($"A share of packets is {share}: give 0 to 1.");
            }
        }

        foreach (var time in (TimeSpan[])[Delay, Jitter, ReorderDelay])
        {
            if (time < TimeSpan.Zero || time > TimeSpan.FromDays(1))
            {
                throw new ArgumentException($"A delay is {time}: give zero to one day.");
            }
        }

        if (Mtu < 576)
        {
            throw new ArgumentException($"Mtu is {Mtu}: no path takes less than 576 (RFC 1122).");
        }
    }
}
