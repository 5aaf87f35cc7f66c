using System.CommandLine;

namespace SipFun.Cli;

/// <summary><c>sipfun mask</c>: a recording without its secrets.</summary>
internal sealed class MaskCommand : Command
{
    private readonly Screen _screen;

    private readonly Argument<FileInfo> _file = new("FILE") { Description = "What --record wrote" };

    private readonly Argument<FileInfo> _copy = new("COPY") { Description = "Where to write to" };

    public MaskCommand(Screen screen)
        : base("mask", "Copies a recording without credentials: it can be drawn, and not replayed.")
    {
        _screen = screen;
        Arguments.Add(_file);
        Arguments.Add(_copy);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (from, to) = (parsed.GetRequiredValue(_file), parsed.GetRequiredValue(_copy));

        if (from.FullName == to.FullName)
        {
            throw Failure.Usage("COPY is FILE itself. Give it another name.");
        }

        await using var file = RecordingFile.Open(from);
        await using var copy = RecordingFile.Create(to, "COPY");

        try
        {
            await Recording.MaskAsync(file, copy, cancel);
        }
        catch (InvalidDataException fault)
        {
            throw Failure.Usage(fault.Message);
        }

        _screen.Line($"{to.FullName}: names, addresses and contents are still in it");
        return ExitCode.Success;
    }
}
