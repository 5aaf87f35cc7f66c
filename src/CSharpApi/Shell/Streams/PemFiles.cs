using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SipFun.Shell;

/// <summary>Certificates and keys from PEM files (RFC 7468).</summary>
internal static class PemFiles
{
    /// <exception cref="ArgumentException">No certificate, no key, or they do not
    /// belong together.</exception>
    public static (X509Certificate2 Own, X509Certificate2Collection Chain) Load(
        string certificate,
        string? key
    )
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var all = Read(certificate);
        return (LoadOwn(certificate, key), [.. all.Skip(1)]);
    }

    /// <exception cref="ArgumentException">No certificate.</exception>
    public static X509Certificate2Collection LoadTrust(string file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Read(file);
    }

    private static X509Certificate2 LoadOwn(string certificate, string? key)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception exception) when (IsContent(exception))
        {
            throw new ArgumentException(
                $"No private key in {key ?? certificate} that fits the certificate in "
                    + $"{certificate}. It must be PEM, not encrypted.",
                exception
            );
        }
    }

    private static X509Certificate2Collection Read(string file)
    {
        var all = new X509Certificate2Collection();

        try
        {
            all.ImportFromPemFile(file);
        }
        catch (Exception exception) when (IsContent(exception))
        {
            throw new ArgumentException($"{file} has a broken PEM certificate.", exception);
        }

        return all.Count > 0
            ? all
            : throw new ArgumentException(
                $"{file} has no PEM certificate (-----BEGIN CERTIFICATE-----)."
            );
    }

    private static bool IsContent(Exception exception) =>
        exception is CryptographicException or ArgumentException or NotSupportedException;
}
