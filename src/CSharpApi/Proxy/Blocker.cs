using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Refuses requests by their method, without state (RFC 3261, 8.2.7), and passes all others. Put it into
/// a chain before receivers that would take them.
/// </summary>
/// <example>
/// <code>
/// var blocker = new Blocker(new()
/// {
///     Methods = new Dictionary&lt;SipMethod, BlockedMethod&gt; { [SipMethod.Subscribe] = new(489) },
/// });
/// dispatcher.SetReceiver(Receiver.Chain(blocker, agent));
/// </code>
/// </example>
public sealed class Blocker : IReceiver, ITurnReceiver
{
    private readonly Dictionary<SipMethod, BlockedMethod> _methods;

    /// <summary>A blocker. One may serve several dispatchers.</summary>
    /// <param name="options">What it refuses.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    public Blocker(BlockerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _methods = new Dictionary<SipMethod, BlockedMethod>(options.Methods);
    }

    /// <summary>What it was made with.</summary>
    public BlockerOptions Options { get; }

    Receipt ITurnReceiver.Receive(Received received)
    {
        if (
            received.Message is not SipRequest request
            || !_methods.TryGetValue(request.Method, out var blocked)
        )
        {
            return Receipt.Pass;
        }

        received.Count(Reason.Blocked);
        received.Refuse(blocked.Status, FieldsOf(blocked, received), blocked.Reason);
        return Receipt.Stateless;
    }

    private IEnumerable<KeyValuePair<string, string>> FieldsOf(
        BlockedMethod blocked,
        Received received
    )
    {
        const string allow = "Allow";
        var isGiven = blocked.Headers.Any(field =>
            field.Key.Equals(allow, StringComparison.OrdinalIgnoreCase)
        );

        if (blocked.Status != StatusCode.MethodNotAllowed || isGiven)
        {
            return blocked.Headers;
        }

        var methods = Core.Dispatcher.allowed(received.Dispatcher.Engine.Loop.Newest);
        var others = methods.Where(method => !_methods.ContainsKey(method));
        return [.. blocked.Headers, new(allow, string.Join(", ", others))];
    }
}
