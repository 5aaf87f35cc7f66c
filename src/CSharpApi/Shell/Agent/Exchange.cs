namespace SipFun.Shell;

/// <summary>A request of the application's, and whoever waits for its response.</summary>
internal sealed class Exchange(long number, Call? call, SendOptions options)
{
    private readonly TaskCompletionSource<SipResponse> _response = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );

    public long Number => number;

    /// <summary>Null: outside of calls.</summary>
    public Call? Call => call;

    public Action<SipResponse>? OnResponse => options.OnResponse;

    public Task<SipResponse> Response => _response.Task;

    /// <summary>The last one that was sent for it.</summary>
    public Delivery? Delivery { get; set; }

    public void End(Core.ExchangeEnd ending)
    {
        switch (ending)
        {
            case Core.ExchangeEnd.Answered answered:
                _response.TrySetResult(answered.Item);
                break;
            case Core.ExchangeEnd.Failed { Item: var outcome } when Delivery is { } delivery:
                var why = Translate.ToOutcome(outcome);
                _response.TrySetException(new DeliveryException(delivery, why));
                break;
            case Core.ExchangeEnd.Refused refused:
                _response.TrySetException(AgentWords.ToException(refused.Item));
                break;
            default:
                Dispose();
                break;
        }
    }

    public void Dispose() =>
        _response.TrySetException(new ObjectDisposedException(nameof(UserAgent)));
}
