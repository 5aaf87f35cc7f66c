// The state and its one writer. The state belongs to a turn, not to a thread: whoever has an input
// tries to take the turn; if it is taken, he leaves the input, and the holder steps it.
using System.Collections.Concurrent;

namespace SipFun.Shell;

/// <summary>Runs inputs to completion: one step each, effects in order, one alarm a turn.</summary>
internal sealed class Loop : IThreadPoolWorkItem, IDisposable
{
    /// <summary>How many inputs of others a caller's thread steps before the pool goes
    /// on.</summary>
    private const int Patience = 512;

    private readonly Core.Settings _settings;
    private readonly Core.IShell _shell;
    private readonly Clock _clock;
    private readonly Alarm _alarm;
    private readonly Counters _counters;
    private readonly Log _log;
    private readonly Platform _platform;
    private readonly Recorder? _recorder;

    // Without a limit of its own: a caller and a receiving thread leave one input and wait, and
    // what is posted without waiting answers something that a limit counted (a sending, a message
    // passed up, a question).
    private readonly ConcurrentQueue<Entry> _waiting = new();
    private volatile Core.State _state;
    private volatile Core.State _shown;
    private int _taken;
    private volatile int _holder;
    private bool _stepping;
    private long _now;
    private int _ended;

    public Loop(
        Core.Settings settings,
        Core.IShell shell,
        Clock clock,
        Counters counters,
        Log log,
        Platform platform,
        Recorder? recorder
    )
    {
        (_platform, _recorder) = (platform, recorder);
        (_settings, _shell, _clock, _counters, _log) = (settings, shell, clock, counters, log);
        _state = _shown = Core.Dispatcher.start;
        _alarm = new Alarm(clock, () => Post(Core.Input.Tick));
    }

    /// <summary>
    /// The state as the last step left it, once its effects were performed: who finds something
    /// gone here has been told of its end. It is immutable: any thread may look at it.
    /// </summary>
    public Core.State State => _shown;

    /// <summary>The state as the last step made it, while its effects may still be under way: who
    /// has heard of one of them finds here what led to it.</summary>
    public Core.State Newest => _state;

    /// <summary>Whom certificates say the other end of a connection is, as of the step whose effects
    /// are being performed. Only for an effect.</summary>
    public IReadOnlyList<string> NamesOf(long flow) =>
        flow == 0 ? [] : [.. Core.StateModule.names(flow, _state)];

    /// <summary>Looks at the state at the end of each turn, in it. Never waits, never
    /// throws.</summary>
    public Action<Core.State>? AtEndOfTurn { get; set; }

    /// <summary>Steps the input now, or leaves it for the holder of the turn. Never
    /// waits.</summary>
    public void Post(Core.Input input)
    {
        _waiting.Enqueue(new Entry(input, null, null));
        Work();
    }

    /// <summary>Has work done in the turn, as if it were a step: by whoever holds it, in order. Never
    /// waits. Of machines that live in the turn beside the core.</summary>
    public void Post(Action work)
    {
        _waiting.Enqueue(new Entry(null, work, null));
        Work();
    }

    /// <summary>Has an order stepped, waits for that, and says how many deliveries it
    /// ended.</summary>
    public int Order(Core.Input input)
    {
        var waiter = new Waiter();

        if (_holder == Environment.CurrentManagedThreadId)
        {
            // Callbacks never run inside a turn, so only a clock or a log of the user's gets here.
            Nest(new Entry(input, null, waiter));
        }
        else
        {
            _waiting.Enqueue(new Entry(input, null, waiter));
            Work();
        }

        waiter.Wait(this);
        return waiter.Fault is null
            ? waiter.Ended
            : throw new InvalidOperationException(
                "SipFun failed inside; nothing was done. Please report this.",
                waiter.Fault
            );
    }

    /// <summary>Waiting for another thread from inside a turn could be waiting for ever.</summary>
    public void ThrowIfInside()
    {
        if (_holder == Environment.CurrentManagedThreadId)
        {
            throw Inside();
        }
    }

    /// <summary>Takes the turn if it is free. Whoever got it must give it back.</summary>
    public bool TryTake()
    {
        if (Interlocked.CompareExchange(ref _taken, 1, 0) != 0)
        {
            return false;
        }

        _holder = Environment.CurrentManagedThreadId;
        return true;
    }

    /// <summary>Steps an input of the holder's own.</summary>
    public void Do(Core.Input input) => Step(new Entry(input, null, null));

    /// <summary>Steps what others left, arms the alarm and frees the turn.</summary>
    public void GiveBack()
    {
        var left = Patience;

        do
        {
            try
            {
                while (left-- > 0 && _waiting.TryDequeue(out var entry))
                {
                    Step(entry);
                }

                SetAlarm();
                AtEndOfTurn?.Invoke(_state);
            }
            finally
            {
                _holder = 0;
                Interlocked.Exchange(ref _taken, 0);
            }

            // What was left between the last look and the release has nobody else to step it.
            if (left < 0 && !_waiting.IsEmpty)
            {
                HandOver();
                return;
            }
        } while (!_waiting.IsEmpty && TryTake());
    }

    /// <summary>Steps what waits, unless somebody does.</summary>
    public void Work()
    {
        if (TryTake())
        {
            GiveBack();
        }
    }

    void IThreadPoolWorkItem.Execute() => Work();

    public void Dispose() => _alarm.Dispose();

    /// <summary>Called while effects are performed: the step just made completed a
    /// delivery.</summary>
    public void CountEnded() => _ended++;

    /// <summary>
    /// To the pool, and to a caller that waits: its threads may all be blocked in calls of ours.
    /// </summary>
    private void HandOver()
    {
        _platform.Queue(this);
        _waiting.FirstOrDefault(entry => entry.Waiter is not null).Waiter?.Nudge();
    }

    private static InvalidOperationException Inside() =>
        new("A TimeProvider or a logger called the dispatcher from inside its own turn.");

    private void Nest(Entry entry)
    {
        if (_stepping)
        {
            throw Inside();
        }

        Step(entry);
    }

    private void Step(Entry entry)
    {
        Exception? fault = null;
        _ended = 0;
        _stepping = true;

        try
        {
            if (entry.Input is { } input)
            {
                Step(input);
            }

            entry.Work?.Invoke();
        }
        catch (Exception exception)
        {
            fault = exception;
            _counters.Add(Reason.StepFailed);
            _log.StepFailed(entry.Tag, exception);
        }
        finally
        {
            _stepping = false;
            entry.Waiter?.Done(_ended, fault);
        }
    }

    private void Step(Core.Input input)
    {
        _now = Math.Max(_now, _clock.Now);
        var (state, effects) = Core.Dispatcher.step(_settings, _now, input, _state);
        _state = state;
        _recorder?.Stepped(_now, input, effects);
        Perform(effects);
        _shown = state;
    }

    /// <summary>One effect that fails takes no other with it.</summary>
    private void Perform(Core.Effects effects)
    {
        for (var index = 0; index < effects.Size; index++)
        {
            try
            {
                Core.EffectModule.perform(_shell, effects[index]);
            }
            catch (Exception exception)
            {
                _counters.Add(Reason.EffectFailed);
                _log.EffectFailed(effects[index].Tag, exception);
            }
        }
    }

    private void SetAlarm()
    {
        try
        {
            _alarm.Set(Core.Dispatcher.alarm(_state));
        }
        catch (Exception exception)
        {
            _counters.Add(Reason.StepFailed);
            _log.AlarmFailed(exception);
        }
    }
}
