// The end of the shell: deliveries first, then the sockets, then the user's code, which is waited for
// no longer than Limits.DisposeWithin.
namespace SipFun.Shell;

internal sealed partial class Engine
{
    /// <summary>
    /// Ends every delivery, then everything that could report, then waits for the user's code.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        var told = Task.CompletedTask;

        try
        {
            Loop.Order(Core.Input.Close);
        }
        finally
        {
            EndAll();
            Lookups.Close();
            Array.ForEach([.. _rings.Values], ring => ring.Dispose());
            told = TellUserCodeAsync();
            await Legs.StopAsync().ConfigureAwait(false);
            Loop.Dispose();
            Recorder?.End();
            await WaitForUserCodeAsync(told).ConfigureAwait(false);
            Counters.Dispose();
            Log.Closed();
        }
    }

    /// <summary>Receivers hear of the end by their token; what throws at it is theirs.</summary>
    private async Task TellUserCodeAsync()
    {
        try
        {
            await Platform.CancelAsync(_closing).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Counters.Add(Reason.CallbackFailed);
            Log.CallbackFailed(exception);
        }
    }

    private async Task WaitForUserCodeAsync(Task told)
    {
        try
        {
            await Task.WhenAll(told, Code.Visits.NoneAsync(), Recorder?.Written ?? told)
                .WaitAsync(Limits.DisposeWithin, Clock.Time)
                .ConfigureAwait(false);
            _closing.Dispose();
        }
        catch (TimeoutException)
        {
            Counters.Add(Reason.CallbackAbandoned);
        }
    }

    /// <summary>Closed between a caller's check and the step.</summary>
    private void EndAllIfClosed()
    {
        if (_closed)
        {
            EndAll();
        }
    }

    /// <summary>The core has ended all; what came in beside its last step ends here.</summary>
    private void EndAll()
    {
        foreach (var delivery in _deliveries.Values)
        {
            delivery.End(Core.Outcome.Disposed, null, last: true);
        }

        _deliveries.Clear();
    }
}
