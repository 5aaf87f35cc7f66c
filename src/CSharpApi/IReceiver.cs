namespace SipFun;

/// <summary>Takes what comes in.</summary>
public interface IReceiver
{
    /// <summary>
    /// Looks at one message and says whose it is. Called on the thread pool, in order of arrival
    /// per Call-ID: the next message of the same Call-ID comes when this call has returned, even if
    /// its task runs on. A request at which it throws is answered 500.
    /// </summary>
    /// <param name="received">The message, and how to answer it.</param>
    /// <param name="cancel">Set when the dispatcher is disposed.</param>
    /// <returns>
    /// <see cref="Receipt.Pass"/>: not mine, the next is asked. <see cref="Receipt.Handled"/>: a
    /// server transaction is kept and absorbs copies (RFC 3261, 17.2).
    /// <see cref="Receipt.Stateless"/>: nothing is kept, every copy comes again.
    /// </returns>
    ValueTask<Receipt> ReceiveAsync(Received received, CancellationToken cancel);

    /// <summary>
    /// The methods it takes, for the Allow of a 405 (RFC 3261, 8.2.1). Read once, when it is set.
    /// </summary>
    IReadOnlyCollection<SipMethod> AllowedMethods => [];

    /// <summary>
    /// Whether it forwards statelessly and wants responses that match no transaction (RFC 3261,
    /// 16.11). Read once, when it is set.
    /// </summary>
    bool ForwardsResponses => false;
}
