using SipFun.Shell;

namespace SipFun;

/// <summary>Makes receivers of functions, and one of several.</summary>
public static class Receiver
{
    /// <summary>A receiver of a function that does not wait.</summary>
    /// <param name="receive">Says whose the message is.</param>
    /// <param name="allowedMethods">The methods it takes
    /// (<see cref="IReceiver.AllowedMethods"/>).</param>
    public static IReceiver From(Func<Received, Receipt> receive, params SipMethod[] allowedMethods)
    {
        ArgumentNullException.ThrowIfNull(receive);
        return From((received, _) => new ValueTask<Receipt>(receive(received)), allowedMethods);
    }

    /// <summary>A receiver of a function that waits.</summary>
    /// <param name="receive">Says whose the message is.</param>
    /// <param name="allowedMethods">The methods it takes
    /// (<see cref="IReceiver.AllowedMethods"/>).</param>
    public static IReceiver From(
        Func<Received, CancellationToken, ValueTask<Receipt>> receive,
        params SipMethod[] allowedMethods
    )
    {
        ArgumentNullException.ThrowIfNull(receive);
        ArgumentNullException.ThrowIfNull(allowedMethods);
        return new FunctionReceiver(receive, [.. allowedMethods]);
    }

    /// <summary>
    /// Asks each in turn until one does not say <see cref="Receipt.Pass"/>. Takes the methods of
    /// all.
    /// </summary>
    /// <param name="receivers">In the order in which they are asked.</param>
    public static IReceiver Chain(params IReceiver[] receivers)
    {
        ArgumentNullException.ThrowIfNull(receivers);
        return receivers.Any(one => one is null)
            ? throw new ArgumentException("A receiver of the chain is null.", nameof(receivers))
            : new ChainReceiver([.. receivers]);
    }
}
