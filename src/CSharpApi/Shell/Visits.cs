// The user's code that is about to run or running, so that dispose can wait for it, and know when
// it is itself called from there.
namespace SipFun.Shell;

/// <summary>One piece of the user's code on its way through the thread pool.</summary>
internal abstract class Visit
{
    /// <summary>Dispose waits for it.</summary>
    internal bool IsCounted { get; set; }
}

/// <summary>Counts visits. The current one follows the user's code through its awaits.</summary>
internal sealed class Visits(Platform platform)
{
    private readonly AsyncLocal<Visit?> _current = new();
    private readonly Lock _lock = new();
    private int _count;
    private Promise? _none;

    /// <summary>Before the visit is queued to the pool.</summary>
    public void Begin(Visit visit)
    {
        lock (_lock)
        {
            visit.IsCounted = true;
            _count++;
        }
    }

    /// <summary>On the thread that is about to run the user's code.</summary>
    public void Enter(Visit visit) => _current.Value = visit;

    public void End(Visit visit)
    {
        _current.Value = null;
        Uncount(visit);
    }

    /// <summary>The visit we are called from need not end for <see cref="NoneAsync"/>.</summary>
    public void Excuse()
    {
        if (_current.Value is { } visit)
        {
            Uncount(visit);
        }
    }

    /// <summary>Completes when no visit is left.</summary>
    public Task NoneAsync()
    {
        lock (_lock)
        {
            if (_count == 0)
            {
                return Task.CompletedTask;
            }

            _none ??= new Promise(platform);
            return _none.Task;
        }
    }

    private void Uncount(Visit visit)
    {
        lock (_lock)
        {
            if (visit.IsCounted)
            {
                visit.IsCounted = false;
                _count--;
            }

            if (_count == 0)
            {
                _none?.Set();
                _none = null;
            }
        }
    }
}
