using System.CommandLine;
using System.Text;

namespace SipFun.Cli;

/// <summary><c>sipfun ladder</c>: draws what <c>--record</c> wrote.</summary>
internal sealed class LadderCommand : Command
{
    private readonly Screen _screen;

    private readonly Argument<FileInfo[]> _files = new("FILE")
    {
        Description =
            "What --record FILE of any command wrote; of several, what two of them saw is one arrow",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<FileInfo?> _svg = new("--svg")
    {
        Description = "Draw a picture into this file instead",
        HelpName = "FILE",
    };

    private readonly Option<string?> _callId = new("--call-id")
    {
        Description = "Draw only the messages with this Call-ID",
        HelpName = "ID",
    };

    public LadderCommand(Screen screen)
        : base("ladder", "Draws recorded exchanges: who said what to whom, and when.")
    {
        _screen = screen;
        Arguments.Add(_files);
        Options.Add(_svg);
        Options.Add(_callId);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var files = parsed.GetValue(_files)!;
        var callId = parsed.GetValue(_callId);
        var recordings = files
            .Select(file =>
                (
                    Path.GetFileNameWithoutExtension(file.Name),
                    Chosen(RecordingReader.Read(file.FullName, _screen.Warn), callId)
                )
            )
            .ToList();
        var chart = LadderMerge.Merge(recordings);

        if (parsed.GetValue(_svg) is { } svg)
        {
            Save(chart, svg);
        }
        else if (chart.Arrows.Count == 0)
        {
            _screen.Line("No packets.");
        }
        else
        {
            LadderScreen.Show(_screen, chart);
        }

        return ExitCode.Success;
    }

    private void Save(LadderChart chart, FileInfo file)
    {
        try
        {
            using var writer = new StreamWriter(file.FullName, append: false, new UTF8Encoding());
            LadderSvg.Draw(chart, writer);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage(
                $"Cannot write {file.FullName}: {fault.Message} Give --svg another file."
            );
        }

        if (chart.Arrows.Count > LadderSvg.Most)
        {
            _screen.Warn(
                $"Only the first {LadderSvg.Most} of {chart.Arrows.Count} packets are drawn. "
                    + "Choose with --call-id."
            );
        }
    }

    private static IReadOnlyList<RecordedPacket> Chosen(
        IReadOnlyList<RecordedPacket> packets,
        string? callId
    ) =>
        callId is null
            ? packets
            :
            [
                .. packets.Where(packet =>
                    SipMessage.TryParse(packet.Bytes, out var message, out _)
                    && message.CallId.ToString() == callId
                ),
            ];
}
