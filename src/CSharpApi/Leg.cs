using System.Collections.Immutable;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// A local end to send from and receive at. Bound to the unspecified address it has one socket for
/// each local address, so that answers leave from where the question came to.
/// </summary>
public sealed class Leg
{
    private readonly Engine _engine;

    internal Leg(
        Engine engine,
        LegOptions options,
        ImmutableArray<ILink> links,
        ImmutableArray<int> numbers,
        ImmutableArray<string> sentBys
    )
    {
        (_engine, Options, Links, Numbers, SentBys) = (engine, options, links, numbers, sentBys);
        LocalEndPoints = [.. links.Select(link => link.LocalEndPoint)];
        LocalEndPoint =
            options.Bind is { } bind && UdpBinding.IsUnspecified(bind.Address)
                ? new IPEndPoint(bind.Address, LocalEndPoints[0].Port)
                : LocalEndPoints[0];
    }

    /// <summary>What carries messages here.</summary>
    public Transport Transport => Links[0].Transport;

    /// <summary>
    /// The address bound, with the real port. May be the unspecified address
    /// (<see cref="LocalEndPoints"/> never is).
    /// </summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Every local address that it sends from and receives at.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints { get; }

    /// <summary>
    /// What stands in our Via (RFC 3261, 18.1.1): the advertised name or the local address, with
    /// the port. Of several local addresses the first that is no loopback address, if there is one.
    /// </summary>
    public string SentBy => SentBys[Main];

    /// <summary>What it was made of.</summary>
    public LegOptions Options { get; }

    internal ImmutableArray<ILink> Links { get; }

    /// <summary>The core's numbers of the links.</summary>
    internal ImmutableArray<int> Numbers { get; }

    internal ImmutableArray<string> SentBys { get; }

    private int Main
    {
        get
        {
            var wide = Links
                .ToList()
                .FindIndex(link => !IPAddress.IsLoopback(link.LocalEndPoint.Address));
            return Math.Max(0, wide);
        }
    }

    /// <summary>
    /// Another certificate, for all handshakes from now on; connections that are there go on.
    /// </summary>
    /// <param name="certificate">With its private key.</param>
    /// <param name="chain">Certificates between it and its root; null: none.</param>
    /// <exception cref="ArgumentException">It has no private key.</exception>
    /// <exception cref="InvalidOperationException">The leg has no TLS, was made without a
    /// certificate and does not listen, or asks a callback for its certificate.</exception>
    public void ReplaceCertificate(
        X509Certificate2 certificate,
        X509Certificate2Collection? chain = null
    )
    {
        ArgumentNullException.ThrowIfNull(certificate);
        _ = Options with { Certificate = certificate };

        if (!Options.IsSecure || !Options.CanListen)
        {
            throw new InvalidOperationException(
                $"{this} has no certificate to replace. Add a TLS leg with one: "
                    + "LegOptions.Tls(...).WithPem(certificate, key)."
            );
        }

        if (Options.SslServerAuthenticationOptions?.ServerCertificateSelectionCallback is not null)
        {
            throw new InvalidOperationException(
                $"{this} asks ServerCertificateSelectionCallback for its certificate. "
                    + "Let that give the new one."
            );
        }

        foreach (var link in Links.OfType<StreamLink>())
        {
            link.Tls.Replace(certificate, chain);
        }
    }

    /// <summary>"udp:192.0.2.1:5060".</summary>
    public override string ToString() =>
        new Hop(Transport, LocalEndPoint.Address, LocalEndPoint.Port).ToString();

    internal bool BelongsTo(Engine engine) => ReferenceEquals(engine, _engine);

    /// <summary>The link that would receive from there: one of the same address family.</summary>
    internal int NumberFor(Core.Hop source)
    {
        var family = source.Address.Family;
        var index = Links
            .ToList()
            .FindIndex(link =>
                Core.AddressModule.ofIPAddress(link.LocalEndPoint.Address).Family == family
            );
        return Numbers[Math.Max(0, index)];
    }
}
