using System.Net;

namespace SipFun;

/// <summary>Which way a packet went.</summary>
public enum PacketDirection
{
    /// <summary>It came in, whatever it is: a message or garbage.</summary>
    Received = 0,

    /// <summary>It was given to the leg: the first copy as well as each later one.</summary>
    Sent = 1,
}

/// <summary>One packet as it went over a leg: what <see cref="DispatcherOptions.OnPacket"/> sees.</summary>
/// <param name="Instant">When, since the dispatcher's start; whole milliseconds.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Local">The local end.</param>
/// <param name="Remote">The other end, and the transport.</param>
/// <param name="Bytes">All of it. Secret where the message is: it may bear credentials.</param>
public sealed record WirePacket(
    TimeSpan Instant,
    PacketDirection Direction,
    IPEndPoint Local,
    Hop Remote,
    ReadOnlyMemory<byte> Bytes
);
