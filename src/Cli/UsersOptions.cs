using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>--user NAME:PASSWORD</c> of the commands that serve: who may log in.</summary>
internal sealed class UsersOptions
{
    private readonly Option<KeyValuePair<string, string>[]> _users = new("--user")
    {
        Description =
            "Only users who prove who they are (digest: SHA-256, MD5) are served; may be repeated "
            + "[default: everybody is]",
        HelpName = "NAME:PASSWORD",
        CustomParser = Values.Users,
    };

    public UsersOptions(Command command) => command.Options.Add(_users);

    /// <summary>Null: nobody is asked.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="realm">What challenges name; usually the domain.</param>
    /// <param name="isProxy">Asks by 407 instead of 401.</param>
    /// <param name="methods">Only these are asked for credentials; none: all.</param>
    public DigestAuthenticator? Authenticator(
        ParseResult parsed,
        string realm,
        bool isProxy,
        params SipMethod[] methods
    ) => Authenticator(parsed, realm, isProxy, null, methods);

    /// <summary>Asks by 407 for what does not belong to the proxy's dialogs; null: nobody is
    /// asked.</summary>
    public DigestAuthenticator? Authenticator(
        ParseResult parsed,
        string realm,
        StatelessProxy proxy
    ) => Authenticator(parsed, realm, true, proxy, []);

    /// <summary>Somebody is asked.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_users) is { Length: > 0 };

    private DigestAuthenticator? Authenticator(
        ParseResult parsed,
        string realm,
        bool isProxy,
        StatelessProxy? dialogsOf,
        SipMethod[] methods
    )
    {
        var users = new Dictionary<string, DigestSecret>();

        foreach (var (name, password) in parsed.GetValue(_users) ?? [])
        {
            if (!users.TryAdd(name, DigestSecret.FromPassword(password)))
            {
                throw Failure.Usage($"--user has {name} twice. Keep one of them.");
            }
        }

        return users.Count == 0
            ? null
            : new DigestAuthenticator(
                new()
                {
                    Realm = realm,
                    IsProxy = isProxy,
                    Users = users,
                    Algorithms = [DigestAlgorithm.Sha256, DigestAlgorithm.Md5],
                    Methods = methods,
                    DialogsOf = dialogsOf,
                }
            );
    }
}
