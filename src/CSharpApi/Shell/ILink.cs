using System.Net;

namespace SipFun.Shell;

/// <summary>
/// Something that sends packets and reports received ones, from one local address of one transport:
/// a UDP socket, a listener with its connections, a place in a simulated network. It knows bytes
/// and hops, and of deliveries only the number that it hands back.
/// </summary>
internal interface ILink : IDisposable
{
    Transport Transport { get; }

    /// <summary>Never the unspecified address: what we send comes from here.</summary>
    IPEndPoint LocalEndPoint { get; }

    /// <summary>To whom it reports; called before anything can be sent.</summary>
    void Attach(ILinkOwner owner);

    /// <summary>Begins to report what comes in; called when the owner's leg is known.</summary>
    void Start();

    /// <summary>
    /// Begins to send. Called inside a turn, by one thread at a time: it neither waits nor throws.
    /// A failure is reported, and with <paramref name="report"/> success too.
    /// </summary>
    void Send(long number, in Core.Hop hop, ReadOnlyMemory<byte> packet, bool report);

    /// <summary>Completes when nothing more is reported, after the link was disposed; is complete
    /// if it was never started.</summary>
    Task Stopped { get; }
}
