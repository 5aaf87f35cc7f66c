using SipFun.Shell;

namespace SipFun;

public sealed partial class Call
{
    /// <summary>
    /// Takes a call back that is not answered yet: by CANCEL for a call made (RFC 3261, 9.1), by
    /// 603 for one that comes in. An answer that crosses the CANCEL gets its ACK and a BYE. The same
    /// as <see cref="ByeAsync"/> for a call that was answered meanwhile.
    /// </summary>
    /// <param name="cancel">Stops the waiting; the call ends all the same.</param>
    /// <returns>How it ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task<CallEnd> CancelAsync(CancellationToken cancel = default) => EndAsync(cancel);

    /// <summary>
    /// Hangs up: by BYE, which waits for the ACK to a 2xx of ours (RFC 3261, 15). The same as
    /// <see cref="CancelAsync"/> for a call that is not answered yet.
    /// </summary>
    /// <param name="cancel">Stops the waiting; the call ends all the same.</param>
    /// <returns>How it ended: <see cref="CallEndKind.HungUp"/> even if nobody answered the BYE;
    /// then <see cref="CallEnd.Outcome"/> says so.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task<CallEnd> ByeAsync(CancellationToken cancel = default) => EndAsync(cancel);

    /// <summary>
    /// Offers something else within the call (RFC 3261, 14.1). After a 491 it is tried again by
    /// itself, with the RFC's waiting times.
    /// </summary>
    /// <param name="body">The new offer; null: none, or for the other end to make.</param>
    /// <param name="cancel">As in <see cref="SendAsync"/>.</param>
    /// <returns>The final response, whatever its status; a 488 changes nothing.</returns>
    /// <exception cref="DeliveryException">There is none.</exception>
    /// <exception cref="InvalidOperationException">The call is not answered, over, or a change of it
    /// is under way in either direction.</exception>
    public Task<SipResponse> ReInviteAsync(SipBody? body, CancellationToken cancel = default) =>
        SendAsync(SipMethod.Invite, new SendOptions { Body = body }, cancel);

    /// <summary>Offers something else by UPDATE, also before the answer (RFC 3311).</summary>
    /// <param name="body">The new offer; null: none.</param>
    /// <param name="cancel">As in <see cref="SendAsync"/>.</param>
    /// <returns>The final response, whatever its status.</returns>
    /// <exception cref="DeliveryException">There is none.</exception>
    /// <exception cref="InvalidOperationException">There is no dialog yet or any more, or a change
    /// of it is under way in either direction.</exception>
    public Task<SipResponse> UpdateAsync(SipBody? body, CancellationToken cancel = default) =>
        SendAsync(SipMethod.Update, new SendOptions { Body = body }, cancel);

    /// <summary>Sends a request within the call (RFC 3261, 12.2): INFO, MESSAGE, REFER, NOTIFY,
    /// OPTIONS, ...</summary>
    /// <param name="method">Not ACK, BYE, CANCEL, PRACK and REGISTER, which are the
    /// agent's.</param>
    /// <param name="options">Body and header fields; default: none.</param>
    /// <param name="cancel">Stops the waiting and the request; of a re-INVITE by a CANCEL.</param>
    /// <returns>The final response, whatever its status. A challenge is answered first.</returns>
    /// <exception cref="DeliveryException">There is none; the message says what to do
    /// next.</exception>
    /// <exception cref="InvalidOperationException">There is no dialog yet or any more.</exception>
    /// <exception cref="ArgumentException">The method is the agent's, or a header field cannot be
    /// so.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    public Task<SipResponse> SendAsync(
        SipMethod method,
        SendOptions? options = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        options ??= SendOptions.None;
        var content = AgentWords.Content(options.Body, options.Headers);
        return _agent.ExchangeAsync(
            this,
            method,
            options,
            exchange => Core.AgentInput.NewRequestWithin(exchange, Number, method, content),
            cancel
        );
    }

    private Task<CallEnd> EndAsync(CancellationToken cancel)
    {
        _agent.HangUp(Number);
        return Ended.WaitAsync(cancel);
    }
}
