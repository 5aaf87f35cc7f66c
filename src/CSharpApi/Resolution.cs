namespace SipFun;

/// <summary>What <see cref="Dispatcher.ResolveUriAsync"/> found.</summary>
public sealed record Resolution
{
    private readonly Core.Trace? _trace;

    internal Resolution(
        IReadOnlyList<Candidate> candidates,
        ResolutionError? error,
        Core.Trace? trace
    ) => (Candidates, Error, _trace) = (candidates, error, trace);

    /// <summary>The next hops in the order in which they are tried (RFC 3263, 4.3).</summary>
    public IReadOnlyList<Candidate> Candidates { get; }

    /// <summary>Why there is none; null when there are candidates.</summary>
    public ResolutionError? Error { get; }

    /// <summary>How they were found, rule by rule and with instants, one line a decision.</summary>
    public string Explain() => _trace is null ? "" : Core.Explanation.text(_trace);

    /// <summary>What <see cref="Explain"/> says, as data.</summary>
    public IReadOnlyList<ExplanationStep> Steps => ExplanationStep.Of(_trace);

    /// <summary>The same candidates and the same error, however they were found.</summary>
    public bool Equals(Resolution? other) =>
        other is not null && Error == other.Error && Candidates.SequenceEqual(other.Candidates);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Error, Candidates.Count);
}
