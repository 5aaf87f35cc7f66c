// Waiting in virtual time. The framework's own wait goes on on the thread pool when it is cancelled,
// outside of the simulation and at no instant in particular.
namespace SipFun.Testing.Inside;

/// <summary>One wait, for a time or without end.</summary>
internal sealed class Pause : IOccurrence
{
    private readonly TaskCompletionSource _over = new();

    /// <summary>Over after this time; never for <see cref="Timeout.InfiniteTimeSpan"/>.</summary>
    public static async Task ForAsync(Pump pump, TimeSpan time, CancellationToken cancel)
    {
        var pause = new Pause();

        if (time != Timeout.InfiniteTimeSpan)
        {
            pump.At((pump.Time.Elapsed + time).Ticks, pause);
        }

        using var _ = cancel.UnsafeRegister(_ => pause._over.TrySetCanceled(cancel), null);
        await pause._over.Task.ConfigureAwait(false);
    }

    public bool IsDue(long at) => !_over.Task.IsCompleted;

    public void Happen() => _over.TrySetResult();
}
