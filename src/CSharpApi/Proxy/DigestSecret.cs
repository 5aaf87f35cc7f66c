namespace SipFun;

/// <summary>
/// What a server knows of a user's password: the password itself, or only its hashes (RFC 7616,
/// 5.12). A hash is as good as the password for its realm, and useless for any other. Never shown.
/// </summary>
public sealed class DigestSecret
{
    private readonly string? _password;
    private readonly Dictionary<DigestAlgorithm, string> _hashes = [];

    private DigestSecret(string? password) => _password = password;

    /// <summary>A password: good for every realm and hash.</summary>
    /// <param name="password">May be empty.</param>
    public static DigestSecret FromPassword(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        return new DigestSecret(password);
    }

    /// <summary>A hash, as <see cref="Hash"/> makes it: good for one realm and hash.</summary>
    /// <param name="algorithm">Which hash.</param>
    /// <param name="hash">Of <c>user:realm:password</c>, in hexadecimal.</param>
    /// <exception cref="ArgumentException">It is no such hash.</exception>
    public static DigestSecret FromHash(DigestAlgorithm algorithm, string hash) =>
        FromHashes([new(algorithm, hash)]);

    /// <summary>Several hashes of one password, for a server that offers several.</summary>
    /// <param name="hashes">Of <c>user:realm:password</c>, in hexadecimal.</param>
    /// <exception cref="ArgumentException">One of them is no such hash.</exception>
    public static DigestSecret FromHashes(IEnumerable<KeyValuePair<DigestAlgorithm, string>> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        var secret = new DigestSecret(password: null);

        foreach (var (algorithm, hash) in hashes)
        {
            ArgumentNullException.ThrowIfNull(hash, nameof(hashes));
            ThrowIfNoHash(algorithm, hash);
            secret._hashes[algorithm] = hash.ToLowerInvariant();
        }

        return secret;
    }

    /// <summary>What may be kept in a password's place (RFC 7616, 3.4.2).</summary>
    /// <param name="algorithm">The hash that challenges will ask for.</param>
    /// <param name="user">The user's name.</param>
    /// <param name="realm">The realm that challenges will name.</param>
    /// <param name="password">The password.</param>
    /// <returns>The hash of <c>user:realm:password</c> in UTF-8, in hexadecimal.</returns>
    public static string Hash(DigestAlgorithm algorithm, string user, string realm, string password)
    {
        ArgumentNullException.ThrowIfNull(user);
        ArgumentNullException.ThrowIfNull(realm);
        ArgumentNullException.ThrowIfNull(password);
        return Core.Digest.secret(algorithm, user, realm, password);
    }

    /// <summary>Nothing of it.</summary>
    public override string ToString() => nameof(DigestSecret);

    /// <summary>Null: not known for this hash.</summary>
    internal string? For(DigestAlgorithm algorithm, string user, string realm) =>
        _password is { } password
            ? Hash(algorithm, user, realm, password)
            : _hashes.GetValueOrDefault(algorithm);

    private static void ThrowIfNoHash(DigestAlgorithm algorithm, string hash)
    {
        var digits = algorithm == DigestAlgorithm.Md5 ? 32 : 64;

        if (hash.Length != digits || !hash.All(char.IsAsciiHexDigit))
        {
            throw new ArgumentException(
                $"A hash of {algorithm} has {digits} hexadecimal digits. Make it by Hash(...).",
                nameof(hash)
            );
        }
    }
}
