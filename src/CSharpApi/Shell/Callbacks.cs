// The callbacks of one delivery: on the pool, one at a time, in order.
namespace SipFun.Shell;

/// <summary>What happened to a delivery and was not yet told. Exists only where somebody
/// listens.</summary>
internal sealed class Callbacks(Delivery delivery, DeliverOptions options, UserCode code)
    : CallbackLane(code)
{
    /// <summary>Whether there is anybody to tell.</summary>
    public static bool AreIn(DeliverOptions options) =>
        options.OnSent is not null
        || options.OnResponse is not null
        || options.OnCompleted is not null;

    public bool HearsResponses => options.OnResponse is not null;

    public void Sent(Core.Hop hop)
    {
        if (options.OnSent is not null)
        {
            Tell(hop);
        }
    }

    /// <summary>Responses are the peer's: how many wait for a slow callback is bounded.</summary>
    public void Responded(SipResponse response)
    {
        if (HearsResponses)
        {
            Tell(response, Code.CallbackQueue);
        }
    }

    public void Completed(DeliveryOutcome outcome) => Tell(outcome);

    protected override void Call(object what)
    {
        switch (what)
        {
            case Core.Hop hop:
                options.OnSent?.Invoke(Translate.ToHop(hop));
                break;
            case SipResponse response:
                options.OnResponse?.Invoke(response);
                break;
            case DeliveryOutcome outcome:
                options.OnCompleted?.Invoke(outcome);
                break;
        }
    }

    protected override void Called(object what)
    {
        if (what is DeliveryOutcome)
        {
            delivery.Publish();
        }
    }
}
