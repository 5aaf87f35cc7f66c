using System.Diagnostics;
using System.Globalization;

namespace SipFun.Cli;

/// <summary>Draws packets between two parties, a line each; what was lost ends in an X.</summary>
internal static class Ladder
{
    private const int Width = 42;
    private const int Margin = 11;

    public static IEnumerable<string> Draw(
        string left,
        string right,
        IReadOnlyList<Passage> passages
    )
    {
        yield return new string(' ', Margin - (left.Length / 2))
            + left
            + new string(' ', Width + 1 - left.Length + (left.Length / 2) - (right.Length / 2))
            + right;
        yield return Rung("", new string(' ', Width));

        foreach (var passage in passages)
        {
            var time = Stopwatch.GetElapsedTime(passages[0].At, passage.At).TotalMilliseconds;
            var instant = string.Create(CultureInfo.InvariantCulture, $"{time:0} ms");
            yield return Rung(instant, Arrow(passage));
        }

        yield return Rung("", new string(' ', Width));
    }

    private static string Rung(string instant, string between) =>
        $"{instant.PadLeft(Margin - 2)}  |{between}|";

    private static string Arrow(Passage passage)
    {
        var length = passage.IsLost ? (Width * 3 / 4) - 1 : Width - 1;
        var label = $" {passage.Label} ";
        var before = Math.Max(1, (Width - label.Length) / 2);
        var line = new string('-', before) + label;
        line = line.PadRight(length, '-')[..length];
        return passage.IsRightward
            ? (line + (passage.IsLost ? "X" : ">")).PadRight(Width)
            : ((passage.IsLost ? "X" : "<") + Leftward(label, length)).PadLeft(Width);
    }

    private static string Leftward(string label, int length)
    {
        var after = Math.Max(1, (Width - label.Length) / 2);
        var line = label + new string('-', after);
        return line.PadLeft(length, '-')[^length..];
    }
}
