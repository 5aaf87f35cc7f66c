using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>
    /// A request outside of any dialog (RFC 3261, 8.1.1): with an unguessable Call-ID, a From tag,
    /// CSeq 1 and Max-Forwards 70. Its Via comes when it is delivered.
    /// </summary>
    /// <param name="method">The method.</param>
    /// <param name="uri">The Request-URI.</param>
    /// <param name="from">
    /// Who sends it; a tag is added if it has none. Default: "Anonymous"
    /// &lt;sip:anonymous@anonymous.invalid&gt; (8.1.1.3).
    /// </param>
    /// <param name="to">To whom. Default: the Request-URI (8.1.1.2).</param>
    public SipRequest CreateRequest(
        SipMethod method,
        SipUri uri,
        NameAddr? from = null,
        NameAddr? to = null
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(uri);
        from ??= NameAddr.Parse("\"Anonymous\" <sip:anonymous@anonymous.invalid>");
        return SipRequest.Create(
            method,
            uri,
            from.Tag is null ? from.WithTag(_engine.Draws.Tag()) : from,
            to ?? NameAddr.Create(uri),
            CallId.Parse(_engine.Draws.CallId()),
            1
        );
    }

    /// <summary>Delivers a request and waits for its final response.</summary>
    /// <param name="request">Any request but an ACK.</param>
    /// <param name="options">As for <see cref="Deliver(SipMessage, DeliverOptions?)"/>.</param>
    /// <param name="cancel">
    /// Stops the waiting and cancels the delivery; of an INVITE by a SIP CANCEL, which goes out in
    /// the background as soon as it may (RFC 3261, 9.1).
    /// </param>
    /// <returns>The final response, whatever its status.</returns>
    /// <exception cref="DeliveryException">There is none; the message says what to do
    /// next.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    /// <exception cref="ArgumentException">The request has no response to wait for: an ACK, or
    /// <c>Retransmit = false</c>.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public Task<SipResponse> SendAsync(
        SipRequest request,
        DeliverOptions? options = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        ThrowIfDisposed();

        if (request.Method == SipMethod.Ack || !(options?.Retransmit ?? _options.Retransmit))
        {
            throw new ArgumentException(
                "An ACK, or a request without a transaction (Retransmit = false), has no response "
                    + "to wait for. Use Deliver.",
                nameof(request)
            );
        }

        return cancel.IsCancellationRequested
            ? Task.FromCanceled<SipResponse>(cancel)
            : WaitAsync(request, Deliver(request, options), cancel);
    }

    private async Task<SipResponse> WaitAsync(
        SipRequest request,
        Delivery delivery,
        CancellationToken cancel
    )
    {
        DeliveryOutcome outcome;

        try
        {
            outcome = await delivery.Completion.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            if (GiveUp(request, delivery))
            {
                throw;
            }

            // It ended at the same moment: an answer that is there must not be lost.
            outcome = await delivery.Completion.ConfigureAwait(false);
        }

        return outcome is DeliveryOutcome.Answered(var response)
            ? response
            : throw new DeliveryException(delivery, outcome);
    }

    /// <summary>The peer of an INVITE has to hear of it; then the delivery ends here.</summary>
    private bool GiveUp(SipRequest request, Delivery delivery)
    {
        try
        {
            if (request.Method == SipMethod.Invite && delivery.IsUnderWay)
            {
                var insisting = new DeliverOptions { Retransmit = true };
                Deliver(request.CreateCancel(), insisting, legs: null);
            }

            return delivery.Cancel();
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }
}
