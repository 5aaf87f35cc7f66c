// How a connection comes to be: the socket, TLS, then the pipe. All waiting ends by its token.
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace SipFun.Shell;

/// <summary>A connection whose handshakes are done.</summary>
/// <param name="Pipe">How messages lie in it.</param>
/// <param name="Names">What a peer that connected is, by its verified certificate.</param>
internal sealed record Opened(IPipe Pipe, IReadOnlyList<string> Names);

/// <summary>Opens the connections of one link.</summary>
/// <param name="options">Of the leg.</param>
/// <param name="tls">Of the leg too.</param>
/// <param name="isPlain">Whether there is neither TLS nor WebSocket, whatever the leg
/// says.</param>
internal sealed class Opening(LegOptions options, TlsSettings tls, bool isPlain)
{
    private readonly WebSocketLimits _webSocket = new() { Origins = options.Origins };

    /// <summary>For tests: what lies between a connection and its socket.</summary>
    public Func<Stream, Stream> Between { get; set; } = stream => stream;

    /// <summary>The check of the peer's certificate at the handshake to come.</summary>
    public CertificateCheck Check(string? name, bool isOurs) =>
        isOurs
            ? new CertificateCheck(name ?? "", isRequired: true)
            : new CertificateCheck(name: null, tls.RequiresClientCertificate);

    /// <summary>Handshakes over a connected socket, which stays the caller's.</summary>
    public async Task<Opened> SecureAsync(
        IStreamSocket socket,
        Core.Hop hop,
        bool isOurs,
        CertificateCheck check,
        CancellationToken cancel
    )
    {
        var stream = Between(socket.Open());

        if (isPlain || !options.IsSecure)
        {
            try
            {
                return new Opened(await PipeAsync(stream, hop, isOurs, cancel), []);
            }
            catch (UpgradeException)
            {
                LastWords.Keep(socket);
                throw;
            }
        }

        var secured = new SslStream(stream, leaveInnerStreamOpen: false);

        try
        {
            await (
                isOurs
                    ? secured.AuthenticateAsClientAsync(
                        tls.Client(hop.VerifyName ?? "", check),
                        cancel
                    )
                    : secured.AuthenticateAsServerAsync(tls.Server(check), cancel)
            );
            var names = isOurs ? [] : Names(secured);
            return new Opened(await PipeAsync(secured, hop, isOurs, cancel), names);
        }
        catch (Exception exception)
        {
            await EndAsync(secured, socket, saysGoodbye: exception is UpgradeException);
            throw;
        }
    }

    /// <summary>Why it ends is known: a peer that hears no goodbye changes nothing of that.</summary>
    private static async Task EndAsync(SslStream secured, IStreamSocket socket, bool saysGoodbye)
    {
        try
        {
            if (saysGoodbye)
            {
                await secured.ShutdownAsync();
                LastWords.Keep(socket);
            }

            await secured.DisposeAsync();
        }
        catch (Exception exception)
            when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            await secured.DisposeAsync();
        }
    }

    /// <summary>The one place where a transport says how its messages lie in the
    /// stream.</summary>
    private ValueTask<IPipe> PipeAsync(
        Stream stream,
        Core.Hop hop,
        bool isOurs,
        CancellationToken cancel
    )
    {
        var isWebSocket = !isPlain && options.Transport is (Transport.Ws or Transport.Wss);
        var side = isOurs ? Core.StreamSide.Opened : Core.StreamSide.Accepted;

        return (isWebSocket, isOurs) switch
        {
            (true, true) => WebSocketUpgrade.ConnectAsync(stream, HostOf(hop), _webSocket, cancel),
            (true, false) => WebSocketUpgrade.AcceptAsync(stream, _webSocket, cancel),
            _ => ValueTask.FromResult<IPipe>(new FramedPipe(stream, side, ParseLimits.Default)),
        };
    }

    /// <summary>For HTTP's Host field (RFC 9110, 7.2): the name that is verified, else the
    /// address.</summary>
    private static string HostOf(Core.Hop hop)
    {
        var host =
            hop.VerifyName is { } name && !name.Contains(':', StringComparison.Ordinal)
                ? name
                : Core.AddressModule.toHost(hop.Address);
        var isDefault = hop.Port == Core.HopModule.defaultPort(hop.Transport);
        return isDefault ? host : $"{host}:{hop.Port}";
    }

    private static IReadOnlyList<string> Names(SslStream secured) =>
        secured.RemoteCertificate is X509Certificate2 own ? SipIdentity.Of(own).Domains : [];
}
