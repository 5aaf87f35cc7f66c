namespace SipFun.Shell;

/// <summary>
/// A machine that hears of its delivery where it happens: usually inside the turn, at the end of
/// the dispatcher outside of it. So it posts what it hears, and does nothing more.
/// </summary>
internal interface IDeliveryListener
{
    void Sent(Delivery delivery);

    void Responded(Delivery delivery, SipResponse response);

    /// <param name="delivery">Which.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="last">False: responses may still come, until <see cref="Forgotten"/>.</param>
    void Ended(Delivery delivery, Core.Outcome outcome, bool last);

    void Forgotten(Delivery delivery);
}
