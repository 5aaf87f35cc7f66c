using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Reads what <see cref="DispatcherOptions.Recorder"/> wrote: its packets, its steps, a copy
/// without secrets. Streams are read from where they are, and stay open.
/// </summary>
public static class Recording
{
    /// <summary>The packets of a recording, in the order in which they went. Of a masked copy
    /// too.</summary>
    /// <param name="recording">JSON lines, as docs/recording.md has them.</param>
    /// <param name="cancel">Ends the reading.</param>
    /// <exception cref="InvalidDataException">A line is none of a recording; the message says which
    /// and why.</exception>
    public static async IAsyncEnumerable<WirePacket> ReadAsync(
        Stream recording,
        [EnumeratorCancellation] CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(recording);

        await foreach (
            var (_, line) in RecordingReader.ReadAsync(recording, cancel).ConfigureAwait(false)
        )
        {
            if (line is RecordingLine.Packet(var wire))
            {
                yield return wire;
            }
        }
    }

    /// <summary>
    /// Feeds every input of a recording to the core again, at the instants at which they came, and
    /// compares the effects, step by step, up to the first that differs. Nothing is sent, and
    /// nobody waits.
    /// </summary>
    /// <param name="recording">What <see cref="DispatcherOptions.Recorder"/> wrote.</param>
    /// <param name="cancel">Ends the replay.</param>
    /// <returns>How many steps there were, and the first difference.</returns>
    /// <exception cref="InvalidDataException">It cannot be replayed: a line is damaged, the version
    /// is another, it is masked or has packets only; the message says which.</exception>
    public static async Task<ReplayResult> ReplayAsync(
        Stream recording,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(recording);
        var replaying = new Replaying();

        await foreach (
            var (number, line) in RecordingReader.ReadAsync(recording, cancel).ConfigureAwait(false)
        )
        {
            replaying.Take(number, line);

            if (replaying.Difference is not null)
            {
                break;
            }
        }

        return replaying.Result();
    }

    /// <summary>
    /// Copies the packets of a recording without their secrets: values of Authorization and
    /// Proxy-Authorization, passwords in URIs, keys of media in session descriptions. The copy can
    /// be drawn, and not replayed. Names, addresses and contents stay: it is still private.
    /// </summary>
    /// <param name="recording">What is copied.</param>
    /// <param name="copy">Where to.</param>
    /// <param name="cancel">Ends the copying.</param>
    /// <exception cref="InvalidDataException">A line is none of a recording.</exception>
    public static async Task MaskAsync(
        Stream recording,
        Stream copy,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(copy);
        await WriteAsync(copy, new RecordingLine.Masked(), cancel).ConfigureAwait(false);

        await foreach (var wire in ReadAsync(recording, cancel).ConfigureAwait(false))
        {
            var masked = wire with { Bytes = Mask.Apply(wire.Bytes) };
            await WriteAsync(copy, new RecordingLine.Packet(masked), cancel).ConfigureAwait(false);
        }

        await copy.FlushAsync(cancel).ConfigureAwait(false);
    }

    private static async Task WriteAsync(Stream copy, RecordingLine line, CancellationToken cancel)
    {
        var buffer = new ArrayBufferWriter<byte>();

        using (var json = new Utf8JsonWriter(buffer))
        {
            line.Write(json);
        }

        buffer.Write("\n"u8);
        await copy.WriteAsync(buffer.WrittenMemory, cancel).ConfigureAwait(false);
    }
}
