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
    private volatile ReceiverLine _line = new(null);

    public Reception(int limit, Action<Core.Input> post, UserCode code, CancellationToken closed)
    {
        (_post, _code, _closed) = (post, code, closed);
        _offers = new Offers(limit, Start, code);
    }

    public void Set(IReceiver? receiver) => _line = new ReceiverLine(receiver);

    /// <summary>Inside the turn: machines are asked here, receivers of the user's
    /// later.</summary>
    public void Offer(Received received)
    {
        var line = _line;

        try
        {
            var receipt = line.Ask(received);

            if (receipt != Receipt.Pass || line.Rest is null)
            {
                Post(received, receipt);
                return;
            }
        }
        catch (Exception exception)
        {
            Fail(received, exception);
            return;
        }

        Queue(new Offer(received, line.Rest));
    }

    private void Queue(Offer offer)
    {
        if (!_offers.TryAdd(offer))
        {
            _code.Counters.Add(Reason.ReceiveQueueFull);

            if (offer.Received.Number is { } number)
            {
                _post(Core.Input.NewOverflowed(number));
            }
        }
    }

    private void Start(Offer offer)
    {
        try
        {
            var answer = offer.Receiver.ReceiveAsync(offer.Received, _closed);

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
            End(offer, exception);
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
            End(offer, exception);
            return;
        }

        End(offer, receipt);
    }

    private void End(Offer offer, Receipt receipt)
    {
        _offers.End(offer);
        Post(offer.Received, Enum.IsDefined(receipt) ? receipt : Receipt.Pass);
    }

    private void End(Offer offer, Exception exception)
    {
        Fail(offer.Received, exception);
        _offers.End(offer);
    }

    /// <summary>The peer must not wait for our fault: a request is answered 500 (RFC 3261,
    /// 21.5.1).</summary>
    private void Fail(Received received, Exception exception)
    {
        // At the end a receiver is told to stop, or finds the dispatcher disposed: no fault of its.
        var isEnd =
            _closed.IsCancellationRequested
            && exception is (OperationCanceledException or ObjectDisposedException);

        if (!isEnd)
        {
            _code.Counters.Add(Reason.ReceiverFailed);
            Apologize(received);
            _code.Log.ReceiverFailed(exception);
        }

        Post(received, Receipt.Handled);
    }

    private void Apologize(Received received)
    {
        try
        {
            received.Apologize();
        }
        catch (Exception exception)
        {
            _code.Log.ReceiverFailed(exception);
        }
    }

    private void Post(Received received, Receipt receipt)
    {
        if (received.Receipted(receipt) is { } input)
        {
            _post(input);
        }

        // After the receipt, so that nothing is kept of a request that is refused statelessly.
        received.SendRefusal();
    }
}
