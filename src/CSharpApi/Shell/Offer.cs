namespace SipFun.Shell;

/// <summary>A message on its way to the receivers.</summary>
internal sealed class Offer(Received received, IReceiver receiver) : Visit
{
    public Received Received => received;

    /// <summary>Who is asked.</summary>
    public IReceiver Receiver => receiver;
}
