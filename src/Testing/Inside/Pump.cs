// What moves a simulation: work that is to be done now, in order, and an agenda of what is due later.
// One thread at a time runs it all; time moves on only when no work is left.
namespace SipFun.Testing.Inside;

/// <summary>Something on the agenda.</summary>
internal interface IOccurrence
{
    /// <summary>False: it was called off, or is due later by now.</summary>
    bool IsDue(long at);

    void Happen();
}

/// <summary>Why the pump stopped.</summary>
internal enum PumpEnd
{
    /// <summary>What was waited for is so.</summary>
    Met,

    /// <summary>Nothing is left to do, and nothing is due.</summary>
    Idle,

    /// <summary>The time is over.</summary>
    Late,
}

/// <summary>The one who runs a simulation.</summary>
internal sealed class Pump
{
    /// <summary>How long, on the real clock, code that left the simulation may take to come
    /// back.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Queue<IThreadPoolWorkItem> _work = new();
    private readonly PriorityQueue<IOccurrence, (long At, long Order)> _agenda = new();
    private long _order;
    private int _thread;

    public Pump(DateTimeOffset start) => Time = new VirtualTime(this, start);

    public VirtualTime Time { get; }

    /// <summary>Whether this thread is the one that runs it.</summary>
    public bool IsInside => _thread == Environment.CurrentManagedThreadId;

    /// <summary>To be done before time moves on.</summary>
    public void Queue(IThreadPoolWorkItem work)
    {
        lock (_gate)
        {
            _work.Enqueue(work);
        }
    }

    public void Queue(Action work) => Queue(new Work(work));

    /// <summary>To happen at an instant, after what was put there before.</summary>
    public void At(long ticks, IOccurrence occurrence)
    {
        lock (_gate)
        {
            _agenda.Enqueue(occurrence, (ticks, _order++));
        }
    }

    public void At(long ticks, Action occurrence) => At(ticks, new Work(occurrence));

    public void After(TimeSpan time, Action occurrence) =>
        At((Time.Elapsed + time).Ticks, occurrence);

    /// <summary>Begins code as work; the task ends with it.</summary>
    public Task Start(Func<Task> code)
    {
        var done = new TaskCompletionSource();
        Queue(() => _ = RunAsync(code, done));
        return done.Task;
    }

    /// <summary>Until something is so, nothing is left, or this instant.</summary>
    public PumpEnd RunUntil(TimeSpan until, Func<bool> condition)
    {
        if (_thread != 0)
        {
            throw new InvalidOperationException(
                "Time is being moved on already: inside the simulation, await instead."
            );
        }

        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        _thread = Environment.CurrentManagedThreadId;

        try
        {
            return RunInside(until.Ticks, condition);
        }
        finally
        {
            _thread = 0;
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    public void MoveTo(TimeSpan instant) => Time.MoveTo(instant.Ticks);

    /// <summary>Until a task has completed.</summary>
    public void Run(Task task)
    {
        var late = TimeProvider.System.GetTimestamp();

        while (RunUntil(TimeSpan.MaxValue, () => task.IsCompleted) != PumpEnd.Met)
        {
            // Perhaps code of the user's is on the thread pool, and comes back.
            if (TimeProvider.System.GetElapsedTime(late) > _patience)
            {
                throw new InvalidOperationException(
                    "Nothing is left to happen in this network, and the task has not completed."
                );
            }

            Thread.Sleep(1);
        }
    }

    private static async Task RunAsync(Func<Task> code, TaskCompletionSource done)
    {
        try
        {
            await code().ConfigureAwait(false);
            done.SetResult();
        }
        catch (Exception exception)
        {
            done.SetException(exception);
        }
    }

    private PumpEnd RunInside(long until, Func<bool> condition)
    {
        // What one piece of work puts into the execution context is not there for the next.
        var clean = ExecutionContext.Capture();

        while (true)
        {
            while (TryWork(out var work))
            {
                work.Execute();
                Restore(clean);
            }

            if (condition())
            {
                return PumpEnd.Met;
            }

            if (Next(until, out var at) is not { } next)
            {
                return at == long.MaxValue ? PumpEnd.Idle : PumpEnd.Late;
            }

            next.Happen();
            Restore(clean);
        }
    }

    private static void Restore(ExecutionContext? clean)
    {
        if (clean is not null)
        {
            ExecutionContext.Restore(clean);
        }
    }

    private bool TryWork(out IThreadPoolWorkItem work)
    {
        lock (_gate)
        {
            return _work.TryDequeue(out work!);
        }
    }

    /// <summary>Moves time to what is next, if that is not too late.</summary>
    private IOccurrence? Next(long until, out long at)
    {
        lock (_gate)
        {
            while (_agenda.TryPeek(out var next, out var place))
            {
                at = place.At;
                _agenda.Dequeue();

                if (!next.IsDue(at))
                {
                    continue;
                }

                if (at > until)
                {
                    _agenda.Enqueue(next, place);
                    Time.MoveTo(until);
                    return null;
                }

                Time.MoveTo(at);
                return next;
            }
        }

        at = long.MaxValue;
        return null;
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem, IOccurrence
    {
        public void Execute() => action();

        public bool IsDue(long at) => true;

        public void Happen() => action();
    }
}
