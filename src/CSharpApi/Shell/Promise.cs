namespace SipFun.Shell;

/// <summary>A task that the shell completes, from inside a turn or not: who waits for it goes on
/// elsewhere, on the pool or wherever the platform has it.</summary>
internal sealed class Promise<T>(Platform platform)
{
    private readonly TaskCompletionSource<T> _source = new(platform.Continuations);

    public Task<T> Task => _source.Task;

    /// <summary>The first end given is the one that counts.</summary>
    public void Set(T result) => platform.Complete(_source, result);

    /// <summary>As <see cref="Set"/>, with a failure.</summary>
    public void Fail(Exception failure) => platform.Fail(_source, failure);
}

/// <summary>A promise of nothing but that something is done.</summary>
internal sealed class Promise(Platform platform)
{
    private readonly TaskCompletionSource<bool> _source = new(platform.Continuations);

    public Task Task => _source.Task;

    public void Set() => platform.Complete(_source, true);

    public void Fail(Exception failure) => platform.Fail(_source, failure);
}
