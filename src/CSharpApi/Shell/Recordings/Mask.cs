// What a message says in secret, under as many asterisks: credentials, passwords of URIs, keys of media. It
// works on lines of bytes, so that garbage is masked like any message.
using System.Text;
using System.Text.RegularExpressions;

namespace SipFun.Shell;

/// <summary>Takes the secrets out of a packet; its length stays.</summary>
internal static partial class Mask
{
    public static byte[] Apply(ReadOnlyMemory<byte> packet)
    {
        // A character a byte, so that what is no UTF-8 comes back as it was.
        var text = Encoding.Latin1.GetString(packet.Span);
        text = Credentials().Replace(text, Stars);
        text = Passwords().Replace(text, Stars);
        text = MediaKeys().Replace(text, Stars);
        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>Of the group "secret", but for line ends and the blanks that a fold begins
    /// with.</summary>
    private static string Stars(Match match)
    {
        var secret = match.Groups["secret"];
        var start = secret.Index - match.Index;
        var whole = match.Value.AsSpan();
        return string.Concat(
            whole[..start],
            Hidden().Replace(secret.Value, "*"),
            whole[(start + secret.Length)..]
        );
    }

    /// <summary>After the scheme, which is no secret (RFC 3261, 25.1), over folds.</summary>
    [GeneratedRegex(
        @"^(?:Authorization|Proxy-Authorization)[ \t]*:[ \t]*(?:[^\s,]+[ \t]+)?(?<secret>[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)",
        RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex Credentials();

    /// <summary>sip:user:password@host (RFC 3261, 19.1.1).</summary>
    [GeneratedRegex(
        @"\bsips?:[^\s:@<>]*:(?<secret>[^\s@<>]*)@",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant
    )]
    private static partial Regex Passwords();

    /// <summary>In a session description: RFC 4566, 5.12; RFC 4568; RFC 8839, 5.4; RFC
    /// 4567.</summary>
    [GeneratedRegex(
        @"^(?:k=|a=crypto:|a=ice-pwd:|a=key-mgmt:)(?<secret>[^\r\n]*)",
        RegexOptions.IgnoreCase | RegexOptions.Multiline | RegexOptions.CultureInvariant
    )]
    private static partial Regex MediaKeys();

    [GeneratedRegex(@"[^\s]")]
    private static partial Regex Hidden();
}
