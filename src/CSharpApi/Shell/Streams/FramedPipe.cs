// SIP's own framing over a stream (RFC 3261, 18.3). While nothing comes it holds no buffer: a read
// of no bytes waits, and only then a buffer is borrowed.
using System.Buffers;

namespace SipFun.Shell;

/// <summary>Messages by Content-Length, keep-alives as CRLFs (RFC 5626, 3.5.1).</summary>
internal sealed class FramedPipe(Stream stream, Core.StreamSide side, ParseLimits limits)
    : IPipe,
        Core.IFrameHandler
{
    private const int ReadSize = 16 * 1024;

    private static readonly ReadOnlyMemory<byte> _ping = "\r\n\r\n"u8.ToArray();
    private static readonly ReadOnlyMemory<byte> _pong = "\r\n"u8.ToArray();

    private Core.FramingState _state = Core.Framing.start(side);
    private IPipeSink? _sink;
    private volatile bool _isWaiting;

    public bool IsWaiting => _isWaiting;

    public async ValueTask<bool> ReadAsync(IPipeSink sink, CancellationToken cancel)
    {
        _sink = sink;
        _isWaiting = true;
        await stream.ReadAsync(Memory<byte>.Empty, cancel).ConfigureAwait(false);
        _isWaiting = false;
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);

        try
        {
            var reading = stream.ReadAsync(buffer, cancel);
            _isWaiting = !reading.IsCompleted;
            var length = await reading.ConfigureAwait(false);
            _isWaiting = false;

            if (length > 0)
            {
                Push(buffer.AsSpan(0, length));
                return true;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Core.Framing.buffered(_state) == 0
            ? false
            : throw new EndOfStreamException("the peer ended it inside a message");
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> packet, CancellationToken cancel) =>
        stream.WriteAsync(packet, cancel);

    public ValueTask PingAsync(CancellationToken cancel) => stream.WriteAsync(_ping, cancel);

    public ValueTask PongAsync(CancellationToken cancel) => stream.WriteAsync(_pong, cancel);

    public ValueTask EndAsync(CancellationToken cancel) =>
        stream is System.Net.Security.SslStream secured
            ? new ValueTask(secured.ShutdownAsync())
            : ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    void Core.IFrameHandler.Message(SipMessage message) => _sink!.Message(message);

    void Core.IFrameHandler.Malformed(ParseError error, ReadOnlyMemory<byte> octets) =>
        _sink!.Malformed(octets, error);

    void Core.IFrameHandler.Ping() => _sink!.Ping();

    void Core.IFrameHandler.Pong() => _sink!.Pong();

    private void Push(ReadOnlySpan<byte> chunk)
    {
        var (frames, state) = Core.Framing.push(limits, chunk, _state);
        _state = state;
        Core.Framing.show(this, frames);

        if (Core.Framing.failure(state) is { IsSome: true } failure)
        {
            throw new FramingException(failure.Value, Core.Framing.head(state));
        }

        _sink!.Progress(Core.Framing.buffered(state), Core.Framing.awaitsBody(state));
    }
}
