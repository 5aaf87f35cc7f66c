namespace SipFun.Bench.Goals;

/// <summary>So many OPTIONS under way to a peer that answers, each followed by the next: what an
/// application does, through the facade.</summary>
internal sealed class FacadeLoad
{
    /// <summary>Made before, so that what is measured is SipFun's. More than linger at once would share
    /// Call-IDs, which changes nothing.</summary>
    private const int Prepared = 10_000;

    private readonly SipRequest[] _requests =
    [
        .. Enumerable.Range(0, Prepared).Select(Core.CoreWorld.Request),
    ];
    private readonly Dispatcher _dispatcher;
    private readonly DeliverOptions _options;
    private long _serial;
    private long _answered;
    private long _failed;
    private volatile bool _stopped;

    public FacadeLoad(Dispatcher dispatcher, Hop peer)
    {
        _dispatcher = dispatcher;
        _options = new DeliverOptions { Destination = peer, OnCompleted = Completed };
    }

    public long Answered => Interlocked.Read(ref _answered);

    public long Failed => Interlocked.Read(ref _failed);

    public void Start(int window)
    {
        for (var index = 0; index < window; index++)
        {
            Next();
        }
    }

    /// <summary>Nothing new; what is under way ends by itself.</summary>
    public void Stop() => _stopped = true;

    private void Next() =>
        _dispatcher.Deliver(_requests[Interlocked.Increment(ref _serial) % Prepared], _options);

    private void Completed(DeliveryOutcome outcome)
    {
        Interlocked.Increment(
            ref outcome is DeliveryOutcome.Answered ? ref _answered : ref _failed
        );

        if (!_stopped)
        {
            Next();
        }
    }
}
