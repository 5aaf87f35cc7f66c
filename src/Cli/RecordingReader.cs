using System.Globalization;
using System.Net;
using System.Text.Json;

namespace SipFun.Cli;

/// <summary>
/// Reads the packets that <c>--record</c> wrote, as docs/recording.md has it. It refuses a version that it
/// does not know, and says which line is bad.
/// </summary>
internal static class RecordingReader
{
    /// <summary>The version of the format that is read.</summary>
    private const int Version = 1;

    /// <summary>The packets in the order of the file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="warn">Hears of a last line that was cut off, as by a full disk; it is left
    /// out.</param>
    /// <exception cref="Failure">The file cannot be read, or is no recording.</exception>
    public static IReadOnlyList<RecordedPacket> Read(string path, Action<string> warn)
    {
        try
        {
            return ReadLines(path, File.ReadLines(path), EndsCleanly(path), warn);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage($"Cannot read {path}: {fault.Message}");
        }
    }

    private static List<RecordedPacket> ReadLines(
        string path,
        IEnumerable<string> lines,
        bool endsCleanly,
        Action<string> warn
    )
    {
        var packets = new List<RecordedPacket>();
        var (number, bad) = (0, (Failure?)null);

        foreach (var line in lines)
        {
            if (bad is not null)
            {
                throw bad;
            }

            number++;

            if (string.IsNullOrWhiteSpace(line) || IsNoPacket(line))
            {
                continue;
            }

            if (TryRead(line, out var packet, out var fault))
            {
                packets.Add(packet);
            }
            else
            {
                bad = Failure.Usage($"{path}, line {number}: {fault}");
            }
        }

        if (bad is not null && endsCleanly)
        {
            throw bad;
        }

        if (bad is not null)
        {
            warn($"{path}, line {number}: cut off, and left out.");
        }

        return packets;
    }

    /// <summary>A line with a kind is there for a replay, or for later programs.</summary>
    private static bool IsNoPacket(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var root = document.RootElement;
            return root.ValueKind == JsonValueKind.Object
                && root.TryGetProperty("kind", out _)
                && root.TryGetProperty("version", out var version)
                && version.ValueKind == JsonValueKind.Number
                && version.TryGetInt32(out var number)
                && number == Version;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The last line is whole: the writer ends each.</summary>
    private static bool EndsCleanly(string path)
    {
        using var file = File.OpenRead(path);

        if (!file.CanSeek || file.Length == 0)
        {
            return true;
        }

        file.Seek(-1, SeekOrigin.End);
        return file.ReadByte() == '\n';
    }

    internal static bool TryRead(string line, out RecordedPacket packet, out string fault)
    {
        packet = null!;

        try
        {
            var read = JsonSerializer.Deserialize(line, RecordedLineJson.Default.RecordedLine);
            fault = Complaint(read) ?? "";

            if (fault.Length > 0)
            {
                return false;
            }

            packet = ToPacket(read!);
            return true;
        }
        catch (JsonException)
        {
            fault = "not a line of a recording. Give a file that --record wrote.";
            return false;
        }
    }

    private static string? Complaint(RecordedLine? line) =>
        line?.Version is null ? "it has no version. Give a file that --record wrote."
        : line.Version != Version
            ? $"version {line.Version} of the format is not known: this sipfun reads version "
                + $"{Version}."
        : line.Instant is not >= 0 or > 1e9 ? "\"instant\" is no number of seconds."
        : line.Direction is not ("sent" or "received")
            ? "\"direction\" is neither sent nor received."
        : line.Bytes is null ? "\"bytes\" is missing."
        : !TryFlow(line.Flow, out _, out _)
            ? "\"flow\" is not \"transport:address:port transport:address:port\"."
        : null;

    private static RecordedPacket ToPacket(RecordedLine line)
    {
        TryFlow(line.Flow, out var local, out var remote);
        return new RecordedPacket(
            TimeSpan.FromSeconds(line.Instant!.Value),
            line.Direction == "sent",
            local,
            remote,
            line.Bytes!
        );
    }

    private static bool TryFlow(string? flow, out RecordedEnd local, out RecordedEnd remote)
    {
        (local, remote) = (default, default);
        return flow?.Split(' ') is [var first, var second]
            && TryEnd(first, out local)
            && TryEnd(second, out remote);
    }

    private static bool TryEnd(string text, out RecordedEnd end)
    {
        end = default;
        var colon = text.IndexOf(':', StringComparison.Ordinal);

        if (
            colon < 1
            || !char.IsAsciiLetter(text[0])
            || !Enum.TryParse<Transport>(text[..colon], ignoreCase: true, out var transport)
            || !IPEndPoint.TryParse(text.AsSpan(colon + 1), out var address)
        )
        {
            return false;
        }

        end = new RecordedEnd(transport, address);
        return true;
    }
}

/// <summary>One end of a flow.</summary>
internal readonly record struct RecordedEnd(Transport Transport, IPEndPoint Address)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Address}");
}

/// <summary>One packet of a recording.</summary>
/// <param name="Instant">Since the recorder's start.</param>
/// <param name="IsSent">By the recorder.</param>
/// <param name="Local">The recorder's end.</param>
/// <param name="Remote">The other end.</param>
/// <param name="Bytes">All of it.</param>
internal sealed record RecordedPacket(
    TimeSpan Instant,
    bool IsSent,
    RecordedEnd Local,
    RecordedEnd Remote,
    byte[] Bytes
);

/// <summary>As it may stand in a file: all of it may be missing.</summary>
internal sealed record RecordedLine(
    int? Version,
    double? Instant,
    string? Flow,
    string? Direction,
    byte[]? Bytes
);

/// <summary>Read without reflection, so that the command can be trimmed.</summary>
[System.Text.Json.Serialization.JsonSourceGenerationOptions(
    PropertyNamingPolicy = System.Text.Json.Serialization.JsonKnownNamingPolicy.CamelCase
)]
[System.Text.Json.Serialization.JsonSerializable(typeof(RecordedLine))]
internal sealed partial class RecordedLineJson
    : System.Text.Json.Serialization.JsonSerializerContext;
