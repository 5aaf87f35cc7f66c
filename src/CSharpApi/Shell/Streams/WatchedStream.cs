namespace SipFun.Shell;

/// <summary>
/// What a WebSocket lies on: a stream whose first bytes may have been read already, behind the head
/// of the upgrade, and whose frames are watched as they are read.
/// </summary>
internal sealed class WatchedStream(Stream inner, ReadOnlyMemory<byte> first, FrameWatch watch)
    : Stream
{
    private ReadOnlyMemory<byte> _first = first;
    private volatile bool _isWaiting;

    /// <summary>Whether a read of the stream below is under way.</summary>
    public bool IsWaiting => _isWaiting;

    /// <summary>Called around each read of the stream. What it throws ends the reading.</summary>
    public Func<CancellationToken, ValueTask> OnRead { get; set; } = _ => ValueTask.CompletedTask;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(
        Memory<byte> buffer,
        CancellationToken cancellationToken = default
    )
    {
        await OnRead(cancellationToken).ConfigureAwait(false);
        var length = Math.Min(_first.Length, buffer.Length);

        if (length > 0)
        {
            _first[..length].CopyTo(buffer);
            _first = length < _first.Length ? _first[length..] : default;
        }
        else
        {
            _isWaiting = true;
            length = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            _isWaiting = false;
        }

        watch.Follow(buffer.Span[..length]);
        await OnRead(cancellationToken).ConfigureAwait(false);
        return length;
    }

    public override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer,
        CancellationToken cancellationToken = default
    ) => inner.WriteAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(
        byte[] buffer,
        int offset,
        int count,
        CancellationToken cancellationToken
    ) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(
        byte[] buffer,
        int offset,
        int count,
        CancellationToken cancellationToken
    ) => inner.WriteAsync(buffer, offset, count, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) =>
        inner.FlushAsync(cancellationToken);

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
