using System.CommandLine;
using System.Text.Json.Nodes;

namespace SipFun.Cli;

/// <summary><c>sipfun replay</c>: the inputs of a recording through this program's core
/// again.</summary>
internal sealed class ReplayCommand : Command
{
    private readonly Screen _screen;

    private readonly Argument<FileInfo> _file = new("FILE") { Description = "What --record wrote" };

    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON object" };

    public ReplayCommand(Screen screen)
        : base("replay", "Replays a recording and says where its effects differ, if anywhere.")
    {
        _screen = screen;
        Arguments.Add(_file);
        Options.Add(_json);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        await using var file = RecordingFile.Open(parsed.GetRequiredValue(_file));
        ReplayResult result;

        try
        {
            result = await Recording.ReplayAsync(file, cancel);
        }
        catch (InvalidDataException fault)
        {
            throw Failure.Usage(fault.Message);
        }

        if (parsed.GetValue(_json))
        {
            _screen.Json(Report(result));
        }
        else
        {
            _screen.Lines(Text(result));
        }

        return result.Difference is null ? ExitCode.Success : ExitCode.OtherAnswer;
    }

    private static string Text(ReplayResult result) =>
        result.Difference is { } difference ? difference.ToString()
        : result.IsComplete ? $"{result.Steps} steps, the same effects"
        : $"{result.Steps} steps, the same effects; the recording was cut off after them";

    private static JsonObject Report(ReplayResult result) =>
        new()
        {
            ["steps"] = result.Steps,
            ["complete"] = result.IsComplete,
            ["difference"] = result.Difference is { } one
                ? new JsonObject
                {
                    ["step"] = one.Step,
                    ["instant"] = one.Instant.TotalSeconds,
                    ["input"] = one.Input,
                    ["recorded"] = new JsonArray([.. one.Expected.Select(Value)]),
                    ["replayed"] = new JsonArray([.. one.Got.Select(Value)]),
                }
                : null,
        };

    private static JsonNode Value(string effect) => JsonValue.Create(effect);
}
