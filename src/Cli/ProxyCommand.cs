using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun proxy</c>: a stateless proxy (RFC 3261, 16.11), with a registrar beside it if
/// asked, until it is stopped.</summary>
internal sealed class ProxyCommand : Command
{
    private const int DefaultPort = 5060;

    private readonly Screen _screen;
    private readonly NetworkOptions _network;
    private readonly UsersOptions _users;

    private readonly Option<bool> _registrar = new("--registrar")
    {
        Description = "Register the users of --domain too, and lead requests to where they are",
    };

    private readonly Option<string[]> _domains = new("--domain")
    {
        Description = "A domain whose users register here; may be repeated",
        HelpName = "NAME",
    };

    private readonly Option<bool> _redirect = new("--redirect")
    {
        Description = "Tell where the users of --domain are (302) instead of forwarding to them",
    };

    private readonly Option<bool> _recordRoute = new("--record-route")
    {
        Description = "Stay on the path of calls: add a Record-Route",
    };

    private readonly Option<bool> _rewriteContact = new("--rewrite-contact")
    {
        Description = "Lead the Contacts of neighbours through here, for user agents behind NATs",
    };

    private readonly Option<string?> _realm = new("--realm")
    {
        Description = "What challenges name [default: the first --domain, or sipfun]",
        HelpName = "NAME",
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
        Options.Add(_redirect);
        Options.Add(_recordRoute);
        Options.Add(_rewriteContact);
        Options.Add(_secret);
        Options.Add(_realm);
        _users = new UsersOptions(this);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        using var store = new InMemoryLocationStore();
        var domains = DomainsOf(parsed);
        var options = OptionsOf(parsed, domains, _users.IsGiven(parsed), store);
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
                            // The proxy routes to addresses, not to devices (RFC 5627, 6.1).
                            Gruus = false,
                        }
                    )
                    : null;
            await using var proxy = new StatelessProxy(dispatcher, options);
            var redirector = RedirectorOf(parsed, domains, store);
            dispatcher.SetReceiver(ChainOf(parsed, registrar, redirector, proxy, domains));
            Listening.Announce(dispatcher, _screen);
            await Listening.UntilDrainedAsync(dispatcher, _screen, cancel);
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

    /// <summary>Before the proxy: what it takes goes no further.</summary>
    /// <exception cref="Failure">There is nobody to redirect to.</exception>
    private Redirector? RedirectorOf(
        ParseResult parsed,
        string[] domains,
        InMemoryLocationStore store
    ) =>
        !parsed.GetValue(_redirect) ? null
        : domains.Length > 0 ? new Redirector(new() { Domains = domains, Locations = store })
        : throw Failure.Usage("--redirect is for --registrar and --domain: give them too.");

    /// <summary>Where nothing says what is ours and who may, it forwards to all. Else it stays on the
    /// path: what goes elsewhere within a dialog is known by that.</summary>
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
            RecordRoute = asks || domains.Length > 0 || parsed.GetValue(_recordRoute),
            RewriteContact = parsed.GetValue(_rewriteContact),
            AllowForeign = domains.Length == 0 && !asks,
            Secret = SecretOf(parsed),
        };

    /// <summary>A registrar asks for itself (401), a proxy for what it passes on (407; RFC 3261, 22.2
    /// and 22.3).</summary>
    private IReceiver ChainOf(
        ParseResult parsed,
        Registrar? registrar,
        Redirector? redirector,
        StatelessProxy proxy,
        string[] domains
    )
    {
        var realm = parsed.GetValue(_realm) ?? domains.FirstOrDefault("sipfun");
        IReceiver?[] chain =
        [
            registrar is null
                ? null
                : _users.Authenticator(parsed, realm, false, SipMethod.Register),
            registrar,
            _users.Authenticator(parsed, realm, proxy),
            redirector,
            proxy,
        ];
        return Receiver.Chain([.. chain.OfType<IReceiver>()]);
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
