// What happens between "a message came" and "the receivers said": the user's receivers run here, on
// the pool, and what they say, or that they threw, goes back to the core as an input.
namespace SipFun.Shell;

/// <summary>Offers messages to whoever receives.</summary>
internal sealed class Reception
{
    private readonly Action<Core.Input> _post;
    private readonly UserCode _code;
    private readonly CancellationToken _closed;
    private readonly Offers _offers;
    private volatile IReceiver? _receiver;

    public Reception(int limit, Action<Core.Input> post, UserCode code, CancellationToken closed)
    {
        (_post, _code, _closed) = (post, code, closed);
        _offers = new Offers(limit, Start, code.Visits);
    }

    public void Set(IReceiver? receiver) => _receiver = receiver;

    public void Offer(Received received, long? number)
    {
        var offer = new Offer(received, number);

        if (!_offers.TryAdd(offer))
        {
            _code.Counters.Add(Reason.ReceiveQueueFull);
            Post(number is { } known ? Core.Input.NewOverflowed(known) : null);
        }
    }

    private void Start(Offer offer)
    {
        try
        {
            var answer =
                _receiver?.ReceiveAsync(offer.Received, _closed) ?? new ValueTask<Receipt>();

            if (answer.IsCompletedSuccessfully)
            {
                End(offer, answer.Result);
            }
            else
            {
                _ = AwaitAsync(offer, answer);
            }
        }
        catch (Exception exception)
        {
            Fail(offer, exception);
        }
    }

    private async Task AwaitAsync(Offer offer, ValueTask<Receipt> answer)
    {
        Receipt receipt;

        try
        {
            receipt = await answer;
        }
        catch (Exception exception)
        {
            Fail(offer, exception);
            return;
        }

        End(offer, receipt);
    }

    private void End(Offer offer, Receipt receipt)
    {
        _offers.End(offer);
        Post(
            offer.Number is { } number
                ? Core.Input.NewReceipted(number, Enum.IsDefined(receipt) ? receipt : Receipt.Pass)
                : null
        );
    }

    /// <summary>The peer must not wait for our fault: a request is answered 500 (RFC 3261,
    /// 21.5.1).</summary>
    private void Fail(Offer offer, Exception exception)
    {
        // At the end a receiver is told to stop, or finds the dispatcher disposed: no fault of its.
        var isEnd =
            _closed.IsCancellationRequested
            && exception is (OperationCanceledException or ObjectDisposedException);

        if (!isEnd)
        {
            _code.Counters.Add(Reason.ReceiverFailed);
            Apologize(offer.Received);
            _code.Log.ReceiverFailed(exception);
        }

        End(offer, Receipt.Handled);
    }

    private void Apologize(Received received)
    {
        try
        {
            if (received.MayStillRespond)
            {
                received.Respond(received.CreateResponse(500));
            }
        }
        catch (Exception exception)
        {
            _code.Log.ReceiverFailed(exception);
        }
    }

    private void Post(Core.Input? input)
    {
        if (input is not null)
        {
            _post(input);
        }
    }
}
