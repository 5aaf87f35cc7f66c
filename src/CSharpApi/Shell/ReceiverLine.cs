// Who is asked where: machines that stand first in the chain in the turn, the others on the pool.
namespace SipFun.Shell;

/// <summary>A receiver, taken apart: nothing of it is asked twice.</summary>
internal sealed class ReceiverLine
{
    private readonly ITurnReceiver[] _first;

    public ReceiverLine(IReceiver? receiver)
    {
        IReceiver[] all = receiver is null ? [] : [.. Flat(receiver)];
        _first =
        [
            .. all.TakeWhile(one => one is ITurnReceiver { IsInTurn: true }).Cast<ITurnReceiver>(),
        ];
        Rest = (all.Length - _first.Length) switch
        {
            0 => null,
            1 => all[^1],
            _ => new ChainReceiver(all[_first.Length..]),
        };
    }

    /// <summary>Who is asked on the pool what the machines before it passed.</summary>
    public IReceiver? Rest { get; }

    /// <summary>Whatever comes, nothing is kept of it.</summary>
    public bool KeepsNothing => Rest is null && _first.All(one => one.KeepsNothing);

    /// <summary>Inside the turn.</summary>
    public Receipt Ask(Received received)
    {
        foreach (var machine in _first)
        {
            var receipt = machine.Receive(received);

            if (receipt != Receipt.Pass)
            {
                return receipt;
            }
        }

        return Receipt.Pass;
    }

    private static IEnumerable<IReceiver> Flat(IReceiver receiver) =>
        receiver is ChainReceiver chain ? chain.Receivers.SelectMany(Flat) : [receiver];
}
