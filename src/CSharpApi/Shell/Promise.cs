namespace SipFun.Shell;

/// <summary>A task that the shell completes, from inside a turn or not: who waits for it goes on
/// elsewhere, on the pool or wherever the platform has it.</summary>
internal sealed class Promise<T>(Platform platform)
{
    private readonly TaskCompletionSource<T> _source = new(platform.Continuations);
    private List<TaskCompletionSource<T>>? _views;
    private Action<TaskCompletionSource<T>>? _end;

    /// <summary>In a simulation each that looks has a task of its own: of several that wait for one
    /// task the framework sends all but one to the pool.</summary>
    public Task<T> Task => platform.IsSimulated ? View() : _source.Task;

    /// <summary>The first end given is the one that counts.</summary>
    public void Set(T result)
    {
        platform.Complete(_source, result);

        if (platform.IsSimulated)
        {
            End(source => platform.Complete(source, result));
        }
    }

    /// <summary>As <see cref="Set"/>, with a failure.</summary>
    public void Fail(Exception failure)
    {
        platform.Fail(_source, failure);

        if (platform.IsSimulated)
        {
            End(source => platform.Fail(source, failure));
        }
    }

    private Task<T> View()
    {
        lock (_source)
        {
            if (_source.Task.IsCompleted)
            {
                return _source.Task;
            }

            var view = new TaskCompletionSource<T>(platform.Continuations);
            (_views ??= []).Add(view);
            _end?.Invoke(view);
            return view.Task;
        }
    }

    private void End(Action<TaskCompletionSource<T>> end)
    {
        lock (_source)
        {
            if (_end is null)
            {
                _end = end;
                _views?.ForEach(end);
            }
        }
    }
}

/// <summary>A promise of nothing but that something is done.</summary>
internal sealed class Promise(Platform platform)
{
    private readonly Promise<bool> _done = new(platform);

    public Task Task => _done.Task;

    public void Set() => _done.Set(true);

    public void Fail(Exception failure) => _done.Fail(failure);
}
