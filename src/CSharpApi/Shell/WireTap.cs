// Shows the user's callback every packet: on the pool, one at a time, in order, and bounded.
namespace SipFun.Shell;

/// <summary>Between the links and <see cref="DispatcherOptions.OnPacket"/>.</summary>
internal sealed class WireTap(Action<WirePacket> callback, int limit, Clock clock, UserCode code)
    : Visit,
        IThreadPoolWorkItem
{
    private readonly Queue<WirePacket> _packets = new();
    private bool _running;

    public void Sent(ILink link, in Core.Hop to, ReadOnlyMemory<byte> packet) =>
        Show(PacketDirection.Sent, link, to, packet);

    public void Received(ILink link, in Core.Hop from, ReadOnlySpan<byte> packet) =>
        Show(PacketDirection.Received, link, from, packet.ToArray());

    void IThreadPoolWorkItem.Execute()
    {
        code.Visits.Enter(this);

        while (TryNext(out var packet))
        {
            Call(packet);
        }
    }

    private void Show(
        PacketDirection direction,
        ILink link,
        in Core.Hop remote,
        ReadOnlyMemory<byte> bytes
    )
    {
        var at = TimeSpan.FromMilliseconds(clock.Now);
        var packet = new WirePacket(
            at,
            direction,
            link.LocalEndPoint,
            Translate.ToHop(remote),
            bytes
        );

        lock (_packets)
        {
            if (_packets.Count >= limit)
            {
                code.Counters.Add(Reason.CallbackQueueFull);
                return;
            }

            _packets.Enqueue(packet);

            if (!_running)
            {
                _running = true;
                code.Visits.Begin(this);
                code.Platform.Queue(this);
            }
        }
    }

    private bool TryNext(out WirePacket packet)
    {
        lock (_packets)
        {
            if (_packets.TryDequeue(out packet!))
            {
                return true;
            }

            // Inside the lock, so that this visit has ended before the next can begin.
            _running = false;
            code.Visits.End(this);
            return false;
        }
    }

    private void Call(WirePacket packet)
    {
        try
        {
            callback(packet);
        }
        catch (Exception exception)
        {
            code.Counters.Add(Reason.CallbackFailed);
            code.Log.CallbackFailed(exception);
        }
    }
}
