using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;

namespace SipFun.Shell;

/// <summary>Why a connection ended: for the core, for the counters, in words.</summary>
/// <param name="Fault">What its users are told.</param>
/// <param name="Reason">What is counted; null: nothing, because we wanted it.</param>
/// <param name="Detail">In words.</param>
/// <param name="Flushes">Whether what was given to it is still written.</param>
internal sealed record Ending(
    TransportFault Fault,
    Reason? Reason,
    string Detail,
    bool Flushes = false
)
{
    /// <summary>By the peer, between messages. It may still read: our last words are
    /// written.</summary>
    public static Ending ByPeer { get; } =
        new(TransportFault.Closed, Shell.Reason.PeerClosed, "the peer closed it", Flushes: true);

    /// <summary>By us: unused, or its leg is removed.</summary>
    public static Ending ByUs { get; } =
        new(TransportFault.Closed, Reason: null, "closed by us", Flushes: true);

    /// <summary>While it was being connected.</summary>
    public static Ending OfConnect(Exception exception)
    {
        var error = (exception as SocketException)?.SocketErrorCode ?? SocketError.SocketError;
        return new Ending(
            OfSocket(error),
            Shell.Reason.ConnectFailed,
            exception is SocketException ? error.ToString() : exception.Message
        );
    }

    /// <summary>During its handshakes.</summary>
    public static Ending OfHandshake(Exception exception, string? refusal) =>
        refusal is not null
            ? new Ending(
                TransportFault.CertificateRefused,
                Shell.Reason.CertificateRefused,
                refusal
            )
            : new Ending(
                TransportFault.HandshakeFailed,
                (exception as UpgradeException)?.Reason ?? Shell.Reason.HandshakeFailed,
                exception is AuthenticationException { InnerException: { } inner }
                    ? inner.Message
                    : exception.Message
            );

    /// <summary>While it was open. What cannot be cut into messages was perhaps answered.</summary>
    public static Ending OfStream(Exception exception) =>
        new(
            TransportFault.Closed,
            exception is FramingException ? Shell.Reason.FramingLost : Shell.Reason.StreamBroken,
            exception switch
            {
                IOException { InnerException: SocketException inner } =>
                    inner.SocketErrorCode.ToString(),
                SocketException broken => broken.SocketErrorCode.ToString(),
                WebSocketException broken => broken.WebSocketErrorCode.ToString(),
                _ => exception.Message,
            },
            Flushes: exception is FramingException
        );

    private static TransportFault OfSocket(SocketError error) =>
        error switch
        {
            // The last three: ICMP said that the host does not speak the protocol.
            SocketError.ConnectionRefused
            or SocketError.ConnectionReset
            or SocketError.ProtocolOption
            or SocketError.ProtocolNotSupported
            or SocketError.ProtocolFamilyNotSupported => TransportFault.ConnectionRefused,
            SocketError.HostUnreachable
            or SocketError.NetworkUnreachable
            or SocketError.HostDown
            or SocketError.NetworkDown => TransportFault.HostUnreachable,
            SocketError.TimedOut => TransportFault.ConnectTimedOut,
            SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable =>
                TransportFault.TooManyConnections,
            _ => TransportFault.SendFailed,
        };
}
