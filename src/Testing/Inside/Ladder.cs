// A trace as people draw it: a column for each host, time downwards.
using System.Globalization;
using System.Text;

namespace SipFun.Testing.Inside;

/// <summary>Draws in plain ASCII, so that every log shows it.</summary>
internal static class Ladder
{
    private const int Margin = 11;
    private const int Column = 30;

    public static string Draw(IEnumerable<string> hosts, IReadOnlyList<TracedPacket> packets)
    {
        List<string> names = [.. hosts];
        names.AddRange(
            packets.Select(packet => packet.To).Where(to => !names.Contains(to)).Distinct()
        );
        var text = new StringBuilder();
        text.AppendLine(Line("", names.Select((name, at) => (Place(at), name))));

        foreach (var packet in packets)
        {
            text.AppendLine(Row(names, packet));
        }

        return text.ToString();
    }

    private static string Row(List<string> names, TracedPacket packet)
    {
        var (from, to) = (names.IndexOf(packet.From), names.IndexOf(packet.To));
        var row = Line(
            packet.Sent.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture).PadLeft(9),
            names.Select((_, at) => (Place(at), "|"))
        );
        var (left, right) = (Place(Math.Min(from, to)), Place(Math.Max(from, to)));

        // To itself: there is no room between.
        var room = left == right ? Column - 2 : right - left - 1;
        var head = packet.Arrived is null ? 'x' : '>';
        var arrow = Arrow(
            packet,
            room,
            to >= from ? head
                : head == '>' ? '<'
                : head,
            to >= from
        );
        return Over(row, left + 1, arrow).TrimEnd();
    }

    private static string Arrow(TracedPacket packet, int room, char head, bool isRight)
    {
        var fate = packet.Fate == PacketFate.Delivered ? "" : $" [{packet.Fate}]";
        var words = packet.Summary.Replace(" SIP/2.0", "", StringComparison.Ordinal);
        words = words.Replace("SIP/2.0 ", "", StringComparison.Ordinal);
        var most = Math.Max(0, room - fate.Length - 5);
        var label = $" {(words.Length > most ? words[..most] : words)}{fate} ";
        var line = label.PadLeft(label.Length + 1, '-').PadRight(Math.Max(0, room - 1), '-');
        return isRight ? line + head : head + line;
    }

    private static int Place(int column) => Margin + (column * Column);

    private static string Line(string start, IEnumerable<(int At, string Text)> parts) =>
        parts.Aggregate(start, (line, part) => Over(line, part.At, part.Text));

    private static string Over(string line, int at, string text)
    {
        var padded = line.PadRight(at + text.Length);
        return padded[..at] + text + padded[(at + text.Length)..];
    }
}
