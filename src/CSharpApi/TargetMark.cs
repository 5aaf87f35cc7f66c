namespace SipFun;

/// <summary>
/// A target that failed lately and is tried after all others until its time is over, or it answers
/// (RFC 3263, 4.3; RFC 3261, 21.5.4).
/// </summary>
/// <param name="Hop">The target.</param>
/// <param name="Reason">Why it is set aside.</param>
/// <param name="Detail">What the system or the peer said.</param>
/// <param name="Left">For how long it stays so.</param>
public sealed record TargetMark(Hop Hop, MarkReason Reason, string Detail, TimeSpan Left);
