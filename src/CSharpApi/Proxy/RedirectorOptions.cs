using SipFun.Shell;

namespace SipFun;

/// <summary>Whom a <see cref="Redirector"/> sends elsewhere, and where.</summary>
public sealed record RedirectorOptions
{
    /// <summary>
    /// The domains whose users are looked up in <see cref="Locations"/>, as they stand in
    /// Request-URIs. A user without a binding is answered 480. Default: none.
    /// </summary>
    public IReadOnlyCollection<string> Domains { get; init; } = [];

    /// <summary>
    /// Who is bound where; needed for <see cref="Domains"/>. <see cref="InMemoryLocationStore"/>
    /// answers within the turn; every other store is asked on the thread pool.
    /// </summary>
    public ILocationStore? Locations { get; init; }

    /// <summary>
    /// Domains that are elsewhere now: <c>example.com</c>, <c>*.example.com</c> (with example.com
    /// itself) or <c>*</c>. The user of the Request-URI goes with the request, unless the target names
    /// one. Default: none.
    /// </summary>
    public IReadOnlyDictionary<string, SipUri> Moved { get; init; } =
        new Dictionary<string, SipUri>();

    /// <summary>300 (Multiple Choices), 301 (Moved Permanently) or 302 (Moved Temporarily), the
    /// default (RFC 3261, 21.3).</summary>
    public int Status { get; init; } = StatusCode.MovedTemporarily;

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Domains);
        ArgumentNullException.ThrowIfNull(Moved);

        if (Domains.Count > 0 && Locations is null)
        {
            throw new ArgumentException("Domains needs Locations, where their users are bound.");
        }

        if (Domains.Count == 0 && Moved.Count == 0)
        {
            throw new ArgumentException("Nobody would be redirected. Give Domains or Moved.");
        }

        if (Moved.Keys.FirstOrDefault(key => !DomainPatterns.IsValid(key)) is { } bad)
        {
            throw new ArgumentException(
                $"\"{bad}\" is no domain. Write example.com, *.example.com or *."
            );
        }

        if (Domains.FirstOrDefault(name => !SentBy.TryHost(name, out _)) is { } domain)
        {
            throw new ArgumentException(
                $"\"{domain}\" is no host such as example.com or [::1]. A domain has no port."
            );
        }

        if (Moved.Values.Any(uri => uri is null))
        {
            throw new ArgumentException("A target is null.");
        }

        if (Status is < 300 or > 302)
        {
            throw new ArgumentException("Status is 300, 301 or 302.");
        }
    }
}
