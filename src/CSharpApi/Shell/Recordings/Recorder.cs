// Writes down what a dispatcher goes through, without ever holding up its turn: what happens is noted
// there, and written by a task of its own. A recording with a hole could not be replayed, so that one which
// cannot keep up ends, and says so.
using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;

namespace SipFun.Shell;

/// <summary>Between the turn and <see cref="DispatcherOptions.Recorder"/>.</summary>
internal sealed class Recorder
{
    /// <summary>How many bytes are gathered before they are written, while more wait.</summary>
    private const int Batch = 64 * 1024;

    private readonly Stream _stream;
    private readonly Clock _clock;
    private readonly Counters _counters;
    private readonly Log _log;
    private readonly Channel<Func<RecordingLine>> _lines;
    private readonly ArrayBufferWriter<byte> _buffer = new();
    private long _steps;
    private volatile string? _why;
    private volatile bool _ended;

    public Recorder(
        Stream stream,
        Core.Settings settings,
        int limit,
        Clock clock,
        Counters counters,
        Log log
    )
    {
        (_stream, _clock, _counters, _log) = (stream, clock, counters, log);
        _lines = Channel.CreateBounded<Func<RecordingLine>>(
            new BoundedChannelOptions(limit) { SingleReader = true }
        );
        Note(() => new RecordingLine.Start(Core.Recording.writeSettings(settings)));
        Written = Task.Run(WriteAsync);
    }

    /// <summary>All is written, or nothing more will be.</summary>
    public Task Written { get; }

    public void Sent(ILink link, in Core.Hop to, ReadOnlyMemory<byte> packet) =>
        Note(PacketDirection.Sent, link, to, packet);

    public void Received(ILink link, in Core.Hop from, ReadOnlySpan<byte> packet) =>
        Note(PacketDirection.Received, link, from, packet.ToArray());

    /// <summary>Of the turn alone, in its order.</summary>
    public void Stepped(long now, Core.Input input, Core.Effects effects)
    {
        Note(() =>
            new RecordingLine.Step(
                TimeSpan.FromMilliseconds(now),
                Core.Recording.name(input),
                Core.Recording.writeStep(now, input),
                Core.Recording.lines(effects)
            )
        );
    }

    /// <summary>The dispatcher took its last step.</summary>
    public void End()
    {
        _ended = true;
        _lines.Writer.TryComplete();
    }

    private void Note(
        PacketDirection direction,
        ILink link,
        in Core.Hop remote,
        ReadOnlyMemory<byte> bytes
    )
    {
        var at = TimeSpan.FromMilliseconds(_clock.Now);
        var hop = remote;
        Note(() =>
            new RecordingLine.Packet(
                new WirePacket(at, direction, link.LocalEndPoint, Translate.ToHop(hop), bytes)
            )
        );
    }

    private void Note(Func<RecordingLine> line)
    {
        if (_why is null && !_lines.Writer.TryWrite(line) && !_ended)
        {
            Stop("more lines waited than Limits.RecorderQueue allows");
        }
    }

    private void Stop(string why)
    {
        if (Interlocked.CompareExchange(ref _why, why, null) is null)
        {
            _counters.Add(Reason.RecordingEnded);
            _log.RecordingEnded(why);
            _lines.Writer.TryComplete();
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var line in _lines.Reader.ReadAllAsync().ConfigureAwait(false))
            {
                Append(line());

                if (_buffer.WrittenCount >= Batch || _lines.Reader.Count == 0)
                {
                    await FlushAsync().ConfigureAwait(false);
                }
            }

            Append(new RecordingLine.End(_steps, _why));
            await FlushAsync().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // The stream is the user's: whatever it throws ends the recording, never the dispatcher.
            Stop(exception.Message);
        }
    }

    private void Append(RecordingLine line)
    {
        _steps += line is RecordingLine.Step ? 1 : 0;

        using (var json = new Utf8JsonWriter(_buffer))
        {
            line.Write(json);
        }

        _buffer.Write("\n"u8);
    }

    private async Task FlushAsync()
    {
        await _stream.WriteAsync(_buffer.WrittenMemory).ConfigureAwait(false);
        await _stream.FlushAsync().ConfigureAwait(false);
        _buffer.ResetWrittenCount();
    }
}
