using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>--cert</c>, <c>--key</c> and <c>--ca</c>: who we are over TLS, and whom we
/// believe.</summary>
internal sealed class CertificateOptions
{
    private readonly Option<FileInfo?> _certificate = new("--cert")
    {
        Description = "Our certificate and those between it and its root, for tls and wss (PEM)",
        HelpName = "FILE",
    };

    private readonly Option<FileInfo?> _key = new("--key")
    {
        Description = "The private key of --cert, not encrypted [default: in the same file]",
        HelpName = "FILE",
    };

    private readonly Option<FileInfo?> _trust = new("--ca")
    {
        Description = "The only roots that peers' certificates may end at [default: the system's]",
        HelpName = "FILE",
    };

    public CertificateOptions(Command command)
    {
        command.Options.Add(_certificate);
        command.Options.Add(_key);
        command.Options.Add(_trust);
    }

    public bool HasCertificate(ParseResult parsed) => parsed.GetValue(_certificate) is not null;

    /// <summary>The legs, those over TLS with what the files say.</summary>
    /// <exception cref="Failure">A file cannot be used, or there is no use for it.</exception>
    public LegOptions[] Apply(ParseResult parsed, LegOptions[] legs)
    {
        var certificate = parsed.GetValue(_certificate);
        var key = parsed.GetValue(_key);
        var trust = parsed.GetValue(_trust);

        if (key is not null && certificate is null)
        {
            throw Failure.Usage("--key belongs to a certificate. Give --cert FILE too.");
        }

        if ((certificate ?? trust) is not null && !Array.Exists(legs, IsSecure))
        {
            throw Failure.Usage(
                "--cert, --key and --ca are for tls and wss. Add --listen tls:ADDRESS:PORT."
            );
        }

        return [.. legs.Select(leg => IsSecure(leg) ? Secure(leg, certificate, key, trust) : leg)];
    }

    public static bool IsSecure(LegOptions leg) => leg.Transport is Transport.Tls or Transport.Wss;

    private static LegOptions Secure(
        LegOptions leg,
        FileInfo? certificate,
        FileInfo? key,
        FileInfo? trust
    )
    {
        try
        {
            var own = certificate is null ? leg : leg.WithPem(certificate.FullName, key?.FullName);
            return trust is null ? own : own.WithTrust(trust.FullName);
        }
        catch (Exception fault)
            when (fault is ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage(
                $"{fault.Message} Give PEM files that can be read with --cert, --key and --ca."
            );
        }
    }
}
