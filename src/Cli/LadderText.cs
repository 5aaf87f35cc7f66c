using System.Globalization;

namespace SipFun.Cli;

/// <summary>
/// A ladder as lines of text, one a packet. Copies are dotted and numbered, what was lost ends in an X, and
/// a wait of a second or more is told.
/// </summary>
internal static class LadderText
{
    private const int Margin = 11;
    private const int Narrowest = 24;
    private const int Widest = 56;

    /// <summary>Beside the caption: two ends, two blanks, some of the line on both sides.</summary>
    private const int Around = 8;

    private static readonly TimeSpan _longWait = TimeSpan.FromSeconds(1);

    /// <summary>Line by line.</summary>
    public static IEnumerable<LadderLine> Draw(LadderChart chart)
    {
        var width = Width(chart);
        var first = Half(chart.Participants[0]);
        int[] columns = [.. chart.Participants.Select((_, place) => first + (place * width))];
        yield return new(Heads(chart.Participants.Select(one => one.Name), columns, width), null);

        if (chart.Participants.Any(one => one.Address.Length > 0))
        {
            yield return new(
                Heads(chart.Participants.Select(one => one.Address), columns, width),
                null
            );
        }

        yield return new(Rung("", Lines(columns, '|')), null);
        var before = TimeSpan.Zero;

        foreach (var arrow in chart.Arrows)
        {
            if (arrow.Sent - before >= _longWait)
            {
                yield return new(Rung(Wait(arrow.Sent - before), Lines(columns, ':')), null);
            }

            before = arrow.Sent;
            yield return new(Rung(Instant(arrow.Sent), Row(arrow, columns)), arrow);
        }

        yield return new(Rung("", Lines(columns, '|')), null);
    }

    private static int Half(LadderParticipant first) =>
        Math.Min(Widest, Math.Max(first.Name.Length, first.Address.Length)) / 2;

    /// <summary>Wide enough for every caption and name, within reason.</summary>
    private static int Width(LadderChart chart)
    {
        var captions = chart.Arrows.Select(arrow => arrow.Caption.Length + Around);
        var names = chart.Participants.SelectMany(one =>
            new[] { one.Name.Length + 2, one.Address.Length + 2 }
        );
        return Math.Clamp(captions.Concat(names).DefaultIfEmpty(0).Max(), Narrowest, Widest);
    }

    private static string Heads(IEnumerable<string> names, int[] columns, int width)
    {
        var line = new string(' ', Margin + columns[^1] + width).ToCharArray();

        foreach (var (name, column) in names.Zip(columns))
        {
            var shown = name.Length < width ? name : name[..(width - 2)] + "~";
            shown.CopyTo(0, line, Math.Max(0, Margin + column - (shown.Length / 2)), shown.Length);
        }

        return new string(line).TrimEnd();
    }

    private static string Rung(string time, char[] row) =>
        (time.PadLeft(Margin - 2) + "  " + new string(row)).TrimEnd();

    private static string Instant(TimeSpan at) =>
        at.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Wait(TimeSpan length) =>
        string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0.0} s");

    private static char[] Lines(int[] columns, char line)
    {
        var row = new char[columns[^1] + 1];
        Array.Fill(row, ' ');

        foreach (var column in columns)
        {
            row[column] = line;
        }

        return row;
    }

    private static char[] Row(LadderArrow arrow, int[] columns)
    {
        var row = Lines(columns, '|');
        var (start, end) = (columns[arrow.From], columns[arrow.To]);

        if (start == end)
        {
            // To itself: told beside its line.
            var text = $"| <- {arrow.Caption}";
            return [.. row[..start], .. text];
        }

        var (left, right) = (Math.Min(start, end), Math.Max(start, end));
        var isRightward = end > start;
        var reach = arrow.IsLost ? (right - left) * 3 / 4 : right - left;
        var (from, to) = isRightward
            ? (left + 1, left + reach - 1)
            : (right - reach + 1, right - 1);
        Dash(row, from, to, arrow.Copy > 1);
        row[isRightward ? to : from] =
            arrow.IsLost ? 'X'
            : isRightward ? '>'
            : '<';
        Write(row, arrow.Caption, from, to);
        return row;
    }

    /// <summary>From here to there, both included.</summary>
    private static void Dash(char[] row, int from, int to, bool isCopy)
    {
        for (var at = from; at <= to; at++)
        {
            row[at] = isCopy ? '.' : '-';
        }
    }

    private static void Write(char[] row, string caption, int from, int to)
    {
        var room = to - from - 3;
        var shown = caption.Length <= room ? caption : caption[..Math.Max(0, room - 1)] + "~";
        var text = $" {shown} ";
        text.CopyTo(0, row, from + ((to - from + 1 - text.Length) / 2), text.Length);
    }
}

/// <summary>One line of a ladder.</summary>
/// <param name="Text">As it is.</param>
/// <param name="Arrow">What it tells of; null: of nothing.</param>
internal sealed record LadderLine(string Text, LadderArrow? Arrow);
