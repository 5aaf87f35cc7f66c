// The kinds of lines of a recording, and the only place that knows how they lie in JSON
// (docs/recording.md).
using System.Net;
using System.Text.Json;

namespace SipFun.Shell;

/// <summary>One line of a recording.</summary>
internal abstract record RecordingLine
{
    /// <summary>Of the whole format.</summary>
    public const int Version = 1;

    private RecordingLine() { }

    /// <summary>One packet, as it went over a leg. Its line has no kind.</summary>
    public sealed record Packet(WirePacket Wire) : RecordingLine;

    /// <summary>How the dispatcher was set up: a recording that can be replayed begins so.</summary>
    public sealed record Start(byte[] Settings) : RecordingLine;

    /// <summary>One input with its instant, and the effects it had.</summary>
    public sealed record Step(TimeSpan Instant, string Input, byte[] Data, string[] Effects)
        : RecordingLine;

    /// <summary>The dispatcher ended, or the recording: then why.</summary>
    public sealed record End(long Steps, string? Why) : RecordingLine;

    /// <summary>A copy without credentials begins so.</summary>
    public sealed record Masked : RecordingLine;

    /// <summary>Of a kind that later programs may write.</summary>
    public sealed record Unknown(string Kind) : RecordingLine;

    /// <summary>Its JSON, without a line end.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("version", Version);

        switch (this)
        {
            case Packet(var wire):
                Write(json, wire);
                break;
            case Start(var settings):
                json.WriteString("kind", "start");
                json.WriteBoolean("secret", true);
                json.WriteBase64String("settings", settings);
                break;
            case Step step:
                Write(json, step);
                break;
            case End(var steps, var why):
                json.WriteString("kind", "end");
                json.WriteNumber("steps", steps);
                json.WriteString("why", why);
                break;
            case Masked:
                json.WriteString("kind", "masked");
                break;
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, WirePacket wire)
    {
        var transport = Core.TransportName.parameter(wire.Remote.Transport);
        json.WriteNumber("instant", Seconds(wire.Instant));
        json.WriteString("flow", $"{transport}:{wire.Local} {wire.Remote}");
        json.WriteString("direction", wire.Direction == PacketDirection.Sent ? "sent" : "received");
        json.WriteBase64String("bytes", wire.Bytes.Span);
    }

    private static void Write(Utf8JsonWriter json, Step step)
    {
        json.WriteString("kind", "step");
        json.WriteNumber("instant", Seconds(step.Instant));
        json.WriteString("input", step.Input);
        json.WriteBase64String("data", step.Data);
        json.WriteStartArray("effects");

        foreach (var effect in step.Effects)
        {
            json.WriteStringValue(effect);
        }

        json.WriteEndArray();
    }

    /// <summary>Exact, with no digit that means nothing.</summary>
    private static decimal Seconds(TimeSpan instant) =>
        (decimal)instant.Ticks / TimeSpan.TicksPerSecond;

    /// <exception cref="FormatException">It is none, or of another version; the message says
    /// why.</exception>
    public static RecordingLine Read(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return Read(document.RootElement);
        }
        catch (Exception fault)
            when (fault is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException($"it is no line of a recording: {fault.Message}");
        }
    }

    private static RecordingLine Read(JsonElement line)
    {
        if (line.GetProperty("version").GetInt32() is var version && version != Version)
        {
            throw new FormatException(
                $"its version is {version}, and this program reads {Version}"
            );
        }

        return line.TryGetProperty("kind", out var kind)
            ? Read(kind.GetString() ?? "", line)
            : new Packet(ReadPacket(line));
    }

    private static RecordingLine Read(string kind, JsonElement line) =>
        kind switch
        {
            "start" => new Start(line.GetProperty("settings").GetBytesFromBase64()),
            "step" => new Step(
                ReadInstant(line),
                line.GetProperty("input").GetString() ?? "",
                line.GetProperty("data").GetBytesFromBase64(),
                [
                    .. line.GetProperty("effects")
                        .EnumerateArray()
                        .Select(effect => effect.GetString() ?? ""),
                ]
            ),
            "end" => new End(
                line.GetProperty("steps").GetInt64(),
                line.GetProperty("why").GetString()
            ),
            "masked" => new Masked(),
            _ => new Unknown(kind),
        };

    private static WirePacket ReadPacket(JsonElement line)
    {
        var flow = line.GetProperty("flow").GetString() ?? "";
        var blank = flow.IndexOf(' ', StringComparison.Ordinal);
        var colon = flow.IndexOf(':', StringComparison.Ordinal);

        if (
            colon < 0
            || blank < colon
            || !IPEndPoint.TryParse(flow.AsSpan()[(colon + 1)..blank], out var end)
            || !Hop.TryParse(flow[(blank + 1)..], out var hop)
        )
        {
            throw new FormatException($"\"{Core.Sanitizer.text(flow)}\" is no flow");
        }

        var direction = line.GetProperty("direction").GetString() switch
        {
            "sent" => PacketDirection.Sent,
            "received" => PacketDirection.Received,
            _ => throw new FormatException("its direction is neither sent nor received"),
        };
        var bytes = line.GetProperty("bytes").GetBytesFromBase64();
        return new WirePacket(ReadInstant(line), direction, end, hop, bytes);
    }

    private static TimeSpan ReadInstant(JsonElement line) =>
        line.GetProperty("instant").TryGetDecimal(out var seconds)
        && Math.Abs(seconds) < 1_000_000_000_000m
            ? TimeSpan.FromTicks((long)(seconds * TimeSpan.TicksPerSecond))
            : throw new FormatException("its instant is no time");
}
