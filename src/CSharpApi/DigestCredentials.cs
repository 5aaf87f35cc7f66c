namespace SipFun;

/// <summary>A user name and a password, and for whom they are (RFC 3261, 22; RFC 7616).</summary>
/// <param name="UserName">As the server knows the user.</param>
/// <param name="Password">Never sent, and never shown.</param>
public sealed record DigestCredentials(string UserName, string Password)
{
    /// <summary>
    /// Only this realm is answered. Default: null, any realm that asks. Set it where a request may
    /// be challenged by somebody else than your own server.
    /// </summary>
    public string? Realm { get; init; }

    /// <summary>
    /// The weakest hash that is answered (RFC 8760). Default: MD5, which most servers still ask
    /// for.
    /// </summary>
    public DigestAlgorithm Weakest { get; init; } = DigestAlgorithm.Md5;

    /// <exception cref="ArgumentException">The name could not be sent.</exception>
    internal Core.Login ToLogin()
    {
        ArgumentNullException.ThrowIfNull(UserName);
        ArgumentNullException.ThrowIfNull(Password);
        return UserName.Any(char.IsControl)
            ? throw new ArgumentException("A user name has no control characters (RFC 7616, 3.4).")
            : new Core.Login(UserName, Password, Realm, Weakest);
    }

    /// <summary>The user name and the realm; not the password.</summary>
    public override string ToString() => $"{UserName} ({Realm ?? "any realm"})";
}
