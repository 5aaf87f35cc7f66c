using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SipFun.Shell;

/// <summary>Certificates from the system's stores.</summary>
internal static class CertificateStore
{
    private const int Sha1Digits = 40;
    private const int Sha256Digits = 64;

    /// <exception cref="ArgumentException">No such store or certificate.</exception>
    public static (X509Certificate2 Own, X509Certificate2Collection Chain) Load(
        string find,
        StoreLocation location,
        string name
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(find);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var all = Read(location, name);
        var found = all.Where(one => IsMeant(one, find)).ToList();
        var now = DateTime.Now;
        var own = found
            .Where(one => one.HasPrivateKey && one.NotBefore <= now && now < one.NotAfter)
            .MaxBy(one => one.NotAfter);
        var where = $"the store {location}/{name}";

        return own is not null ? (own, ChainOf(own))
            : found.Count == 0
                ? throw new ArgumentException(
                    $"No certificate in {where} has the thumbprint, or \"{find}\" in its subject."
                )
            : throw new ArgumentException(
                $"No certificate for \"{find}\" in {where} is valid now and has its private key."
            );
    }

    private static X509Certificate2Collection Read(StoreLocation location, string name)
    {
        try
        {
            using var store = new X509Store(name, location);
            store.Open(OpenFlags.ReadOnly | OpenFlags.OpenExistingOnly);
            return store.Certificates;
        }
        catch (Exception exception)
            when (exception is CryptographicException or PlatformNotSupportedException)
        {
            throw new ArgumentException(
                $"There is no store {location}/{name} that can be read.",
                exception
            );
        }
    }

    private static bool IsMeant(X509Certificate2 one, string find)
    {
        var digits = find.Replace(":", "", StringComparison.Ordinal)
            .Replace(" ", "", StringComparison.Ordinal);
        var isThumbprint =
            digits.Length is Sha1Digits or Sha256Digits && digits.All(char.IsAsciiHexDigit);

        if (!isThumbprint)
        {
            return one.Subject.Contains(find, StringComparison.OrdinalIgnoreCase);
        }

        var hash = digits.Length == Sha1Digits ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        return one.GetCertHashString(hash).Equals(digits, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Those between it and its root that this machine has. Nothing is
    /// fetched.</summary>
    private static X509Certificate2Collection ChainOf(X509Certificate2 own)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationFlags = X509VerificationFlags.AllFlags;
        chain.Build(own);
        return
        [
            .. chain
                .ChainElements.Select(element => element.Certificate)
                .Skip(1)
                .Where(one => one.Subject != one.Issuer),
        ];
    }
}
