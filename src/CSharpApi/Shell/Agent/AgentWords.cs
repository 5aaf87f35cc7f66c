// Between the words of the user agent's face and those of its machine. Each pair of functions is total.
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace SipFun.Shell;

/// <summary>Facade values to the machine's, and back.</summary>
internal static class AgentWords
{
    /// <exception cref="ArgumentException">A header field or a body cannot be so.</exception>
    public static Core.Content Content(
        SipBody? body = null,
        IReadOnlyList<KeyValuePair<string, string>>? headers = null,
        bool isRefusal = false
    )
    {
        ContentCheck.ThrowIfUnfit(body, headers, isRefusal);
        return new Core.Content(
            Translate.ToList(headers?.Select(pair => Tuple.Create(pair.Key, pair.Value))),
            body?.ContentType,
            body?.Bytes ?? ReadOnlyMemory<byte>.Empty
        );
    }

    public static FSharpList<Core.Login> Logins(IEnumerable<DigestCredentials> credentials) =>
        Translate.ToList(credentials.Select(one => one.ToLogin()));

    public static Core.AgentSettings ToSettings(
        UserAgentOptions options,
        Core.Timers timers,
        (ulong, ulong) secret
    )
    {
        var limits = Core.AgentLimitsModule.standard;
        return new Core.AgentSettings(
            timers,
            secret,
            methods: Translate.ToList(options.Methods),
            extensions: Translate.ToList(options.Extensions),
            accept: Translate.ToList(options.Accept),
            product: options.Product,
            reliability: (Core.Reliability)(int)options.ReliableProvisionals,
            session: new Core.SessionTimer(
                Translate.ToDuration(options.SessionTimer),
                Clock.Milliseconds(options.MinSessionTimer)
            ),
            isLast: false,
            limits: new Core.AgentLimits(
                calls: options.MaxCalls,
                exchanges: limits.Exchanges,
                registrations: limits.Registrations,
                requests: limits.Requests,
                perCall: limits.PerCall,
                ringFor: Clock.Milliseconds(options.RingFor),
                answerWithin: Clock.Milliseconds(options.AnswerWithin),
                perStep: limits.PerStep
            )
        );
    }

    public static Core.InviteOrder ToOrder(
        Core.Party party,
        UserAgentOptions agent,
        CallOptions call
    ) =>
        new(
            party,
            Content(call.Body, call.Headers),
            Content(call.AckBody),
            call.FollowRedirects ?? agent.FollowRedirects,
            (Core.ForkPolicy)(int)(call.ForkPolicy ?? agent.ForkPolicy),
            Translate.ToDuration(call.AnswerWithin),
            (Core.Reliability)(int)(call.ReliableProvisionals ?? agent.ReliableProvisionals),
            Translate.ToDuration(call.SessionTimer ?? agent.SessionTimer)
        );

    public static CallEnd ToCallEnd(Core.CallEnd ending) =>
        ending switch
        {
            Core.CallEnd.HungUp { Item: var end } => HungUp(end),
            Core.CallEnd.Left { Item: var bye } => new(CallEndKind.HungUpByPeer) { Bye = bye },
            Core.CallEnd.Rejected { Item: var response } => new(
                response.StatusCode < 400 ? CallEndKind.Redirected : CallEndKind.Rejected
            )
            {
                Response = response,
            },
            Core.CallEnd.Declined { status: var status } => new(CallEndKind.Declined)
            {
                Status = status,
            },
            Core.CallEnd.Failed { Item: var outcome } => Failed(outcome),
            Core.CallEnd.Lost { Item: var end } => With(new(CallEndKind.Lost), end),
            Core.CallEnd.Refused { Item: var refusal } => new(
                refusal == Core.AgentRefusal.Closed ? CallEndKind.Disposed : CallEndKind.Refused
            ),
            { IsCancelled: true } => new(CallEndKind.Cancelled),
            { IsWithdrawn: true } => new(CallEndKind.CancelledByPeer),
            { IsUnacknowledged: true } => new(CallEndKind.TimedOut),
            _ => new(CallEndKind.SessionExpired),
        };

