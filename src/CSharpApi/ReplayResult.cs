namespace SipFun;

/// <summary>What came of <see cref="Recording.ReplayAsync"/>.</summary>
/// <param name="Steps">How many steps were replayed, the one that differs included.</param>
/// <param name="IsComplete">The recording goes to the dispatcher's end. False: it was cut off, or
/// could not keep up; what there is was replayed all the same.</param>
/// <param name="Difference">The first step whose effects are others than those recorded; null:
/// all are the same.</param>
public sealed record ReplayResult(long Steps, bool IsComplete, ReplayDifference? Difference);
