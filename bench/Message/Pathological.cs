using System.Diagnostics;
using System.Runtime;
using System.Text;

namespace SipFun.Bench.Message;

/// <summary>P-08: thirty families of hostile input, each at n and 2n bytes; everything in them is read.</summary>
internal static class Pathological
{
    private const int Half = 16_000;

    /// <summary>What the line begins with, and what is repeated; % is a number that grows.</summary>
    private static readonly (string Start, string Piece)[] Families =
    [
        ("Contact: <sip:a>", ";p%"),
        ("Contact: <sip:a>", ";p%=\"\\\"\""),
        ("Contact: <sip:a>", ";p% = [::1]"),
        ("Contact: ", "<sip:a>,"),
        ("Contact: ", "\"\\\\\" <sip:a;x>,"),
        ("Contact: ", "<"),
        ("Contact: \"", "\\\""),
        ("Contact: \"", "\r\n "),
        ("Contact: ", "token "),
        ("Contact: <sip:", "%41"),
        ("Contact: <sip:a;", "p%=%41;"),
        ("Contact: <sip:a?", "h%=v&"),
        ("Contact: <sip:", "a:"),
        ("Contact: <sip:", "a."),
        ("Contact: <sip:", "a@"),
        ("Contact: <sip:[", "::1"),
        ("Contact: <tel:+", "1-"),
        ("Contact: <http:", "a/"),
        ("Via: SIP/2.0/UDP a", ";p%"),
        ("Via: SIP/2.0/UDP a", ";branch=z9hG4bK%"),
        ("Via: ", "SIP/2.0/UDP a,"),
        ("Via: SIP", " /"),
        ("Via: SIP/2.0/UDP ", "1."),
        ("Retry-After: 1 ", "("),
        ("Accept: ", "a/b;q=1,"),
        ("Authorization: Digest a=1", ",p%=\"\""),
        ("Warning: 300 a \"", "\\\\"),
        ("Subject: ", "\r\n\t"),
        ("Allow: ", "A,"),
        ("X: \"", "\\\0"),
    ];

    public static void Report()
    {
        var rows = Families
            .Select(family =>
            {
                var half = Build(family.Start, family.Piece, Half);
                var full = Build(family.Start, family.Piece, 2 * Half);
                var (halfTime, fullTime) = Times(half, full);
                return (
                    Ratio: fullTime / halfTime,
                    PerByte: fullTime / full.Length,
                    Name: (family.Start + family.Piece).ReplaceLineEndings("CRLF")
                );
            })
            .OrderBy(row => row.Ratio)
            .ToArray();
        var slowest = rows.MaxBy(row => row.PerByte);
        Console.WriteLine(
            $"P-08: {rows.Length} families; time(2n)/time(n) median {rows[rows.Length / 2].Ratio:F2}, "
                + $"worst {string.Join(", ", rows.TakeLast(3).Reverse().Select(row => $"{row.Ratio:F2} ({row.Name})"))}; "
                + $"slowest {slowest.PerByte:F1} ns a byte ({slowest.Name})"
        );
    }

    private static byte[] Build(string start, string piece, int length)
    {
        var line = new StringBuilder(start);
        for (var i = 0; line.Length < length; i++)
        {
            line.Append(
                piece.Contains("p%", StringComparison.Ordinal)
                    ? piece.Replace("p%", $"p{i}", StringComparison.Ordinal)
                    : piece
            );
        }

        return Encoding.ASCII.GetBytes(
            $"OPTIONS sip:a SIP/2.0\r\n{line}\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a>;tag=1\r\n"
                + "To: <sip:a>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n\r\n"
        );
    }

    /// <summary>The best of many times, n and 2n in turns. Nothing is collected meanwhile: a list of
    /// 16,000 methods is a large object, and costs a collection of everything where one of 8,000 costs
    /// none, which says nothing about the parser.</summary>
    private static (double Half, double Full) Times(byte[] half, byte[] full)
    {
        var limits = new ParseLimits(lineLength: 65_000, vias: 10_000, valuesPerField: 20_000);
        var best = (Half: double.MaxValue, Full: double.MaxValue);
        for (var round = 0; round < 200; round++)
        {
            GC.TryStartNoGCRegion(32_000_000);
            best = (
                Math.Min(best.Half, Time(half, limits)),
                Math.Min(best.Full, Time(full, limits))
            );
            if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
            {
                GC.EndNoGCRegion();
            }
        }

        return best;
    }

    private static double Time(byte[] packet, ParseLimits limits)
    {
        var start = Stopwatch.GetTimestamp();
        Read(packet, limits);
        return Stopwatch.GetElapsedTime(start).TotalNanoseconds;
    }

    private static void Read(byte[] packet, ParseLimits limits)
    {
        if (SipMessage.TryParse(packet, limits, out var message, out _))
        {
            message.Validate(SipRole.UserAgent);
            _ = message.Contacts.Sum(contact =>
                contact.Parameters.Count + contact.Uri.Parameters.Count
            );
            _ = message.Vias.Sum(via => via.Parameters.Count);
        }
    }
}

/// <summary>V-17: 100,000 keys of equal length and prefix; the slowest lookups beside the median.</summary>
internal static class EqualPrefixes
{
    private const int Keys = 100_000;
    private const int Group = 100;

    public static void Report()
    {
        var prefix = new string('a', 32);
        var keys = Enumerable
            .Range(0, Keys)
            .Select(i => CallId.Parse($"{prefix}{i:D6}@example.com"))
            .ToArray();
        var table = keys.ToDictionary(key => key, key => 1);
        var best = Enumerable.Repeat(double.MaxValue, Keys / Group).ToArray();
        for (var round = 0; round < 31; round++)
        {
            for (var group = 0; group < best.Length; group++)
            {
                var start = Stopwatch.GetTimestamp();
                for (var i = 0; i < Group; i++)
                {
                    _ = table[keys[(group * Group) + i]];
                }

                best[group] = Math.Min(
                    best[group],
                    Stopwatch.GetElapsedTime(start).TotalNanoseconds / Group
                );
            }
        }

        Console.WriteLine(
            $"V-17: lookups by hundreds: median {MessageRun.Median(best):F0} ns, slowest hundred {best.Max():F0} ns"
        );
    }
}
