using System.Net;
using System.Text;

namespace SipFun.Testing;

/// <summary>One packet as it left a host: a datagram, or what was written to a stream at
/// once.</summary>
/// <param name="Sent">When it left, since the network's start.</param>
/// <param name="Arrived">When it came; null when it did not.</param>
/// <param name="From">The sender's name.</param>
/// <param name="To">The name of the host it went to; its address when there is none.</param>
/// <param name="Source">Where it came from, as the receiver sees it.</param>
/// <param name="Destination">Where it was sent to.</param>
/// <param name="Transport">UDP, or what lies in the stream.</param>
/// <param name="Bytes">All of it, as it was sent.</param>
/// <param name="Fate">What became of it.</param>
public sealed record TracedPacket(
    TimeSpan Sent,
    TimeSpan? Arrived,
    string From,
    string To,
    IPEndPoint Source,
    IPEndPoint Destination,
    Transport Transport,
    ReadOnlyMemory<byte> Bytes,
    PacketFate Fate
)
{
    private const int LongestLine = 200;

    /// <summary>The first line of a SIP message; else how many octets of which transport.</summary>
    public string Summary
    {
        get
        {
            var octets = Bytes.Span;
            var end = octets.IndexOf("\r\n"u8);
            var isText =
                end is > 0 and < LongestLine
                && octets[..end].IndexOf("SIP/2.0"u8) >= 0
                && octets[..end].IndexOfAnyExceptInRange((byte)' ', (byte)'~') < 0;
            return isText
                ? Encoding.ASCII.GetString(octets[..end])
                : $"{Transport.ToString().ToUpperInvariant()}, {octets.Length} octets";
        }
    }

    /// <summary>One line: instant, ends, first line, fate.</summary>
    public override string ToString()
    {
        var fate = Fate == PacketFate.Delivered ? "" : $" ({Fate.ToString().ToLowerInvariant()})";
        return $"{Sent.TotalSeconds, 9:0.000} {From} > {To}: {Summary}{fate}";
    }
}
