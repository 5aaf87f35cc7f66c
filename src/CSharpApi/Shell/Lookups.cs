// Resolutions that a caller asked for by themselves, and waits for.
using System.Collections.Concurrent;

namespace SipFun.Shell;

/// <summary>Completes each with what the core found, or with the dispatcher's end.</summary>
internal sealed class Lookups(Loop loop, Platform platform)
{
    private readonly ConcurrentDictionary<long, Promise<Core.Found>> _waiting = new();
    private readonly ConcurrentDictionary<long, IFoundListener> _listening = new();
    private volatile bool _closed;

    public async Task<Core.Found> ResolveAsync(
        long number,
        SipUri uri,
        Core.Wishes wishes,
        CancellationToken cancel
    )
    {
        var found = new Promise<Core.Found>(platform);
        _waiting[number] = found;
        using var _ = cancel.UnsafeRegister(
            _ => found.Fail(new TaskCanceledException(null, null, cancel)),
            null
        );

        try
        {
            loop.Post(Core.Input.NewResolveUri(number, uri, wishes));
            EndAllIfClosed();
            return await found.Task.ConfigureAwait(false);
        }
        finally
        {
            _waiting.TryRemove(number, out var _);
        }
    }

    /// <summary>A machine in the turn asks the core itself, and hears of it there.</summary>
    public void Expect(long number, IFoundListener listener) => _listening[number] = listener;

    public void End(long number, Core.Found found)
    {
        if (_waiting.TryRemove(number, out var waiting))
        {
            waiting.Set(found);
        }
        else if (_listening.TryRemove(number, out var listener))
        {
            listener.Found(found);
        }
    }

    public void Close()
    {
        _closed = true;
        EndAllIfClosed();
    }

    private void EndAllIfClosed()
    {
        if (_closed)
        {
            foreach (var waiting in _waiting.Values)
            {
                waiting.Fail(new ObjectDisposedException(nameof(Dispatcher)));
            }
        }
    }
}
