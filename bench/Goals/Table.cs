// The table of docs/performance.md, between its two marks.
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace SipFun.Bench.Goals;

/// <summary>Rows as Markdown.</summary>
internal static class Table
{
    private const string Begin = "<!-- goals: `dotnet run -c Release --project bench -- goals` -->";
    private const string End = "<!-- end of goals -->";

    public static string Of(Workshop shop, int rounds, string loadBefore, IEnumerable<Row> rows)
    {
        var text = new StringBuilder();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:d MMMM yyyy}, commit {Commit(shop)}, {Machine()}, {rounds} rounds, load {loadBefore} before and {Load()} after."
        );
        text.AppendLine();
        text.AppendLine("| # | what | SipFun | beside | ratio or figure | goal | |");
        text.AppendLine("|---|---|---|---|---|---|---|");

        foreach (var row in rows)
        {
            var aim = row.Aim is { } most
                ? $"{most.ToString("#,0.##", CultureInfo.InvariantCulture)}"
                : "";
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {row.Goal} | {row.What} | {row.Ours} | {row.Beside} | {row.Figure} | {aim} | {row.Verdict} |"
            );
        }

        return text.ToString();
    }

    /// <summary>Writes it where the last one stands.</summary>
    public static void Write(Workshop shop, string table)
    {
        var path = Path.Combine(shop.Root, "docs", "performance.md");
        var text = File.ReadAllText(path);
        var (begin, end) = (
            text.IndexOf(Begin, StringComparison.Ordinal),
            text.IndexOf(End, StringComparison.Ordinal)
        );

        if (begin >= 0 && end > begin)
        {
            File.WriteAllText(path, $"{text[..(begin + Begin.Length)]}\n{table}{text[end..]}");
        }
    }

    public static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static string Commit(Workshop shop) =>
        Workshop.Shell("git", "-C", shop.Root, "rev-parse", "--short", "HEAD").Trim();

    private static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo")
            .First(line => line.StartsWith("model name", StringComparison.Ordinal))
            .Split(": ")[1];
        return $"{Environment.ProcessorCount} processors ({model}), {RuntimeInformation.FrameworkDescription}";
    }
}
