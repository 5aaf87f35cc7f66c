using System.Text.Json;
using System.Text.Json.Serialization;

namespace SipFun.Cli;

/// <summary>
/// Writes packets to a file, one JSON object a line, as docs/recording.md has it. Each line is
/// complete on disk before the next, so that a killed command leaves a readable file.
/// </summary>
internal sealed class Recording
{
    /// <summary>The format's version; a reader refuses one that it does not know.</summary>
    public const int Version = 1;

    private readonly string _path;

    /// <exception cref="Failure">The file cannot be written.</exception>
    public Recording(FileInfo file)
    {
        try
        {
            File.WriteAllText(file.FullName, "");
            _path = file.FullName;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Failure.Usage(
                $"Cannot write {file.FullName}: {fault.Message} Give --record another file."
            );
        }
    }

    public void Write(WirePacket packet)
    {
        var transport = packet.Remote.Transport.ToString().ToLowerInvariant();
        var line = new Line(
            Version,
            packet.Instant.TotalSeconds,
            $"{transport}:{packet.Local} {packet.Remote}",
            packet.Direction == PacketDirection.Sent ? "sent" : "received",
            packet.Bytes.ToArray()
        );
        File.AppendAllText(
            _path,
            JsonSerializer.Serialize(line, RecordingJson.Default.Line) + '\n'
        );
    }

    /// <summary>One packet. Bytes are base64.</summary>
    internal sealed record Line(
        int Version,
        double Instant,
        string Flow,
        string Direction,
        byte[] Bytes
    );
}

/// <summary>Written without reflection, so that the command can be trimmed.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Recording.Line))]
internal sealed partial class RecordingJson : JsonSerializerContext;
