using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SipFun.Cli;

/// <summary>What the commands print with <c>--json</c>: one object a line.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions _relaxed = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static void Json(this Screen screen, JsonObject value) =>
        screen.Line(value.ToJsonString(_relaxed));

    public static JsonObject Of(Exchange exchange, DeliveryOutcome outcome, string? story)
    {
        var report = new JsonObject
        {
            ["outcome"] = outcome.Kind.ToString(),
            ["status"] = (outcome as DeliveryOutcome.Answered)?.Response.StatusCode,
            ["hop"] = exchange.FirstHop?.ToString(),
            ["responses"] = new JsonArray([.. exchange.Answers.Select(Of)]),
        };

        if (outcome is DeliveryOutcome.Unresolved(var error))
        {
            report["error"] = Of(error);
        }

        if (story is not null)
        {
            report["explanation"] = Lines(story);
        }

        return report;
    }

    /// <summary>With the Contacts of a registrar's 2xx; null: there was none.</summary>
    public static JsonObject Of(
        Exchange exchange,
        DeliveryOutcome outcome,
        IReadOnlyList<NameAddr>? bindings
    )
    {
        var report = Of(exchange, outcome, (string?)null);
        report["bindings"] = bindings is null ? null : new JsonArray([.. bindings.Select(Of)]);
        return report;
    }

    private static JsonObject Of(NameAddr contact) =>
        new()
        {
            ["uri"] = contact.Uri.ToString(),
            ["expires"] = uint.TryParse(
                contact.GetParameter("expires"),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var seconds
            )
                ? seconds
                : null,
            ["q"] = contact.GetParameter("q"),
        };

    public static JsonObject Of(Resolution found) =>
        new()
        {
            ["candidates"] = new JsonArray([.. found.Candidates.Select(Of)]),
            ["error"] = found.Error is null ? null : Of(found.Error),
            ["explanation"] = Lines(found.Explain()),
            ["steps"] = new JsonArray([.. found.Steps.Select(Of)]),
        };

    private static JsonObject Of(ExplanationStep step)
    {
        var report = new JsonObject { ["after"] = step.After.TotalSeconds, ["kind"] = step.Kind };

        foreach (var (name, value) in step.Values)
        {
            report[name] = int.TryParse(
                value,
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? number
                : value;
        }

        return report;
    }

    private static JsonObject Of(Candidate candidate) =>
        new()
        {
            ["transport"] = candidate.Hop.Transport.ToString().ToLowerInvariant(),
            ["address"] = candidate.Hop.Address.ToString(),
            ["port"] = candidate.Hop.Port,
            ["verifyName"] = candidate.Hop.VerifyName,
            ["legs"] = new JsonArray([
                .. candidate.Legs.Select(leg => JsonValue.Create(leg.ToString())),
            ]),
        };

    private static JsonObject Of(ResolutionError error) =>
        new()
        {
            ["stage"] = error.Stage.ToString(),
            ["fault"] = error.Fault.ToString(),
            ["detail"] = error.Detail,
        };

    private static JsonObject Of(Answer answer) =>
        new()
        {
            ["status"] = answer.Response.StatusCode,
            ["reason"] = answer.Response.ReasonPhrase,
            ["afterMs"] = Math.Round(answer.After.TotalMilliseconds, 3),
            ["headers"] = new JsonArray([.. answer.Response.Headers.Select(Of)]),
            ["body"] = ResponseText.Body(answer.Response),
        };

    private static JsonObject Of(KeyValuePair<string, string> header) =>
        new() { ["name"] = header.Key, ["value"] = header.Value };

    private static JsonArray Lines(string text) =>
        new([
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => JsonValue.Create(line)),
        ]);
}
