namespace SipFun.Shell;

/// <summary>An upgrade to WebSocket that was refused, by us or by the peer (RFC 6455, 4).</summary>
/// <param name="reason">For the counters.</param>
/// <param name="status">The HTTP status of the refusal; 0 where there was none.</param>
/// <param name="detail">What is wrong, in words; nothing of the peer's.</param>
internal sealed class UpgradeException(Reason reason, int status, string detail)
    : IOException(detail)
{
    public Reason Reason { get; } = reason;

    public int Status { get; } = status;
}
