// What lies under the shell: threads, chance, sockets, routes. Everything that would make two runs
// differ is asked for here, so that a simulation can put itself in the system's place.
using System.Collections.Immutable;
using System.Net;

namespace SipFun.Shell;

/// <summary>The system, or a simulation of one.</summary>
internal abstract class Platform
{
    /// <summary>The thread pool, the system's sockets and its random source.</summary>
    public static Platform System { get; } = new SystemPlatform();

    /// <summary>Whether time moves on only when nothing is left to do.</summary>
    public abstract bool IsSimulated { get; }

    /// <summary>Whether messages lie in every stream as in TCP's: no TLS, no WebSocket.</summary>
    public abstract bool IsPlain { get; }

    /// <summary>By which sockets live, whatever clock the user has given.</summary>
    public abstract TimeProvider Time { get; }

    /// <summary>Where the continuations of a <see cref="Promise{T}"/> run.</summary>
    public abstract TaskCreationOptions Continuations { get; }

    public abstract Draws Draws();

    /// <summary>Has work done soon, never inside this call.</summary>
    public abstract void Queue(IThreadPoolWorkItem work);

    /// <summary>As <see cref="Queue"/>; the task ends with the work.</summary>
    public abstract Task Run(Func<Task> work);

    /// <summary>Has those who listen to the token told, never inside this call.</summary>
    public abstract Task CancelAsync(CancellationTokenSource source);

    /// <summary>Completes a promise: who waits for it goes on, never inside this call.</summary>
    public abstract void Complete<T>(TaskCompletionSource<T> source, T result);

    /// <summary>As <see cref="Complete"/>, with a failure.</summary>
    public abstract void Fail<T>(TaskCompletionSource<T> source, Exception failure);

    /// <summary>The end of something: who waits for the task need do nothing more for
    /// it.</summary>
    public abstract Task Finish(Task ending);

    /// <summary>From which address a packet goes to a destination; null: there is no way.</summary>
    public abstract IPAddress? SourceFor(IPAddress destination);

    /// <summary>The links of one leg: one for each local address.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public abstract ImmutableArray<ILink> Open(LegOptions options, Limits limits, Clock clock);
}
