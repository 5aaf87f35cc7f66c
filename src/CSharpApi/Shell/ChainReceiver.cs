namespace SipFun.Shell;

/// <summary>Asks each receiver in turn until one takes the message.</summary>
internal sealed class ChainReceiver(IReceiver[] receivers) : IReceiver
{
    public IReadOnlyList<IReceiver> Receivers => receivers;

    public IReadOnlyCollection<SipMethod> AllowedMethods { get; } =
    [.. receivers.SelectMany(one => one.AllowedMethods).Distinct()];

    public bool ForwardsResponses { get; } = receivers.Any(one => one.ForwardsResponses);

    public async ValueTask<Receipt> ReceiveAsync(Received received, CancellationToken cancel)
    {
        foreach (var receiver in receivers)
        {
            var receipt = await receiver.ReceiveAsync(received, cancel);

            if (receipt != Receipt.Pass)
            {
                return receipt;
            }
        }

        return Receipt.Pass;
    }
}
