using SipFun.Shell;

namespace SipFun;

public sealed partial class UserAgent
{
    /// <summary>Sends a request outside of calls, in this agent's name (RFC 3261, 8.1).</summary>
    /// <param name="method">OPTIONS, MESSAGE, PUBLISH, ...; not INVITE and REGISTER, and not what
    /// only a dialog has.</param>
    /// <param name="target">To whom.</param>
    /// <param name="options">Body and header fields; default: none.</param>
    /// <param name="cancel">Stops the waiting and the request.</param>
    /// <returns>The final response, whatever its status. A challenge is answered first.</returns>
    /// <exception cref="DeliveryException">There is none; the message says what to do
    /// next.</exception>
    /// <exception cref="ArgumentException">The method is the agent's, or a header field cannot be
    /// so.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">The agent or its dispatcher was
    /// disposed.</exception>
    public Task<SipResponse> SendAsync(
        SipMethod method,
        SipUri target,
        SendOptions? options = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(target);
        options ??= SendOptions.None;
        var content = AgentWords.Content(options.Body, options.Headers);
        ThrowIfDisposed();
        return SendCoreAsync(method, target, content, options, cancel);
    }

    /// <summary>Asks somebody what he can do (RFC 3261, 11).</summary>
    /// <param name="target">Whom.</param>
    /// <param name="cancel">As in <see cref="SendAsync"/>.</param>
    /// <returns>The final response: its Allow, Accept and Supported say it.</returns>
    /// <exception cref="DeliveryException">There is none.</exception>
    public Task<SipResponse> OptionsAsync(SipUri target, CancellationToken cancel = default) =>
        SendAsync(SipMethod.Options, target, null, cancel);

    /// <summary>Sends a message (RFC 3428).</summary>
    /// <param name="target">To whom.</param>
    /// <param name="text">What is said.</param>
    /// <param name="cancel">As in <see cref="SendAsync"/>.</param>
    /// <returns>The final response.</returns>
    /// <exception cref="DeliveryException">There is none.</exception>
    public Task<SipResponse> MessageAsync(
        SipUri target,
        string text,
        CancellationToken cancel = default
    ) =>
        SendAsync(SipMethod.Message, target, new SendOptions { Body = SipBody.Text(text) }, cancel);

    private async Task<SipResponse> SendCoreAsync(
        SipMethod method,
        SipUri target,
        Core.Content content,
        SendOptions options,
        CancellationToken cancel
    )
    {
        var party = await PartyAsync(target, Options.Address, null, null, cancel)
            .ConfigureAwait(false);
        var order = new Core.RequestOrder(method, party, content);
        return await ExchangeAsync(
                null,
                method,
                options,
                exchange => Core.AgentInput.NewRequest(exchange, order),
                cancel
            )
            .ConfigureAwait(false);
    }

    /// <summary>Has a request sent and waits for its final response.</summary>
    internal async Task<SipResponse> ExchangeAsync(
        Call? call,
        SipMethod method,
        SendOptions options,
        Func<long, Core.AgentInput> order,
        CancellationToken cancel
    )
    {
        ThrowIfDisposed();
        cancel.ThrowIfCancellationRequested();
        var exchange = new Exchange(_engine.NextNumber(), call, method, options, _engine.Platform);
        _desk.Add(exchange);
        _machine.Post(order(exchange.Number));

        try
        {
            return await exchange.Response.WaitAsync(cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _machine.Post(Core.AgentInput.NewAbandon(exchange.Number));
            throw;
        }
    }
}
