namespace SipFun.Testing;

/// <summary>How well questions are answered. Probabilities are 0 to 1, and each question draws its
/// own lot. The default is a name server that answers at once.</summary>
public sealed record DnsConditions
{
    /// <summary>The default: every question is answered, at once.</summary>
    public static DnsConditions Good { get; } = new();

    /// <summary>How long an answer takes. Default: none.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How much longer it may take, evenly distributed. Default: none.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>The share of questions answered SERVFAIL. Default: 0.</summary>
    public double ServFail { get; init; }

    /// <summary>The share of questions that nobody answers: the dispatcher gives up
    /// (<see cref="Limits.ResolveWithin"/>). Default: 0.</summary>
    public double Silence { get; init; }

    /// <summary>The share of answers of which only the first record is left, as by a server that
    /// cuts off its list. Default: 0.</summary>
    public double Truncation { get; init; }

    internal void Validate()
    {
        foreach (var share in (double[])[ServFail, Silence, Truncation])
        {
            if (share is < 0 or > 1 or double.NaN)
            {
                throw new ArgumentException($"A share of questions is {share}: give 0 to 1.");
            }
        }

        if (Delay < TimeSpan.Zero || Jitter < TimeSpan.Zero)
        {
            throw new ArgumentException("A delay is negative.");
        }
    }
}
