namespace SipFun;

/// <summary>What a <see cref="Blocker"/> refuses.</summary>
public sealed record BlockerOptions
{
    private static readonly SipRequest _probe = SipRequest.Create(
        SipMethod.Options,
        SipUri.Parse("sip:probe.invalid"),
        NameAddr.Parse("<sip:probe.invalid>;tag=1"),
        NameAddr.Parse("<sip:probe.invalid>"),
        CallId.Parse("probe"),
        1
    );

    /// <summary>The methods that are refused, and how. An ACK is never answered and cannot be
    /// blocked; that of a blocked INVITE ends at the dispatcher.</summary>
    public required IReadOnlyDictionary<SipMethod, BlockedMethod> Methods { get; init; }

    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(Methods);

        foreach (var (method, blocked) in Methods)
        {
            ArgumentNullException.ThrowIfNull(blocked, nameof(Methods));
            ArgumentNullException.ThrowIfNull(blocked.Headers, nameof(Methods));

            if (method == SipMethod.Ack)
            {
                throw new ArgumentException("An ACK is never answered. Drop it by a Dropper.");
            }

            if (blocked.Status is < 300 or > 699)
            {
                throw new ArgumentException(
                    $"{method} is refused with 300 to 699, not with {blocked.Status}."
                );
            }

            // Throws now what would throw at the first request.
            _ = blocked.Headers.Aggregate(
                _probe.CreateResponse(blocked.Status, "1", blocked.Reason),
                (response, field) => response.WithAddedHeader(field.Key, field.Value)
            );
        }
    }
}
