namespace SipFun;

/// <summary>
/// RFC 3261's three basic times (17.1.1.1, table 4), from which all its timers follow: a request
/// without any response is given up after 64*T1 (Timers B and F). Rounded up to milliseconds.
/// </summary>
/// <param name="T1">The round trip expected, and the first interval between copies.</param>
/// <param name="T2">The longest interval between copies of a non-INVITE request or a
/// response.</param>
/// <param name="T4">How long a message may stay in the network.</param>
public sealed record Timers(TimeSpan T1, TimeSpan T2, TimeSpan T4)
{
    /// <summary>The defaults of RFC 3261: T1 500 ms, T2 4 s, T4 5 s.</summary>
    public static Timers Rfc3261 { get; } =
        new(TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(5));

    internal void Validate()
    {
        if (T1 <= TimeSpan.Zero || T2 < T1 || T4 <= TimeSpan.Zero || T4 > Longest || T2 > Longest)
        {
            throw new ArgumentException(
                $"The timers T1 {T1}, T2 {T2}, T4 {T4} make no sense: T1 and T4 are more than "
                    + "zero, T2 is at least T1, none is longer than an hour. RFC 3261 has 500 ms, "
                    + "4 s, 5 s."
            );
        }
    }

    private static TimeSpan Longest => TimeSpan.FromHours(1);
}
