using System.Globalization;
using System.Text;

namespace SipFun.Cli;

/// <summary>
/// Text that cannot act on a terminal: control and format characters come out as \u{1B}.
/// </summary>
internal static class Printable
{
    public static string Line(string text) =>
        text.EnumerateRunes().All(IsPrintable) ? text : Escaped(text);

    private static string Escaped(string text)
    {
        var line = new StringBuilder(text.Length + 16);

        foreach (var rune in text.EnumerateRunes())
        {
            line.Append(IsPrintable(rune) ? rune.ToString() : $"\\u{{{rune.Value:X}}}");
        }

        return line.ToString();
    }

    private static bool IsPrintable(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is not (
                UnicodeCategory.Control
                or UnicodeCategory.Format
                or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate
                or UnicodeCategory.PrivateUse
                or UnicodeCategory.OtherNotAssigned
            );
}
