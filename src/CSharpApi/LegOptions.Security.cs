using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using SipFun.Shell;

namespace SipFun;

// Certificates. Only legs with TLS may have any of it.
public sealed partial record LegOptions
{
    private readonly X509Certificate2? _certificate;

    /// <summary>
    /// Who we are, with its private key: shown to peers that connect, and to servers that ask.
    /// Default: none. From PEM files: <see cref="WithPem"/>; from the system's store:
    /// <see cref="WithStore"/>.
    /// <see cref="Leg.ReplaceCertificate"/> replaces it while everything runs.
    /// </summary>
    /// <exception cref="ArgumentException">It has no private key.</exception>
    public X509Certificate2? Certificate
    {
        get => _certificate;
        init =>
            _certificate = value is null or { HasPrivateKey: true }
                ? value
                : throw new ArgumentException(
                    "The certificate has no private key. Load the key with it: "
                        + "WithPem(certificate, key).",
                    nameof(value)
                );
    }

    /// <summary>Certificates between ours and its root, which are sent with it. Default:
    /// none.</summary>
    public X509Certificate2Collection? CertificateChain { get; init; }

    /// <summary>
    /// The only roots that peers' certificates may end at. Default: null, the system's. From a PEM
    /// file: <see cref="WithTrust"/>.
    /// </summary>
    public X509Certificate2Collection? TrustedRoots { get; init; }

    /// <summary>
    /// Mutual TLS: peers that connect must show a certificate that we can verify. What it says
    /// they are is then known (RFC 5922, 7.4; RFC 5923). Default: no.
    /// </summary>
    public bool RequireClientCertificate { get; init; }

    /// <summary>
    /// Everything else about TLS with peers that connect to us: protocols (default: 1.2 and 1.3,
    /// RFC 8996), ciphers, a certificate by the name asked for (SNI), revocation. A
    /// <c>RemoteCertificateValidationCallback</c> takes the place of our checks. Copied for each
    /// connection.
    /// </summary>
    public SslServerAuthenticationOptions? SslServerAuthenticationOptions { get; init; }

    /// <summary>
    /// Everything else about TLS with peers that we connect to; <c>TargetHost</c> is always set to
    /// the name that is verified. A <c>RemoteCertificateValidationCallback</c> takes the place of
    /// our checks, RFC 5922's names included. Copied for each connection.
    /// </summary>
    public SslClientAuthenticationOptions? SslClientAuthenticationOptions { get; init; }

    /// <summary>These options with <see cref="Certificate"/> and
    /// <see cref="CertificateChain"/> from PEM files.</summary>
    /// <param name="certificate">A file with our certificate and, behind it, those between it
    /// and the root.</param>
    /// <param name="key">A file with its private key, not encrypted. Null: in the first
    /// file.</param>
    /// <param name="trust">A file for <see cref="WithTrust"/>. Null: the roots stay as they
    /// are.</param>
    /// <exception cref="ArgumentException">A file has no certificate, no key, or not the key of
    /// the certificate.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public LegOptions WithPem(string certificate, string? key = null, string? trust = null)
    {
        var (own, chain) = PemFiles.Load(certificate, key);
        var options = this with { Certificate = own, CertificateChain = chain };
        return trust is null ? options : options.WithTrust(trust);
    }

    /// <summary>These options with a <see cref="Certificate"/> from the system's store, and the
    /// <see cref="CertificateChain"/> that the system builds from it.</summary>
    /// <param name="find">Its thumbprint (SHA-1 or SHA-256, in hexadecimal), or a part of its
    /// subject. Of several that are valid now the one that is valid longest is taken.</param>
    /// <param name="location">Whose store. Default: the user's.</param>
    /// <param name="store">Its name. Default: "My", the personal certificates.</param>
    /// <exception cref="ArgumentException">It has no such store, or no such certificate that is
    /// valid now and has its private key there.</exception>
    public LegOptions WithStore(
        string find,
        StoreLocation location = StoreLocation.CurrentUser,
        string store = "My"
    )
    {
        var (own, chain) = CertificateStore.Load(find, location, store);
        return this with { Certificate = own, CertificateChain = chain };
    }

    /// <summary>These options with <see cref="TrustedRoots"/> from a PEM file.</summary>
    /// <param name="file">One or more certificates.</param>
    /// <exception cref="ArgumentException">It has none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public LegOptions WithTrust(string file) =>
        this with
        {
            TrustedRoots = PemFiles.LoadTrust(file),
        };

    internal bool IsSecure => Transport is Transport.Tls or Transport.Wss;

    /// <summary>Whether it has something to show to peers that connect.</summary>
    internal bool CanListen =>
        !IsSecure
        || Certificate is not null
        || SslServerAuthenticationOptions
            is { ServerCertificate: not null }
                or { ServerCertificateContext: not null }
                or { ServerCertificateSelectionCallback: not null };

    /// <exception cref="ArgumentException">Options that contradict each other.</exception>
    internal void Validate()
    {
        if (!IsSecure && (HasSecrets || RequireClientCertificate))
        {
            throw new ArgumentException(
                $"{this} has certificates or TLS options, and no TLS. Use LegOptions.Tls or Wss."
            );
        }

        ValidateOrigins();

        if (RequireClientCertificate && !CanListen)
        {
            throw new ArgumentException(
                $"{this} requires certificates of peers, and has none to show to them. "
                    + "Give it one: WithPem(certificate, key)."
            );
        }
    }

    private bool HasSecrets =>
        Certificate is not null
        || CertificateChain is not null
        || TrustedRoots is not null
        || SslServerAuthenticationOptions is not null
        || SslClientAuthenticationOptions is not null;
}
