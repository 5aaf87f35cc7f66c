// TLS as one leg wants it: the user's options, copied for each connection and completed.
using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Reflection;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SipFun.Shell;

/// <summary>Makes the options of each handshake. The certificate may change at any time.</summary>
internal sealed class TlsSettings(LegOptions options)
{
    /// <summary>RFC 8996: nothing older than TLS 1.2.</summary>
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    private volatile SslStreamCertificateContext? _own = Context(
        options.Certificate,
        options.CertificateChain
    );

    /// <summary>For handshakes to come; those made stay.</summary>
    public void Replace(X509Certificate2 certificate, X509Certificate2Collection? chain) =>
        _own = Context(certificate, chain);

    /// <summary>For a peer that connected.</summary>
    public SslServerAuthenticationOptions Server(CertificateCheck check)
    {
        var given = options.SslServerAuthenticationOptions;
        var made = Copy(given) ?? new() { AllowRenegotiation = false };
        made.EnabledSslProtocols = Supported(made.EnabledSslProtocols);

        // The framework takes one of the two: the user's choice by name goes before our own.
        if (made.ServerCertificateSelectionCallback is null)
        {
            made.ServerCertificateContext = _own ?? made.ServerCertificateContext;
        }

        made.ClientCertificateRequired |= options.RequireClientCertificate;
        made.CertificateChainPolicy ??= Policy(made.CertificateRevocationCheckMode);
        made.RemoteCertificateValidationCallback ??= (_, certificate, chain, errors) =>
            check.Verify(certificate, chain, errors);
        return made;
    }

    /// <summary>For a peer that we connected to.</summary>
    public SslClientAuthenticationOptions Client(string name, CertificateCheck check)
    {
        var given = options.SslClientAuthenticationOptions;
        var made = Copy(given) ?? new() { AllowRenegotiation = false };
        made.TargetHost = SipIdentity.Normal(name) ?? name;
        made.EnabledSslProtocols = Supported(made.EnabledSslProtocols);
        made.CertificateChainPolicy ??= Policy(made.CertificateRevocationCheckMode);
        made.RemoteCertificateValidationCallback ??= (_, certificate, chain, errors) =>
            check.Verify(certificate, chain, errors);

        if (made.ClientCertificates is null && made.LocalCertificateSelectionCallback is null)
        {
            made.ClientCertificateContext ??= _own;
        }

        return made;
    }

    /// <summary>Whether a peer that connects must show a certificate.</summary>
    public bool RequiresClientCertificate =>
        options.RequireClientCertificate
        || options.SslServerAuthenticationOptions?.ClientCertificateRequired == true;

    private static SslProtocols Supported(SslProtocols asked) =>
        asked == SslProtocols.None ? Protocols : asked;

    private static SslStreamCertificateContext? Context(
        X509Certificate2? certificate,
        X509Certificate2Collection? chain
    ) =>
        certificate is null
            ? null
            : SslStreamCertificateContext.Create(certificate, chain, offline: true);

    /// <summary>Nothing is fetched because a peer's certificate says where (no requests at a
    /// peer's wish), but what revocation needs where the user asked for it.</summary>
    private X509ChainPolicy Policy(X509RevocationMode revocation)
    {
        var policy = new X509ChainPolicy
        {
            DisableCertificateDownloads = true,
            RevocationMode = revocation,
            RevocationFlag = X509RevocationFlag.ExcludeRoot,
        };

        if (options.TrustedRoots is { } roots)
        {
            policy.TrustMode = X509ChainTrustMode.CustomRootTrust;
            policy.CustomTrustStore.AddRange(roots);
        }

        return policy;
    }

    /// <summary>What can be set is copied, whatever a later framework adds.</summary>
    private static T? Copy<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T
    >(T? given)
        where T : class, new()
    {
        if (given is null)
        {
            return null;
        }

        var made = new T();

        foreach (var one in typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (one is { CanRead: true, CanWrite: true })
            {
                one.SetValue(made, one.GetValue(given));
            }
        }

        return made;
    }
}
