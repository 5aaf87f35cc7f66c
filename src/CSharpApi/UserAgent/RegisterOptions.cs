using SipFun.Shell;

namespace SipFun;

/// <summary>What one registration wants. All of it may be left out.</summary>
public sealed record RegisterOptions
{
    private static readonly string[] _own = ["Contact", "m", "Expires"];

    internal static RegisterOptions None { get; } = new();

    /// <summary>Whom to tell. Default: the agent's <see cref="UserAgentOptions.Registrar"/>.</summary>
    public SipUri? Registrar { get; init; }

    /// <summary>What to bind. Default: the agent's Contact.</summary>
    public NameAddr? Contact { get; init; }

    /// <summary>
    /// For how long a binding is asked for, in whole seconds; it is refreshed before it ends. A
    /// registrar that wants it longer (423) gets its wish. Default: an hour.
    /// </summary>
    public TimeSpan Expires { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Further header fields, but Contact and Expires. Default: none.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>
    /// After the first binding, each refresh and each failed one, on the thread pool. One that throws is logged and
    /// counted.
    /// </summary>
    public Action<Registration>? OnChanged { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Headers);
        ContentCheck.ThrowIfUnfit(null, Headers, isRefusal: false);

        if (Expires < TimeSpan.FromSeconds(1) || Expires.TotalSeconds > int.MaxValue)
        {
            throw new ArgumentException(
                "Expires is at least a second. To take a binding back, call UnregisterAsync."
            );
        }

        if (Headers.Any(header => _own.Contains(header.Key, StringComparer.OrdinalIgnoreCase)))
        {
            throw new ArgumentException(
                "Contact and Expires are the registration's own: set them in the options."
            );
        }

        if (Registrar is { IsSip: false })
        {
            throw new ArgumentException("Registrar is reached by sip: or sips:.");
        }
    }
}
