// SIP over WebSocket (RFC 7118): one message in each WebSocket message, text or binary. Frames are
// the framework's; what a message may cost is ours.
using System.Net.WebSockets;
using System.Text.Unicode;

namespace SipFun.Shell;

/// <summary>Messages over an established WebSocket.</summary>
internal sealed class WebSocketPipe : IPipe
{
    private const int FirstBuffer = 1024;

    private readonly WebSocket _socket;
    private readonly WatchedStream _stream;
    private readonly FrameWatch _watch;
    private readonly WebSocketLimits _limits;
    private byte[] _buffer = new byte[FirstBuffer];
    private int _length;
    private bool _headersComplete;
    private long _messages;
    private IPipeSink? _sink;

    private WebSocketPipe(
        WebSocket socket,
        WatchedStream stream,
        FrameWatch watch,
        WebSocketLimits limits
    ) => (_socket, _stream, _watch, _limits) = (socket, stream, watch, limits);

    public bool IsWaiting => _stream.IsWaiting;

    private static ReadOnlyMemory<byte> Ping { get; } = "\r\n\r\n"u8.ToArray();

    private static ReadOnlyMemory<byte> Pong { get; } = "\r\n"u8.ToArray();

    /// <summary>Over a stream whose upgrade is done.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="first">What was read of it behind the head of the upgrade.</param>
    /// <param name="isServer">The peer opened it.</param>
    /// <param name="limits">What the peer may send.</param>
    public static WebSocketPipe Over(
        Stream stream,
        ReadOnlyMemory<byte> first,
        bool isServer,
        WebSocketLimits limits
    )
    {
        var watch = new FrameWatch(limits);
        var watched = new WatchedStream(stream, first, watch);

        // Neither compression (V-14), nor pings by the system's clock.
        var socket = WebSocket.CreateFromStream(
            watched,
            new WebSocketCreationOptions
            {
                IsServer = isServer,
                SubProtocol = WebSocketUpgrade.Subprotocol,
                KeepAliveInterval = TimeSpan.Zero,
            }
        );
        var pipe = new WebSocketPipe(socket, watched, watch, limits);
        watched.OnRead = pipe.FollowAsync;
        return pipe;
    }

    public async ValueTask<bool> ReadAsync(IPipeSink sink, CancellationToken cancel)
    {
        _sink = sink;
        var result = await ReceiveAsync(cancel).ConfigureAwait(false);

        if (result.MessageType == WebSocketMessageType.Close)
        {
            await EndAsync(cancel).ConfigureAwait(false);
            return false;
        }

        _length += result.Count;

        if (result.EndOfMessage)
        {
            End(sink);
        }
        else
        {
            MakeRoom();
        }

        TellProgress();
        return true;
    }

    public ValueTask WriteAsync(ReadOnlyMemory<byte> packet, CancellationToken cancel) =>
        _socket.SendAsync(
            packet,
            Utf8.IsValid(packet.Span) ? WebSocketMessageType.Text : WebSocketMessageType.Binary,
            endOfMessage: true,
            cancel
        );

    /// <summary>
    /// Of the two keep-alives that RFC 7118, 6 leaves to choose from, RFC 5626's CRLFCRLF: its
    /// answer can be waited for, and a ping frame is answered by the framework in any case.
    /// </summary>
    public ValueTask PingAsync(CancellationToken cancel) => WriteAsync(Ping, cancel);

    public ValueTask PongAsync(CancellationToken cancel) => WriteAsync(Pong, cancel);

    public async ValueTask EndAsync(CancellationToken cancel)
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await CloseAsync(WebSocketCloseStatus.NormalClosure, cancel).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The close frame goes out, and nothing is waited for.</summary>
    private Task CloseAsync(WebSocketCloseStatus status, CancellationToken cancel) =>
        _socket.CloseOutputAsync(status, statusDescription: null, cancel);

    /// <summary>Some of a message, or a close. The framework wraps what its stream threw.</summary>
    /// <exception cref="FramingException">The message is too long, or in too many
    /// pieces.</exception>
    private async ValueTask<ValueWebSocketReceiveResult> ReceiveAsync(CancellationToken cancel)
    {
        try
        {
            var result = await _socket
                .ReceiveAsync(_buffer.AsMemory(_length), cancel)
                .ConfigureAwait(false);
            await FollowAsync(cancel).ConfigureAwait(false);
            return result;
        }
        catch (WebSocketException exception) when (exception.InnerException is FramingException own)
        {
            throw own;
        }
    }

    /// <summary>As soon as the watch has seen the head of a frame too many or too long, and before
    /// its payload is read, the connection is closed.</summary>
    private async ValueTask FollowAsync(CancellationToken cancel)
    {
        if (_watch.Refusal is { } refusal && _messages == _watch.Messages)
        {
            await CloseAsync(refusal, cancel).ConfigureAwait(false);
            throw Excess(refusal);
        }

        TellProgress();
    }

    private FramingException Excess(WebSocketCloseStatus refusal) =>
        new(
            new ParseError(
                ParseFault.TooLarge,
                _length,
                refusal == WebSocketCloseStatus.MessageTooBig
                    ? $"at most {_limits.Messages.StreamMessage} bytes in a message"
                    : $"at most {_limits.Fragments} frames in a message"
            )
        );

    private void End(IPipeSink sink)
    {
        var message = _buffer.AsMemory(0, _length);
        Report(sink, message);
        _messages++;
        (_length, _headersComplete) = (0, false);

        if (_buffer.Length > FirstBuffer)
        {
            _buffer = new byte[FirstBuffer];
        }
    }

    /// <summary>RFC 5626's keep-alives, a message, or something else: that is no reason to close,
    /// since everybody knows where the next message begins.</summary>
    private void Report(IPipeSink sink, ReadOnlyMemory<byte> message)
    {
        if (message.Span.SequenceEqual(Ping.Span))
        {
            sink.Ping();
        }
        else if (message.Span.SequenceEqual(Pong.Span))
        {
            sink.Pong();
        }
        else
        {
            var octets = message.ToArray();
            Show(sink, octets, Core.Framing.webSocket(_limits.Messages, octets));
        }
    }

    private static void Show(
        IPipeSink sink,
        byte[] octets,
        Microsoft.FSharp.Core.FSharpResult<SipMessage, ParseError> read
    )
    {
        if (read.IsOk)
        {
            sink.Message(read.ResultValue);
        }
        else
        {
            sink.Malformed(octets, read.ErrorValue);
        }
    }

    /// <summary>The watch has let the length pass: it stays within the limit.</summary>
    private void MakeRoom()
    {
        _headersComplete =
            _headersComplete || _buffer.AsSpan(0, _length).IndexOf("\r\n\r\n"u8) >= 0;

        if (_length == _buffer.Length)
        {
            var most = _limits.Messages.StreamMessage + 1;
            Array.Resize(ref _buffer, Math.Min(_buffer.Length * 2, most));
        }
    }

    private void TellProgress() =>
        _sink?.Progress((int)Math.Min(int.MaxValue, _watch.Waiting), _headersComplete);
}
