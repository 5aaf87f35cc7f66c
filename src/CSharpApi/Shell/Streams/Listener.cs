// Accepts connections, whatever goes wrong with one of them. Without descriptors it rests, and the
// system keeps the peers waiting (O-7).
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>The loop in front of a listening socket.</summary>
/// <param name="accept">Waits for one connection.</param>
/// <param name="admit">Takes it over; does not throw.</param>
/// <param name="owner">Who counts what goes wrong.</param>
/// <param name="time">By which it rests.</param>
internal sealed class Listener<TSocket>(
    Func<CancellationToken, ValueTask<TSocket>> accept,
    Action<TSocket> admit,
    ILinkOwner owner,
    TimeProvider time
)
{
    private static readonly TimeSpan _rest = TimeSpan.FromSeconds(1);

    /// <summary>After this many failures in a row it rests between two.</summary>
    private const int FailuresInARow = 16;

    /// <summary>Until it is cancelled. Never faults.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        for (var failures = 0; !cancel.IsCancellationRequested; )
        {
            try
            {
                admit(await accept(cancel).ConfigureAwait(false));
                failures = 0;
            }
            catch (Exception exception)
            {
                if (!cancel.IsCancellationRequested)
                {
                    await SurviveAsync(exception, ++failures, cancel).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task SurviveAsync(Exception exception, int failures, CancellationToken cancel)
    {
        var isExhausted =
            exception is SocketException
            {
                SocketErrorCode: SocketError.TooManyOpenSockets
                    or SocketError.NoBufferSpaceAvailable
            };
        owner.Dropped(isExhausted ? Reason.AcceptPaused : Reason.AcceptFailed);

        if (isExhausted || failures > FailuresInARow)
        {
            owner.ReceiveFailed(exception);
            await Task.Delay(_rest, time, cancel)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
