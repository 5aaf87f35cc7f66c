// The head of an HTTP/1.1 message, as far as an upgrade to WebSocket needs it (RFC 9112, 2 to 5).
// Strict: what two readers could read in two ways is refused.
using System.Buffers;
using System.Text;

namespace SipFun.Shell;

/// <summary>A start line and fields. Names are compared without regard to case.</summary>
internal sealed class HttpHead
{
    private static readonly SearchValues<byte> _token = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8
    );

    private readonly List<KeyValuePair<string, string>> _fields = [];

    private HttpHead(string startLine) => StartLine = startLine;

    public string StartLine { get; }

    /// <summary>Reads a head with the empty line that ends it; null if it is none.</summary>
    public static HttpHead? TryParse(ReadOnlySpan<byte> octets)
    {
        HttpHead? head = null;

        while (octets.IndexOf("\r\n"u8) is > 0 and var end)
        {
            var line = octets[..end];
            octets = octets[(end + 2)..];

            if (!IsText(line))
            {
                return null;
            }

            if (head is null)
            {
                head = new HttpHead(Encoding.Latin1.GetString(line));
            }
            else if (!head.TryAdd(line))
            {
                return null;
            }
        }

        return octets.SequenceEqual("\r\n"u8) ? head : null;
    }

    /// <summary>Every value of a field, in order.</summary>
    public IEnumerable<string> Values(string name) =>
        _fields
            .Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
            .Select(field => field.Value);

    /// <summary>The value of a field that stands there exactly once; else null.</summary>
    public string? Single(string name) => Values(name).ToArray() is [var one] ? one : null;

    /// <summary>The members of a field that is a list.</summary>
    public IEnumerable<string> Members(string name) =>
        Values(name)
            .SelectMany(value => value.Split(','))
            .Select(member => member.Trim(' ', '\t'))
            .Where(member => member.Length > 0);

    public bool Has(string name, string member) =>
        Members(name).Contains(member, StringComparer.OrdinalIgnoreCase);

    /// <summary>No folded line, no blank before the colon (RFC 9112, 5.1 and 5.2).</summary>
    private bool TryAdd(ReadOnlySpan<byte> line)
    {
        var colon = line.IndexOf((byte)':');

        if (colon <= 0 || line[..colon].ContainsAnyExcept(_token))
        {
            return false;
        }

        var value = Encoding.Latin1.GetString(line[(colon + 1)..]).Trim(' ', '\t');
        _fields.Add(new(Encoding.ASCII.GetString(line[..colon]), value));
        return true;
    }

    /// <summary>No control character but the tab; so no CR or LF alone.</summary>
    private static bool IsText(ReadOnlySpan<byte> line)
    {
        foreach (var octet in line)
        {
            if (octet is (< (byte)' ' and not (byte)'\t') or 0x7F)
            {
                return false;
            }
        }

        return true;
    }
}
