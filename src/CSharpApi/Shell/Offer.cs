namespace SipFun.Shell;

/// <summary>A message on its way to the receivers.</summary>
internal sealed class Offer(Received received, long? number) : Visit
{
    public Received Received => received;

    /// <summary>By what the core knows it; null when nothing is to be said of it.</summary>
    public long? Number => number;
}
