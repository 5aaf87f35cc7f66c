using System.Text.RegularExpressions;

namespace SipFun;

/// <summary>Which values of a header field make a <see cref="Dropper"/> drop a message.</summary>
public sealed class DropRule
{
    private readonly Func<string, bool> _fits;
    private readonly string _text;

    private DropRule(string field, string text, Func<string, bool> fits) =>
        (Field, _text, _fits) = (field, text, fits);

    /// <summary>The header field, full or compact.</summary>
    public string Field { get; }

    /// <summary>A value that holds this text, without regard to case.</summary>
    /// <param name="field">The header field, such as <c>User-Agent</c>.</param>
    /// <param name="text">Such as <c>friendly-scanner</c>; not empty.</param>
    /// <exception cref="ArgumentException">One of them is empty.</exception>
    public static DropRule Contains(string field, string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(field);
        ArgumentException.ThrowIfNullOrEmpty(text);
        return new DropRule(
            field,
            $"contains \"{text}\"",
            value => value.Contains(text, StringComparison.OrdinalIgnoreCase)
        );
    }

    /// <summary>A value that a regular expression matches, without regard to case.</summary>
    /// <param name="field">The header field.</param>
    /// <param name="pattern">In .NET's language, but what needs backtracking (look-around,
    /// back references): the time it takes grows with the value only.</param>
    /// <exception cref="ArgumentException">The field is empty, or the pattern is
    /// malformed.</exception>
    /// <exception cref="NotSupportedException">The pattern needs backtracking.</exception>
    public static DropRule Matches(string field, string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(field);
        ArgumentNullException.ThrowIfNull(pattern);
        const RegexOptions options =
            RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;
        var expression = new Regex(pattern, options);
        return new DropRule(field, $"matches \"{pattern}\"", expression.IsMatch);
    }

    /// <summary>For logs.</summary>
    public override string ToString() => $"{Field} {_text}";

    internal bool Fits(SipMessage message) => message.GetHeaders(Field).Any(_fits);
}
