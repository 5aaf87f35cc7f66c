using System.Net;

namespace SipFun;

/// <summary>What a <see cref="Dropper"/> drops. All of it may be left out: then nothing is.</summary>
public sealed record DropperOptions
{
    /// <summary>Requests that one of these fits are dropped. Default: none.</summary>
    public IReadOnlyList<DropRule> Rules { get; init; } = [];

    /// <summary>Requests from there are dropped. Default: none.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>
    /// How many requests of one source (an IPv4 address, or the /64 of an IPv6 one) are heard within
    /// <see cref="Interval"/>. One more, and nothing of it is heard for <see cref="Silence"/>. Copies
    /// that a transaction absorbs do not count. Default: null, as many as it likes.
    /// </summary>
    public int? MaxPerSource { get; init; }

    /// <summary>Within which a source's requests are counted. Default a second; at most a day.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>For how long a source is not heard that sent too much. Default a minute; at most a
    /// day.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>As many sources are counted at one time; of more, the one whose time is over first is
    /// forgotten. Default 100,000.</summary>
    public int MaxSources { get; init; } = 100_000;

    /// <summary>Sources whose requests are neither counted nor dropped, such as one's own proxies.
    /// Default: none.</summary>
    public IReadOnlyList<IPNetwork> Trusted { get; init; } = [];

    /// <summary>Only these methods are counted and dropped. Default: empty, all, ACK
    /// included.</summary>
    public IReadOnlyCollection<SipMethod> Methods { get; init; } = [];

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Rules);
        ArgumentNullException.ThrowIfNull(Networks);
        ArgumentNullException.ThrowIfNull(Trusted);
        ArgumentNullException.ThrowIfNull(Methods);

        if (Rules.Any(rule => rule is null))
        {
            throw new ArgumentException("A rule is null.");
        }

        if (MaxPerSource < 1 || MaxSources < 1)
        {
            throw new ArgumentException("MaxPerSource and MaxSources are at least 1.");
        }

        if (IsNoDuration(Interval) || IsNoDuration(Silence))
        {
            throw new ArgumentException(
                "Interval and Silence are more than zero, and at most a day."
            );
        }
    }

    private static bool IsNoDuration(TimeSpan length) =>
        length <= TimeSpan.Zero || length > TimeSpan.FromDays(1);
}
