using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun proxy</c>: a stateless proxy (RFC 3261, 16.11), with a registrar beside it if
/// asked, until it is stopped.</summary>
internal sealed class ProxyCommand : Command
{
    private const int DefaultPort = 5060;

    /// <summary>What begins something. What belongs to a dialog is let pass: its other end may be
    /// somebody who has no password here.</summary>
    private static readonly SipMethod[] _asked =
    [
        SipMethod.Invite,
        SipMethod.Message,
        SipMethod.Publish,
        SipMethod.Refer,
        SipMethod.Subscribe,
    ];

    private readonly Screen _screen;
    private readonly NetworkOptions _network;

    private readonly Option<bool> _registrar = new("--registrar")
    {
        Description = "Register the users of --domain too, and lead requests to where they are",
    };

    private readonly Option<string[]> _domains = new("--domain")
    {
        Description = "A domain whose users register here; may be repeated",
        HelpName = "NAME",
    };

    private readonly Option<bool> _recordRoute = new("--record-route")
    {
        Description = "Stay on the path of calls: add a Record-Route",
    };

    private readonly Option<bool> _rewriteContact = new("--rewrite-contact")
    {
        Description = "Lead the Contacts of neighbours through here, for user agents behind NATs",
    };

    private readonly Option<KeyValuePair<string, string>[]> _users = new("--user")
    {
        Description =
            "Ask for credentials, and take this user's; may be repeated. Whoever shows them may "
            + "call any domain",
        HelpName = "NAME:PASSWORD",
        CustomParser = Values.Users,
    };

    private readonly Option<FileInfo?> _secret = new("--secret")
    {
        Description =
            "Key what must not be forged with this file's bytes, 16 or more: a restart then loses "
            + "no response [default: a new key]",
        HelpName = "FILE",
    };

    public ProxyCommand(Screen screen)
        : base(
            "proxy",
            "Forwards messages and remembers nothing; listens on port 5060 unless told."
        )
    {
        _screen = screen;
        Options.Add(_registrar);
        Options.Add(_domains);
        Options.Add(_recordRoute);
        Options.Add(_rewriteContact);
        Options.Add(_users);
        Options.Add(_secret);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var store = new InMemoryLocationStore();
        var domains = DomainsOf(parsed);
        var users = UsersOf(parsed);
        var options = OptionsOf(parsed, domains, users.Count > 0, store);
        await using var dispatcher = await _network.StartAsync(parsed, DefaultPort, null, cancel);
        Listening.ThrowIfDeaf(dispatcher);

        try
        {
            using var registrar =
                domains.Length > 0
                    ? new Registrar(
                        new()
                        {
                            Domains = domains,
                            Store = store,
                            PassForeignDomains = true,
                        }
                    )
                    : null;
            await using var proxy = new StatelessProxy(dispatcher, options);
            IReceiver[] served = registrar is null ? [proxy] : [registrar, proxy];
            dispatcher.SetReceiver(Receiver.Chain([.. Guards(domains, users), .. served]));
            Listening.Announce(dispatcher, _screen);
            await Listening.UntilStoppedAsync(cancel);
        }
        catch (ArgumentException wrong)
        {
            throw Failure.Usage(wrong.Message);
        }

        return ExitCode.Success;
    }

    /// <exception cref="Failure">One goes without the other.</exception>
    private string[] DomainsOf(ParseResult parsed)
    {
        var domains = parsed.GetValue(_domains) ?? [];

        return parsed.GetValue(_registrar) == domains.Length > 0
            ? domains
            : throw Failure.Usage("--registrar and --domain go together: give both, or neither.");
    }

    /// <summary>Without domains of its own it forwards to all; for those who have shown credentials
    /// in any case.</summary>
    private StatelessProxyOptions OptionsOf(
        ParseResult parsed,
        string[] domains,
        bool asks,
        InMemoryLocationStore store
    ) =>
        new()
        {
            Domains = domains,
            Locations = store,
            RecordRoute = parsed.GetValue(_recordRoute),
            RewriteContact = parsed.GetValue(_rewriteContact),
            AllowForeign = domains.Length == 0 || asks,
            Secret = SecretOf(parsed),
        };

    private Dictionary<string, DigestSecret> UsersOf(ParseResult parsed)
    {
        var users = new Dictionary<string, DigestSecret>(StringComparer.Ordinal);

        foreach (var (name, password) in parsed.GetValue(_users) ?? [])
        {
            users[name] = DigestSecret.FromPassword(password);
        }

        return users;
    }

    /// <summary>A registrar asks for itself (401), a proxy for what it passes on (407; RFC 3261, 22.2
    /// and 22.3).</summary>
    private static IEnumerable<IReceiver> Guards(
        string[] domains,
        Dictionary<string, DigestSecret> users
    )
    {
        if (users.Count == 0)
        {
            yield break;
        }

        var options = new DigestAuthenticatorOptions
        {
            Realm = domains.FirstOrDefault("sipfun"),
            Users = users,
            Algorithms = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5],
        };
        var registers = new[] { SipMethod.Register };

        if (domains.Length > 0)
        {
            yield return new DigestAuthenticator(options with { Methods = registers });
            registers = [];
        }

        yield return new DigestAuthenticator(
            options with
            {
                IsProxy = true,
                Methods = [.. _asked, .. registers],
            }
        );
    }

    /// <exception cref="Failure">The file cannot be read, or is too short.</exception>
    private ReadOnlyMemory<byte> SecretOf(ParseResult parsed)
    {
        if (parsed.GetValue(_secret) is not { } file)
        {
            return default;
        }

        try
        {
            var bytes = File.ReadAllBytes(file.FullName);
            return bytes.Length >= StatelessProxyOptions.ShortestSecret
                ? bytes
                : throw Failure.Usage($"{file} has less than 16 bytes. Write more into it.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"{fault.Message} Give --secret a file that can be read.");
        }
    }
}
