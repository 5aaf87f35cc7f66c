using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun proxy</c>: a stateless proxy (RFC 3261, 16.11) until it is stopped.</summary>
internal sealed class ProxyCommand : Command
{
    private const int DefaultPort = 5060;

    private readonly Screen _screen;
    private readonly NetworkOptions _network;

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
        : base("proxy", "Forwards messages and remembers nothing; listens on port 5060 unless told.")
    {
        _screen = screen;
        Options.Add(_recordRoute);
        Options.Add(_rewriteContact);
        Options.Add(_users);
        Options.Add(_secret);
        _network = new NetworkOptions(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var options = OptionsOf(parsed);
        await using var dispatcher = await _network.StartAsync(parsed, DefaultPort, null, cancel);
        Listening.ThrowIfDeaf(dispatcher);
        await using var proxy = new StatelessProxy(dispatcher, options);
        dispatcher.SetReceiver(Receiver.Chain([.. Guards(parsed), proxy]));
        Listening.Announce(dispatcher, _screen);
        await Listening.UntilStoppedAsync(cancel);
        return ExitCode.Success;
    }

    /// <summary>Without domains of its own it forwards to all.</summary>
    private StatelessProxyOptions OptionsOf(ParseResult parsed) =>
        new()
        {
            RecordRoute = parsed.GetValue(_recordRoute),
            RewriteContact = parsed.GetValue(_rewriteContact),
            AllowForeign = true,
            Secret = SecretOf(parsed),
        };

    private IEnumerable<IReceiver> Guards(ParseResult parsed)
    {
        var users = new Dictionary<string, DigestSecret>(StringComparer.Ordinal);

        foreach (var (name, password) in parsed.GetValue(_users) ?? [])
        {
            users[name] = DigestSecret.FromPassword(password);
        }

        if (users.Count > 0)
        {
            yield return new DigestAuthenticator(
                new()
                {
                    Realm = "sipfun",
                    IsProxy = true,
                    Users = users,
                    Algorithms = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5],
                    Methods = _asked,
                }
            );
        }
    }

    /// <summary>What begins something. What belongs to a dialog is let pass: its other end may be
    /// somebody who has no password here.</summary>
    private static readonly SipMethod[] _asked =
    [
        SipMethod.Invite,
        SipMethod.Message,
        SipMethod.Publish,
        SipMethod.Refer,
        SipMethod.Register,
        SipMethod.Subscribe,
    ];

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
