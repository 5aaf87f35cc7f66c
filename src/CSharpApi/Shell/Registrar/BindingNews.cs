// What becomes of bindings, told by one lane: whoever writes or expires them has it told in that order.
namespace SipFun.Shell;

/// <summary>What comes before any dispatcher is known waits for the first one.</summary>
internal sealed class BindingNews(Action<BindingChange> hear)
{
    private const int MostEarly = 10_000;

    private readonly Lock _lock = new();
    private readonly Queue<BindingChange> _early = new();
    private volatile ChangeLane? _lane;

    /// <summary>A dispatcher is known, by whose logger and counters the user's code is called.</summary>
    public void Listen(UserCode code)
    {
        if (_lane is not null)
        {
            return;
        }

        lock (_lock)
        {
            if (_lane is null)
            {
                _lane = new ChangeLane(code, hear);

                while (_early.TryDequeue(out var change))
                {
                    _lane.Tell(change);
                }
            }
        }
    }

    /// <summary>Takes no time. Of early ones so many are kept.</summary>
    public void Tell(BindingChange change)
    {
        lock (_lock)
        {
            if (_lane is not null)
            {
                _lane.Tell(change);
            }
            else if (_early.Count < MostEarly)
            {
                _early.Enqueue(change);
            }
        }
    }

    public void TellExpired(AddressOfRecord address, IReadOnlyList<Binding> bindings)
    {
        foreach (var binding in bindings)
        {
            Tell(new BindingChange(BindingChangeKind.Expired, address, binding));
        }
    }
}
