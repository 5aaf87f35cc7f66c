// Goal 1: the stateless relay, beside Kamailio with its fast allocator and a relay of spans alone.
using System.Text.RegularExpressions;

namespace SipFun.Bench.Goals;

/// <summary>CPU a message at saturation, as ../shared/bench/relay measures it.</summary>
internal static partial class RelayGoal
{
    public static IEnumerable<Row> Measure(Workshop shop, int rounds)
    {
        const string What = "stateless relay";

        if (shop.Anchors is not { } anchors)
        {
            return [Row.Skipped("1", What, "no ../shared/bench")];
        }

        Environment.SetEnvironmentVariable(
            "RELAY_CMD",
            $"{shop.Sipfun} proxy --listen udp:127.0.0.1:@PORT"
        );
        Environment.SetEnvironmentVariable("SECS", "3");
        Environment.SetEnvironmentVariable("WARM", "5");
        Environment.SetEnvironmentVariable("ROUNDS", $"{rounds}");
        var script = Path.Combine(anchors, "relay", "run.sh");
        var lines = Workshop.Shell("bash", script, "kamailio1tlsf", "custom", "span");
        return ((string[])["options", "invite"]).SelectMany(mode => Rows(lines, mode));
    }

    private static IEnumerable<Row> Rows(string lines, string mode)
    {
        var ours = Costs(lines, "custom", mode);
        var what = $"stateless relay, {mode.ToUpperInvariant()}, CPU a message";
        yield return Row.Ratio(
            "1",
            what,
            "µs",
            ours,
            "Kamailio tlsf",
            Costs(lines, "kamailio1tlsf", mode),
            0.85
        );
        yield return Row.Ratio(
            "1",
            what,
            "µs",
            ours,
            "spans alone",
            Costs(lines, "span", mode),
            1.25
        );
    }

    private static double[] Costs(string lines, string relay, string mode) =>
        [
            .. Line()
                .Matches(lines)
                .Where(line => line.Groups[1].Value == relay && line.Groups[2].Value == mode)
                .Select(line => double.Parse(line.Groups[3].Value)),
        ];

    [GeneratedRegex(@"^(\w+) mode=(\w+) .*relay_us_per_msg=([\d.]+)", RegexOptions.Multiline)]
    private static partial Regex Line();
}
