using System.Diagnostics;
using System.Globalization;
using System.Text;
using SipFun.Core;

namespace SipFun.Bench.Message;

/// <summary>The parser beside C libraries, round by round; and pathological inputs at n and 2n.</summary>
internal static class MessageRun
{
    private static readonly string[] Names = ["invite", "ok200", "register"];

    public static void Run(string others, int rounds)
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "messages");
        var files = Names.Select(name => Path.Combine(folder, name + ".sip")).ToArray();
        var works = files.Select(file => new MessageWork(File.ReadAllBytes(file))).ToArray();
        foreach (var work in works)
        {
            work.Warm();
        }

        var rows = new List<(string Name, double[] Figures)>();
        for (var round = 0; round < rounds; round++)
        {
            var theirs = Others(others, files);
            for (var i = 0; i < files.Length; i++)
            {
                rows.Add((Names[i], [.. works[i].Measure(), .. theirs[i]]));
            }
        }

        foreach (var group in rows.GroupBy(row => row.Name))
        {
            Report(group.Key, [.. group.Select(row => row.Figures)]);
        }

        for (var i = 0; i < Names.Length; i++)
        {
            Console.WriteLine(
                $"{Names[i]}: {works[i].AllocatedByParse()} B a parse, {works[i].AllocatedByWrite()} B a write"
            );
        }

        Pathological.Report();
        EqualPrefixes.Report();
    }

    private static double[][] Others(string program, string[] files)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, files) { RedirectStandardOutput = true }
        )!;
        var lines = process
            .StandardOutput.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return
        [
            .. lines.Select(line =>
                line.Split(' ')
                    .Skip(1)
                    .Select(n => double.Parse(n, CultureInfo.InvariantCulture))
                    .ToArray()
            ),
        ];
    }

    // figures: parse, typed, write, stream, datagram | sofia parse, sofia print, osip parse
    private static void Report(string name, double[][] rows)
    {
        double Of(Func<double[], double> figure) => Median(rows.Select(figure));
        Console.WriteLine(
            $"{name}: index {Of(r => r[0]):F0} ns ({Of(r => r[0] / r[5]):F2} x sofia-sip's {Of(r => r[5]):F0}, "
                + $"{Of(r => r[0] / r[7]):F2} x libosip2's {Of(r => r[7]):F0}); "
                + $"all typed {Of(r => r[1]):F0} ns ({Of(r => r[1] / r[5]):F2} x); "
                + $"write {Of(r => r[2]):F0} ns ({Of(r => r[2] / r[6]):F2} x sofia-sip's print {Of(r => r[6]):F0}); "
                + $"framed {Of(r => r[3]):F0} ns ({Of(r => r[3] / r[4]):F2} x as a datagram)"
        );
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}

/// <summary>What is done with one message.</summary>
internal sealed class MessageWork(byte[] packet)
{
    private readonly SipMessage _message = SipMessage.Parse(packet);
    private readonly byte[] _output = new byte[4096];
    private readonly byte[] _stream =
    [
        .. Enumerable.Repeat(packet, 1000).SelectMany(bytes => bytes),
    ];
    private readonly Rewrite _rewrite = new(
        ViaEdit.Replace,
        Encoding.ASCII.GetBytes("SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK776asdhds8f7s6d"),
        default,
        68
    );

    public void Warm()
    {
        for (var i = 0; i < 5; i++)
        {
            Measure();
            Thread.Sleep(100);
        }
    }

    public double[] Measure() =>
        [
            Time(Parse, 1000),
            Time(Typed, 1000),
            Time(Write, 1000),
            Time(Framed, 1) / 1000,
            Time(Datagrams, 1) / 1000,
        ];

    public long AllocatedByParse() => Allocated(Parse);

    public long AllocatedByWrite() => Allocated(Write);

    private SipMessage Read() =>
        SipMessage.TryParse(packet, out var message, out _)
            ? message
            : throw new InvalidOperationException();

    private int Parse() => Read().ViaCount;

    /// <summary>Every header field of the three messages as its typed value.</summary>
    private int Typed()
    {
        var m = Read();
        m.TryGet(HeaderFields.ContentType, out _, out _);
        var uri = m is SipRequest request ? request.RequestUri : m.To.Uri;
        return m.Vias.Count
            + m.Contacts.Count
            + m.RecordRoutes.Count
            + m.Allow.Count
            + m.Supported.Count
            + (m.UserAgent?.Length ?? 0)
            + (m.Server?.Length ?? 0)
            + (m.Expires.HasValue ? 1 : 0)
            + m.CallId.Value.Length
            + (int)m.CSeq.Number
            + (m.From.Uri.IsSip ? 1 : 0)
            + (uri.IsSip ? 1 : 0)
            + (m.MaxForwards ?? 0)
            + (int)(m.ContentLength ?? 0)
            + (m.To.Uri.IsSip ? 1 : 0);
    }

    private int Write() => Writer.write(_message, in _rewrite, _output);

    private int Framed() =>
        Framing.push(ParseLimits.Default, _stream, Framing.start(StreamSide.Accepted)).Item1.Count;

    private int Datagrams()
    {
        var sum = 0;
        for (var i = 0; i < 1000; i++)
        {
            sum += Read().ViaCount;
        }

        return sum;
    }

    private static double Time(Func<int> work, int times) =>
        MessageRun.Median(
            Enumerable
                .Range(0, 41)
                .Select(round =>
                {
                    var start = Stopwatch.GetTimestamp();
                    for (var i = 0; i < times; i++)
                    {
                        work();
                    }

                    return Stopwatch.GetElapsedTime(start).TotalNanoseconds / times;
                })
                .ToArray()
        );

    private static long Allocated(Func<int> work)
    {
        work();
        var before = GC.GetAllocatedBytesForCurrentThread();
        work();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
