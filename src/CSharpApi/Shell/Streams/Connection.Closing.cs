// How a connection ends: once, for the first cause; what was given to it is written where its peer may
// still read; its end is its last word.
using System.Net.Sockets;

namespace SipFun.Shell;

internal sealed partial class Connection
{
    /// <summary>Nobody wants it any more: what it was given is written, and nothing is
    /// told.</summary>
    public void Retire()
    {
        _isSilent = true;
        Stop(Ending.ByUs);
    }

    /// <summary>Ends it, for the first cause that is given.</summary>
    public void Stop(Ending ending)
    {
        var isFirst = Interlocked.CompareExchange(ref _ending, ending, null) is null;

        if (!ending.Flushes || _outbox is not { } outbox)
        {
            Dispose();
        }
        else if (isFirst)
        {
            _vigil.BeginEnd(_link.Now);
            outbox.Close(flushes: true);
            _ = FinishAsync(outbox.Done);
        }
    }

    /// <summary>The operations under way end, and the socket with them. May be called
    /// again.</summary>
    public void Dispose()
    {
        _ = _link.Platform.CancelAsync(_stop);
        _socket?.Dispose();
    }

    /// <summary>With a FIN: the framework resets a socket that is read, unless it was shut
    /// down, and a reset takes our last words with it.</summary>
    private async Task FinishAsync(Task written)
    {
        await written.ConfigureAwait(false);

        try
        {
            _socket?.Shutdown();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }

        Dispose();
    }

    private async Task CloseAsync()
    {
        var ending = Volatile.Read(ref _ending) ?? Ending.ByUs;

        if (_outbox is { } outbox)
        {
            outbox.Close(ending.Flushes);
            await outbox.Done.ConfigureAwait(false);
        }

        Dispose();
        await DisposeAsync(_pipe).ConfigureAwait(false);

        // Told while the link still knows it: who asks for it afterwards has heard of its end.
        Report(ending);
        _link.Remove(this);
    }

    private async ValueTask DisposeAsync(IPipe? pipe)
    {
        try
        {
            if (pipe is not null)
            {
                await pipe.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The socket is gone already: there is nobody to say goodbye to.
        }
        catch (Exception exception)
        {
            _link.Owner.Dropped(Reason.ReceiveFailed);
            _link.Owner.ReceiveFailed(exception);
        }
    }

    private void Report(Ending ending)
    {
        if (_isSilent)
        {
            return;
        }

        if (ending.Reason is { } reason)
        {
            _link.Owner.Ended(_hop, reason, ending.Detail);
        }

        if (_isKnown)
        {
            _link.Owner.Closed(_hop.Flow, ending.Fault, ending.Detail);
        }
    }
}
