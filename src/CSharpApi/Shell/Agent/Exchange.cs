namespace SipFun.Shell;

/// <summary>A request of the application's, and whoever waits for its response.</summary>
internal sealed class Exchange(
    long number,
    Call? call,
    SipMethod method,
    SendOptions options,
    Platform platform
)
{
    private readonly Promise<SipResponse> _response = new(platform);

    public long Number => number;

    /// <summary>Null: outside of calls.</summary>
    public Call? Call => call;

    public Action<SipResponse>? OnResponse => options.OnResponse;

    public Task<SipResponse> Response => _response.Task;

    /// <summary>The last one that was sent for it.</summary>
    public Delivery? Delivery { get; set; }

    /// <summary>A change that was accepted is what both ends have said. In the turn.</summary>
    public void Settle(Core.ExchangeEnd ending)
    {
        if (
            call is not null
            && (method == SipMethod.Invite || method == SipMethod.Update)
            && ending is Core.ExchangeEnd.Answered { Item: { IsSuccess: true } response }
        )
        {
            call.SetLocalBody(options.Body);
            call.SetRemoteBody(SipBody.Of(response));
        }
    }

    public void End(Core.ExchangeEnd ending)
    {
        switch (ending)
        {
            case Core.ExchangeEnd.Answered answered:
                _response.Set(answered.Item);
                break;
            case Core.ExchangeEnd.Failed { Item: var outcome } when Delivery is { } delivery:
                var why = Translate.ToOutcome(outcome);
                Fail(new DeliveryException(delivery, why));
                break;
            case Core.ExchangeEnd.Refused refused:
                Fail(AgentWords.ToException(refused.Item));
                break;
            default:
                Dispose();
                break;
        }
    }

    public void Dispose() => Fail(new ObjectDisposedException(nameof(UserAgent)));

    /// <summary>Who waited may have gone: then nobody needs to look at it.</summary>
    private void Fail(Exception exception)
    {
        _response.Fail(exception);
        _ = _response.Task.Exception;
    }
}
