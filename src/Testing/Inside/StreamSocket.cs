using System.Net;
using System.Net.Sockets;
using SipFun.Shell;

namespace SipFun.Testing.Inside;

/// <summary>One socket of a stream.</summary>
internal sealed class StreamSocket(StreamPair pair, Pump pump, StreamEnd end) : IStreamSocket
{
    private readonly Queue<ReadOnlyMemory<byte>> _come = new();
    private TaskCompletionSource? _reading;
    private bool _hasEnded;
    private bool _hasFailed;
    private bool _isShut;

    public StreamEnd End => end;

    /// <summary>What left this socket and has not come.</summary>
    public Queue<ReadOnlyMemory<byte>> Flying { get; } = new();

    public TimeSpan LastArrival { get; set; }

    public bool IsClosed { get; private set; }

    public IPEndPoint RemoteEndPoint => end.Remote;

    public int Available => _come.Sum(bytes => bytes.Length);

    public bool CanWrite => true;

    public Stream Open() => new SocketStream(this);

    public void Shutdown()
    {
        if (!_isShut && !IsClosed)
        {
            _isShut = true;
            pair.Carry(this, default);
        }
    }

    public int Receive(Span<byte> unread)
    {
        var length = 0;

        while (length < unread.Length && _come.TryDequeue(out var bytes))
        {
            var taken = Math.Min(bytes.Length, unread.Length - length);
            bytes.Span[..taken].CopyTo(unread[length..]);
            length += taken;

            if (taken < bytes.Length)
            {
                Return(bytes[taken..]);
            }
        }

        return length;
    }

    /// <summary>As the framework does: a socket that is read, or has not read all, is reset unless it
    /// was shut down.</summary>
    public void Dispose()
    {
        if (IsClosed)
        {
            return;
        }

        var isAbrupt = _reading is not null || _come.Count > 0;
        IsClosed = true;

        if (!_isShut && !_hasFailed)
        {
            _isShut = true;

            if (isAbrupt)
            {
                pair.Abort(this);
            }
            else
            {
                pair.Carry(this, default);
            }
        }

        pair.Closed();
        Wake();
    }

    /// <summary>It was reset.</summary>
    public void Fail()
    {
        _hasFailed = true;
        _come.Clear();
        Flying.Clear();
        Wake();
    }

    /// <summary>Bytes have come; none: the end.</summary>
    public void Take(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            _hasEnded = true;
        }
        else if (!_hasFailed)
        {
            _come.Enqueue(bytes);
        }

        Wake();
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();

        if (_come.Count == 0 && !_hasEnded && !_hasFailed && !IsClosed)
        {
            var reading = _reading = new TaskCompletionSource();
            using var _ = cancel.UnsafeRegister(_ => reading.TrySetCanceled(cancel), null);
            await reading.Task.ConfigureAwait(false);
        }

        ThrowIfOver();
        return Receive(buffer.Span);
    }

    public void Write(ReadOnlyMemory<byte> bytes)
    {
        ThrowIfOver();

        if (!bytes.IsEmpty && !_isShut)
        {
            pair.Carry(this, bytes.ToArray());
        }
    }

    private void ThrowIfOver()
    {
        if (IsClosed || _hasFailed)
        {
            var error = IsClosed ? SocketError.OperationAborted : SocketError.ConnectionReset;
            throw new IOException("The stream is over.", new SocketException((int)error));
        }
    }

    /// <summary>Never inside of what woke it: that may be a turn.</summary>
    private void Wake()
    {
        if (_reading is { } reading)
        {
            _reading = null;
            pump.Queue(() => reading.TrySetResult());
        }
    }

    private void Return(ReadOnlyMemory<byte> rest)
    {
        var later = _come.ToArray();
        _come.Clear();
        _come.Enqueue(rest);
        Array.ForEach(later, _come.Enqueue);
    }
}
