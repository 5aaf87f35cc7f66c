namespace SipFun.Shell;

/// <summary>
/// A timer of the user's. When it is due is the core's affair; here its callback runs on the pool,
/// never beside itself: rings that come meanwhile are one.
/// </summary>
internal sealed class Ring(Action callback, UserCode code, Action<Ring> cancel)
    : Visit,
        IThreadPoolWorkItem,
        IDisposable
{
    private readonly Lock _lock = new();
    private bool _running;
    private bool _again;
    private volatile bool _disposed;

    public long Number { get; init; }

    public void Due()
    {
        lock (_lock)
        {
            _again = _running;

            if (!_running)
            {
                _running = true;
                code.Visits.Begin(this);
                code.Platform.Queue(this);
            }
        }
    }

    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            cancel(this);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        code.Visits.Enter(this);

        do
        {
            Call();
        } while (IsDueAgain());
    }

    private void Call()
    {
        if (_disposed)
        {
            return;
        }

        try
        {
            callback();
        }
        catch (Exception exception)
        {
            code.Counters.Add(Reason.CallbackFailed);
            code.Log.CallbackFailed(exception);
        }
    }

    private bool IsDueAgain()
    {
        lock (_lock)
        {
            if (_again && !_disposed)
            {
                _again = false;
                return true;
            }

            _running = _again = false;
            code.Visits.End(this);
            return false;
        }
    }
}
