// Whether a peer's certificate is good: valid by RFC 5280, strong enough, meant for this, and, of a
// server, the name's (RFC 5922, 7.3; RFC 5924).
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SipFun.Shell;

/// <summary>Checks the certificate of one peer, and remembers why it was refused.</summary>
/// <param name="name">The name a server's must bear; null: a client's, whose names are only
/// read.</param>
/// <param name="isRequired">Whether there must be one.</param>
internal sealed class CertificateCheck(string? name, bool isRequired)
{
    private const string ServerUse = "1.3.6.1.5.5.7.3.1";
    private const string ClientUse = "1.3.6.1.5.5.7.3.2";
    private const string SipDomainUse = "1.3.6.1.5.5.7.3.20";
    private const string AnyUse = "2.5.29.37.0";

    /// <summary>RSA keys with less are refused (NIST SP 800-57: 112 bits of security).</summary>
    private const int LeastRsaBits = 2048;

    private static readonly string[] _weakSignatures =
    [
        "1.2.840.113549.1.1.4", // MD5 with RSA
        "1.2.840.113549.1.1.5", // SHA-1 with RSA
        "1.2.840.10045.4.1", // SHA-1 with ECDSA
    ];

    /// <summary>Why it was refused; null: it was not.</summary>
    public string? Refusal { get; private set; }

    public bool Verify(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 own || chain is null)
        {
            Refusal = isRequired ? "the peer showed no certificate" : null;
            return !isRequired;
        }

        Refusal = ChainFault(own, chain, errors) ?? WeakFault(chain) ?? NameFault(own);
        return Refusal is null;
    }

    private string? NameFault(X509Certificate2 own)
    {
        if (name is null)
        {
            return null;
        }

        var identity = SipIdentity.Of(own);
        return identity.Covers(name)
            ? null
            : $"the certificate is not for {name} but for: {identity}";
    }

    private string? ChainFault(X509Certificate2 own, X509Chain chain, SslPolicyErrors errors)
    {
        if ((errors & SslPolicyErrors.RemoteCertificateChainErrors) == 0)
        {
            return null;
        }

        var faults = chain
            .ChainStatus.Select(status => status.Status)
            .Where(status => status != X509ChainStatusFlags.NotValidForUsage)
            .ToList();
        return faults.Count > 0
                ? $"the certificate is not valid: {string.Join(", ", faults.Distinct())}"
            : IsForOtherUse(own, chain) ? "the certificate is not meant for this use"
            : null;
    }

    /// <summary>The framework wants the use of a server or client; RFC 5924's is as good.</summary>
    private bool IsForOtherUse(X509Certificate2 own, X509Chain chain)
    {
        var uses = own
            .Extensions.OfType<X509EnhancedKeyUsageExtension>()
            .SelectMany(one => one.EnhancedKeyUsages.Cast<Oid>().Select(oid => oid.Value))
            .ToList();
        string[] good = [SipDomainUse, AnyUse, name is null ? ClientUse : ServerUse];
        return !uses.Exists(use => good.Contains(use)) || !IsValidForAnyUse(own, chain);
    }

    private static bool IsValidForAnyUse(X509Certificate2 own, X509Chain chain)
    {
        using var again = new X509Chain();
        var policy = chain.ChainPolicy;
        again.ChainPolicy.TrustMode = policy.TrustMode;
        again.ChainPolicy.CustomTrustStore.AddRange(policy.CustomTrustStore);
        again.ChainPolicy.ExtraStore.AddRange(policy.ExtraStore);
        again.ChainPolicy.DisableCertificateDownloads = true;
        again.ChainPolicy.VerificationFlags = policy.VerificationFlags;
        again.ChainPolicy.RevocationMode = policy.RevocationMode;
        again.ChainPolicy.RevocationFlag = policy.RevocationFlag;
        return again.Build(own);
    }

    /// <summary>A root's own signature proves nothing, and is not looked at.</summary>
    private static string? WeakFault(X509Chain chain)
    {
        foreach (var element in chain.ChainElements)
        {
            var one = element.Certificate;
            using var rsa = one.GetRSAPublicKey();

            if (rsa is { KeySize: < LeastRsaBits })
            {
                return $"a key of {rsa.KeySize} bits is too weak";
            }

            var isRoot = one.SubjectName.RawData.AsSpan().SequenceEqual(one.IssuerName.RawData);

            if (!isRoot && _weakSignatures.Contains(one.SignatureAlgorithm.Value))
            {
                return $"a signature by {one.SignatureAlgorithm.FriendlyName} is too weak";
            }
        }

        return null;
    }
}
