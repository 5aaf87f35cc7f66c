namespace SipFun;

/// <summary>Why no next hop was found.</summary>
/// <param name="Stage">At which step of finding it.</param>
/// <param name="Fault">What was wrong.</param>
/// <param name="Detail">In words, and what to do next.</param>
public sealed record ResolutionError(ResolutionStage Stage, ResolutionFault Fault, string Detail);