    public static Exception ToException(Core.AgentRefusal refusal) =>
        refusal switch
        {
            Core.AgentRefusal.Closed => new ObjectDisposedException(nameof(UserAgent)),
            Core.AgentRefusal.NoCall => new InvalidOperationException(
                "The call is not answered yet, or over: nothing can be sent in it. Wait for "
                    + "Answered, and look at Ended."
            ),
            Core.AgentRefusal.NotNow => new InvalidOperationException(
                "A re-INVITE or UPDATE of one end is under way in the call. Send the next one when "
                    + "it is answered."
            ),
            Core.AgentRefusal.Method => new ArgumentException(
                "The agent sends this method itself: use CallAsync, ByeAsync, CancelAsync or "
                    + "RegisterAsync."
            ),
            Core.AgentRefusal.Malformed => new ArgumentException(
                "A header field or body cannot be so (RFC 3261, 25.1), or a MESSAGE has a Contact "
                    + "(RFC 3428, 4)."
            ),
            _ => new InvalidOperationException(
                "Too much is under way at this user agent. Wait for some of it."
            ),
        };

    public static RegistrationException ToFailure(Core.ExchangeEnd ending) =>
        ending switch
        {
            Core.ExchangeEnd.Answered { Item: var response } => new(
                Core.Sanitizer.text(
                    $"The registrar refused: {response.StatusCode} {response.ReasonPhrase}. "
                ) + (response.StatusCode is 401 or 407 ? "Check the credentials." : ""),
                response,
                null
            ),
            Core.ExchangeEnd.Failed { Item: var outcome } => Unanswered(
                Translate.ToOutcome(outcome)
            ),
            Core.ExchangeEnd.Refused { Item: var refusal } => new(
                ToException(refusal).Message,
                null,
                null
            ),
            _ => new("The registration ended.", null, null),
        };

    /// <summary>What became of the last request, as far as it is known.</summary>
    public static (SipResponse? Response, DeliveryOutcome? Outcome) ToParts(
        Core.ExchangeEnd ending
    ) =>
        ending switch
        {
            Core.ExchangeEnd.Answered { Item: var response } => (response, null),
            Core.ExchangeEnd.Failed { Item: var outcome } => (null, Translate.ToOutcome(outcome)),
            _ => (null, null),
        };

    private static RegistrationException Unanswered(DeliveryOutcome outcome) =>
        new(DeliveryException.Advice(outcome), null, outcome);

    private static CallEnd HungUp(Core.ExchangeEnd ending) =>
        ending is Core.ExchangeEnd.Failed { Item.IsDisposed: true }
            ? new CallEnd(CallEndKind.Disposed)
            : With(new(CallEndKind.HungUp), ending);

    private static CallEnd With(CallEnd end, Core.ExchangeEnd ending)
    {
        var (response, outcome) = ToParts(ending);
        return end with { Response = response, Outcome = outcome };
    }

    private static CallEnd Failed(Core.Outcome outcome)
    {
        var told = Translate.ToOutcome(outcome);
        var kind = told.Kind switch
        {
            DeliveryOutcomeKind.Answered => CallEndKind.Unusable,
            DeliveryOutcomeKind.TimedOut => CallEndKind.TimedOut,
            DeliveryOutcomeKind.Disposed => CallEndKind.Disposed,
            DeliveryOutcomeKind.Cancelled => CallEndKind.Cancelled,
            DeliveryOutcomeKind.Refused => CallEndKind.Refused,
            _ => CallEndKind.Unreachable,
        };
        var response = (told as DeliveryOutcome.Answered)?.Response;
        return new CallEnd(kind) { Response = response, Outcome = told };
    }
}
