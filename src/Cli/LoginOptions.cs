using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>--user</c> and <c>--password</c>: how a challenge is answered.</summary>
internal sealed class LoginOptions
{
    private readonly Option<string?> _user = new("--user")
    {
        Description = "Answers a 401 or 407 with this user name (digest)",
        HelpName = "NAME",
    };

    private readonly Option<string?> _password = new("--password")
    {
        Description = "The password of --user",
        HelpName = "P",
    };

    public LoginOptions(Command command)
    {
        command.Options.Add(_user);
        command.Options.Add(_password);
    }

    /// <summary>Null: nobody logs in.</summary>
    public DigestClient? Digest(ParseResult parsed) =>
        Credentials(parsed) is [var one] ? Client(one) : null;

    /// <summary>Empty: nobody logs in.</summary>
    public IReadOnlyList<DigestCredentials> Credentials(ParseResult parsed) =>
        (parsed.GetValue(_user), parsed.GetValue(_password)) switch
        {
            (null, null) => [],
            ({ } user, { } password) => [new DigestCredentials(user, password)],
            _ => throw Failure.Usage("--user and --password go together: give both, or neither."),
        };

    private static DigestClient Client(DigestCredentials credentials)
    {
        try
        {
            return new DigestClient(credentials);
        }
        catch (ArgumentException wrong)
        {
            throw Failure.Usage($"--user cannot be so. {wrong.Message}");
        }
    }
}
