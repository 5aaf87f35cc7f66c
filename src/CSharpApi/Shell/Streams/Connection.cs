// One connection: opened, read by one loop, written by its outbox, ended once. Whatever happens in
// it, it ends itself and nothing else, and is counted.

namespace SipFun.Shell;

/// <summary>A flow of one link. The first cause that ends it is the one that is told.</summary>
internal sealed partial class Connection : IDisposable
{
    private readonly StreamLink _link;
    private readonly Core.Hop _hop;
    private readonly bool _isOurs;
    private readonly CertificateCheck _check;
    private readonly CancellationTokenSource _stop = new();
    private readonly Pace _pace;
    private readonly Vigil _vigil;
    private volatile IStreamSocket? _socket;
    private volatile Outbox? _outbox;
    private IPipe? _pipe;
    private Ending? _ending;
    private volatile bool _isSilent;
    private bool _isKnown;

    /// <param name="link">Whose it is.</param>
    /// <param name="hop">The other end, with this connection's number.</param>
    /// <param name="accepted">The socket of a peer that connected; null: we connect.</param>
    public Connection(StreamLink link, in Core.Hop hop, IStreamSocket? accepted)
    {
        (_link, _hop, _socket) = (link, hop, accepted);
        _isOurs = _isKnown = accepted is null;
        _check = link.Opening.Check(hop.VerifyName, _isOurs);
        _pace = new Pace(link.Options);
        _vigil = new Vigil(link.Options, _isOurs, link.Now, link.Draws);
    }

    public Core.Hop Hop => _hop;

    public bool IsOurs => _isOurs;

    public CancellationToken Stopping => _stop.Token;

    /// <summary>Whether nothing happens before its peer, or time, does something: what came was
    /// read and reported, what was sent is written.</summary>
    public bool IsQuiet =>
        Volatile.Read(ref _ending) is null
        && (
            _outbox is { } outbox
                ? _pipe is { IsWaiting: true }
                    && _socket is { Available: 0 }
                    && _pipe.IsWaiting
                    && !outbox.IsBusy
                : _isOurs || !_vigil.IsConnecting
        );

    /// <summary>Whether the system takes no more bytes for the peer.</summary>
    public bool IsStuck => _outbox is { IsBusy: true } && _socket is { } socket && !socket.CanWrite;

    /// <summary>From the first byte to the last. Never faults.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (await TryOpenAsync().ConfigureAwait(false) is { } opened)
            {
                Begin(opened);
                await ReadAllAsync(opened.Pipe).ConfigureAwait(false);
            }
        }
        catch (Exception exception)
        {
            Stop(Ending.OfStream(exception));
        }

        await CloseAsync().ConfigureAwait(false);
    }

    /// <summary>False: as much waits to be written as may.</summary>
    public bool TrySend(long number, ReadOnlyMemory<byte> packet, bool report) =>
        _outbox?.TrySend(number, packet, report) ?? true;

    /// <summary>Once a second: whether a limit of time has passed.</summary>
    public void Sweep(long now)
    {
        var writing = _outbox?.WritingFor(now) ?? 0;
        var late = _vigil.Late(now, writing);

        if (late is null && _pace.TooSlow(now) is { } slow)
        {
            late = new Ending(TransportFault.Closed, slow, "the message came too slowly");
        }

        if (late is not null)
        {
            Stop(late);
        }
        else if (_outbox is { } outbox && Volatile.Read(ref _ending) is null)
        {
            SweepOpen(outbox, now);
        }
    }

    /// <summary>A packet, ping or pong was written.</summary>
    /// <param name="number">To whom that is told, if anybody.</param>
    public void Written(long? number)
    {
        _vigil.Written(_link.Now);

        if (number is { } told)
        {
            _link.Owner.Transmitted(told);
        }
    }

    private void SweepOpen(Outbox outbox, long now)
    {
        if (_vigil.WantsPing(now))
        {
            outbox.Ping();
        }

        if (_vigil.IsIdle(now))
        {
            _link.Owner.Idle(_hop.Flow);
        }

        if (_vigil.IsOld(now))
        {
            _link.Owner.Expired(_hop.Flow);
        }
    }

    private async Task<Opened?> TryOpenAsync()
    {
        try
        {
            if (_socket is null)
            {
                _socket = await _link.ConnectAsync(_hop, Stopping).ConfigureAwait(false);
                Stopping.ThrowIfCancellationRequested();
            }

            _vigil.BeginHandshake(_link.Now);
            return await _link
                .Opening.SecureAsync(_socket, _hop, _isOurs, _check, Stopping)
                .ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Stop(
                _socket is null
                    ? Ending.OfConnect(exception)
                    : Ending.OfHandshake(exception, _check.Refusal)
            );
            return null;
        }
        finally
        {
            _link.HandshakeEnded(this);
        }
    }

    private void Begin(Opened opened)
    {
        _pipe = opened.Pipe;
        _vigil.BeginOpen(_link.Now);
        _outbox = new Outbox(opened.Pipe, this, _link);

        if (Volatile.Read(ref _ending) is not null)
        {
            Dispose();
        }
        else if (_isOurs)
        {
            _link.Owner.Connected(_hop.Flow);
        }
        else
        {
            _isKnown = true;
            _link.Owner.Accepted(_hop, opened.Names);
        }
    }

    private async Task ReadAllAsync(IPipe pipe)
    {
        try
        {
            while (await pipe.ReadAsync(this, Stopping).ConfigureAwait(false)) { }

            Stop(Ending.ByPeer);
        }
        catch (FramingException exception)
        {
            _link.Owner.Malformed(_hop, exception.Head, exception.Error);
            Stop(Ending.OfStream(exception));
        }
    }
}
