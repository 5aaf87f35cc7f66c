// Messages on their way to the user's receivers: bounded in number, and started in order of arrival
// per Call-ID. The next of the same Call-ID starts when the call of the one before has returned,
// even if it awaits still, so that no receiver can wait for itself.
namespace SipFun.Shell;

/// <summary>The queue between the turn and the receivers.</summary>
internal sealed class Offers(int limit, Action<Offer> start, UserCode code)
{
    private readonly Dictionary<CallId, Lane> _lanes = [];
    private int _count;

    /// <summary>Queues an offer; false when too many are not yet answered.</summary>
    public bool TryAdd(Offer offer)
    {
        if (Interlocked.Increment(ref _count) > limit)
        {
            Interlocked.Decrement(ref _count);
            return false;
        }

        code.Visits.Begin(offer);
        var callId = offer.Received.Message.CallId;

        lock (_lanes)
        {
            if (_lanes.TryGetValue(callId, out var lane))
            {
                lane.Waiting.Enqueue(offer);
                return true;
            }

            lane = new Lane(this, callId);
            lane.Waiting.Enqueue(offer);
            _lanes.Add(callId, lane);
            code.Platform.Queue(lane);
            return true;
        }
    }

    /// <summary>The receivers have answered.</summary>
    public void End(Offer offer)
    {
        Interlocked.Decrement(ref _count);
        code.Visits.End(offer);
    }

    private void Run(Lane lane)
    {
        while (TryNext(lane, out var offer))
        {
            code.Visits.Enter(offer);
            start(offer);
        }
    }

    private bool TryNext(Lane lane, out Offer offer)
    {
        lock (_lanes)
        {
            if (lane.Waiting.TryDequeue(out offer!))
            {
                return true;
            }

            _lanes.Remove(lane.CallId);
            return false;
        }
    }

    /// <summary>The messages of one Call-ID that wait. Exists as long as one waits or
    /// starts.</summary>
    private sealed class Lane(Offers offers, CallId callId) : IThreadPoolWorkItem
    {
        public CallId CallId => callId;

        public Queue<Offer> Waiting { get; } = new();

        void IThreadPoolWorkItem.Execute() => offers.Run(this);
    }
}
