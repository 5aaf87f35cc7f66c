// What one process leaves, and the next takes up.
namespace SipFun.Shell;

internal sealed partial class Engine
{
    private TaskCompletionSource<bool>? _drained;

    /// <summary>Nothing new begins.</summary>
    public bool IsDraining => Volatile.Read(ref _drained) is not null;

    /// <summary>Takes nothing new on from now on; completes when nobody waits for anything any
    /// more.</summary>
    public Task DrainAsync()
    {
        var fresh = new TaskCompletionSource<bool>(Platform.Continuations);

        if (Interlocked.CompareExchange(ref _drained, fresh, null) is { } earlier)
        {
            return earlier.Task;
        }

        Loop.Order(Core.Input.Drain);
        return fresh.Task;
    }

    /// <summary>All there is, as bytes. The state first: a number given after it is none of
    /// its.</summary>
    public byte[] Snapshot()
    {
        var state = Loop.Newest;
        var number = Interlocked.Read(ref _number);
        return Core.SnapshotModule.write(Core.SnapshotModule.create(Settings, number, state));
    }

    /// <summary>After the legs are there: their handles first, since the step may end some.</summary>
    public void TakeUp(Core.Snapshot former)
    {
        foreach (var one in Core.SnapshotModule.deliveries(former))
        {
            var id = one.Name.IsSome
                ? new DeliveryId(one.Name.Value.Number, one.Name.Value.Text)
                : new DeliveryId(one.Number, null);
            _deliveries[one.Number] = new Delivery(
                this,
                one.Number,
                id,
                one.CallId,
                one.Message,
                DeliverOptions.None
            );
        }

        Loop.Order(Core.Input.NewTakeUp(former.Frozen));
    }

    private void EndDrain()
    {
        if (Volatile.Read(ref _drained) is { Task.IsCompleted: false } drained)
        {
            Platform.Complete(drained, true);
        }
    }

    private void EndDrainIfDone(Core.State state)
    {
        if (state.IsDraining && Core.StateModule.isDone(state))
        {
            EndDrain();
        }
    }
}
