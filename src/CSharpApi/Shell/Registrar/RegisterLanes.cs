// REGISTERs whose store or permission must be waited for: on the pool, one after the other for each
// address-of-record, in order of arrival (RFC 3261, 10.3). Each counts until the user's code has
// returned, even if it was answered before.
namespace SipFun.Shell;

/// <summary>One lane an address, which exists as long as something waits in it or runs.</summary>
internal sealed class RegisterLanes(
    int limit,
    Func<Received, AddressOfRecord, Action, Task> register
)
{
    private readonly Dictionary<AddressOfRecord, Queue<Pending>> _lanes = [];
    private int _count;

    /// <summary>False when as many wait, or are with the store, as may. Inside the turn.</summary>
    public bool TryAdd(Received received, AddressOfRecord address)
    {
        var pending = new Pending(received);

        lock (_lanes)
        {
            if (_count >= limit)
            {
                return false;
            }

            _count++;
            pending.Visits.Begin(pending);

            if (_lanes.TryGetValue(address, out var lane))
            {
                lane.Enqueue(pending);
                return true;
            }

            lane = new Queue<Pending>();
            lane.Enqueue(pending);
            _lanes.Add(address, lane);
        }

        _ = received.Dispatcher.Engine.Platform.Run(() => RunAsync(address));
        return true;
    }

    private async Task RunAsync(AddressOfRecord address)
    {
        while (TryNext(address, out var pending))
        {
            pending.Visits.Enter(pending);
            await register(pending.Received, address, Returned).ConfigureAwait(false);
            pending.Visits.End(pending);
        }
    }

    /// <summary>The user's code has returned.</summary>
    private void Returned()
    {
        lock (_lanes)
        {
            _count--;
        }
    }

    private bool TryNext(AddressOfRecord address, out Pending pending)
    {
        lock (_lanes)
        {
            if (_lanes[address].TryDequeue(out pending!))
            {
                return true;
            }

            _lanes.Remove(address);
            return false;
        }
    }

    /// <summary>Dispose of the dispatcher waits for it.</summary>
    private sealed class Pending(Received received) : Visit
    {
        public Received Received => received;

        public Visits Visits => received.Dispatcher.Engine.Code.Visits;
    }
}
