namespace SipFun.Testing;

public sealed partial class SimulatedNetwork
{
    /// <summary>Moves time on by this much; whatever is due meanwhile happens, at its
    /// instant.</summary>
    /// <param name="time">How long.</param>
    /// <exception cref="InvalidOperationException">It was called from inside the
    /// simulation.</exception>
    public void RunFor(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(time, TimeSpan.Zero);
        var end = Now + time;
        Pump.RunUntil(end, () => false);
        Pump.MoveTo(end);
    }

    /// <summary>
    /// Moves time on until nothing is under way and no timer is set, for
    /// <see cref="SimulatedNetworkOptions.IdleWithin"/> at most.
    /// </summary>
    /// <returns>Whether it came to rest in time.</returns>
    /// <exception cref="InvalidOperationException">It was called from inside the
    /// simulation.</exception>
    public bool RunUntilIdle() =>
        Pump.RunUntil(Now + Options.IdleWithin, () => false) == Inside.PumpEnd.Idle;

    /// <summary>Moves time on until something is so.</summary>
    /// <param name="condition">Looked at whenever something has happened.</param>
    /// <param name="within">How long at most; null: as long as something happens.</param>
    /// <returns>Whether it is so.</returns>
    public bool RunUntil(Func<bool> condition, TimeSpan? within = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var until = within is { } most ? Now + most : TimeSpan.MaxValue;
        return Pump.RunUntil(until, condition) == Inside.PumpEnd.Met;
    }

    /// <summary>Moves time on until a task has completed.</summary>
    /// <param name="task">What is waited for.</param>
    /// <exception cref="InvalidOperationException">Nothing is left to happen, and the task has not
    /// completed; or it was called from inside the simulation.</exception>
    public void Run(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        Pump.Run(task);
        task.GetAwaiter().GetResult();
    }

    /// <summary>Moves time on until a task has completed.</summary>
    /// <param name="task">What is waited for.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="InvalidOperationException">Nothing is left to happen, and the task has not
    /// completed; or it was called from inside the simulation.</exception>
    public T Run<T>(Task<T> task)
    {
        Run((Task)task);
        return task.GetAwaiter().GetResult();
    }

    /// <summary>Runs code inside the simulation: what it awaits happens in virtual time.</summary>
    /// <param name="code">Code that awaits.</param>
    public void Run(Func<Task> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        Run(Pump.Start(code));
    }

    /// <summary>Runs code inside the simulation: what it awaits happens in virtual time.</summary>
    /// <param name="code">Code that awaits.</param>
    /// <returns>Its result.</returns>
    public T Run<T>(Func<Task<T>> code)
    {
        ArgumentNullException.ThrowIfNull(code);
        T result = default!;
        Run((Func<Task>)KeepAsync);
        return result;

        async Task KeepAsync() => result = await code().ConfigureAwait(false);
    }
}
