using System.Net;

namespace SipFun.Stepping;

/// <summary>
/// All that can happen to a dispatcher: one of the records below. Orders are imperatives, news are
/// past participles. Numbers are the caller's: fresh and rising over orders, messages, resolutions
/// and timers alike.
/// </summary>
public abstract record StepInput
{
    private StepInput() { }

    /// <summary>Take a message on its way.</summary>
    /// <param name="Number">Names the delivery in every effect.</param>
    /// <param name="Token">64 bits for the branch; unguessable where peers are not trusted.</param>
    /// <param name="Message">A request or a response.</param>
    public sealed record Deliver(long Number, ulong Token, SipMessage Message) : StepInput
    {
        /// <summary>A name of one's own. Default: the number.</summary>
        public DeliveryId? Id { get; init; }

        /// <summary>For <see cref="CancelCall"/>. Default: the message's own.</summary>
        public CallId? CallId { get; init; }

        /// <summary>Only these legs, by number. Default: any.</summary>
        public IReadOnlyList<int> Legs { get; init; } = [];

        /// <summary>Where to send to, whatever the message says.</summary>
        public Hop? Destination { get; init; }

        /// <summary>Of a response without transaction: the connection its request came by. Default:
        /// 0, none.</summary>
        public long Flow { get; init; }

        /// <summary>Whether a transaction is kept. Default: yes.</summary>
        public bool Retransmit { get; init; } = true;

        /// <summary>Only these transports, in this order. Default: what the legs offer.</summary>
        public IReadOnlyList<Transport> Transports { get; init; } = [];

        /// <summary>How long to wait for a final response. Default: as RFC 3261 does.</summary>
        public TimeSpan? AnswerWithin { get; init; }

        /// <summary>As <see cref="DeliverOptions.TryNextAfter"/>.</summary>
        public TimeSpan? TryNextAfter { get; init; }
    }

    /// <summary>Cancel one delivery.</summary>
    /// <param name="Number">Which.</param>
    public sealed record CancelDelivery(long Number) : StepInput;

    /// <summary>Cancel every delivery of a Call-ID.</summary>
    /// <param name="CallId">Which.</param>
    public sealed record CancelCall(CallId CallId) : StepInput;

    /// <summary>There is one more leg: one local address of one transport.</summary>
    /// <param name="Number">Names it from now on.</param>
    /// <param name="Transport">What carries messages there.</param>
    /// <param name="Address">Never the unspecified address.</param>
    /// <param name="Port">1 to 65535.</param>
    /// <param name="SentBy">What stands in our Via (RFC 3261, 18.1.1).</param>
    public sealed record AddLeg(
        int Number,
        Transport Transport,
        IPAddress Address,
        int Port,
        string SentBy
    ) : StepInput
    {
        /// <summary>It reaches these only. Default: everything of its family.</summary>
        public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

        /// <summary>As <see cref="LegOptions.PathMtu"/>.</summary>
        public int? PathMtu { get; init; }
    }

    /// <summary>A leg is gone.</summary>
    /// <param name="Number">Which.</param>
    public sealed record RemoveLeg(int Number) : StepInput;

    /// <summary>Somebody receives from now on.</summary>
    /// <param name="AllowedMethods">What a 405 says is allowed.</param>
    /// <param name="ForwardsResponses">Wants responses that match no transaction.</param>
    public sealed record SetReceiver(
        IReadOnlyCollection<SipMethod> AllowedMethods,
        bool ForwardsResponses
    ) : StepInput;

    /// <summary>Nobody receives any more.</summary>
    public sealed record RemoveReceiver : StepInput;

    /// <summary>Find the next hops of a URI.</summary>
    /// <param name="Number">Names the resolution.</param>
    /// <param name="Uri">A sip or sips URI.</param>
    public sealed record ResolveUri(long Number, SipUri Uri) : StepInput;

    /// <summary>Set nothing aside any more.</summary>
    /// <param name="Hop">This target; null: any.</param>
    public sealed record ClearMarks(Hop? Hop) : StepInput;

    /// <summary>Ring at an instant.</summary>
    /// <param name="Number">Names the timer.</param>
    /// <param name="Due">The instant.</param>
    /// <param name="Repeat">Then again each time; null: once.</param>
    public sealed record AddTimer(long Number, TimeSpan Due, TimeSpan? Repeat) : StepInput;

    /// <summary>Ring no more.</summary>
    /// <param name="Number">Which timer.</param>
    public sealed record CancelTimer(long Number) : StepInput;

    /// <summary>Complete every delivery <see cref="DeliveryOutcome.Disposed"/>.</summary>
    public sealed record Close : StepInput;

    /// <summary>From now on answer 503 to requests that would begin something new
    /// (<see cref="Dispatcher.DrainAsync"/>).</summary>
    public sealed record Drain : StepInput;

    /// <summary>A peer's connection was accepted.</summary>
    /// <param name="Leg">The leg it came to.</param>
    /// <param name="Source">The peer, with a fresh number as <see cref="Hop.Flow"/>.</param>
    /// <param name="Names">What its verified certificate says it is; empty without one.</param>
    public sealed record FlowAccepted(int Leg, Hop Source, IReadOnlyList<string> Names) : StepInput;

    /// <summary>A connection asked for is there.</summary>
    /// <param name="Flow">Its number.</param>
    public sealed record FlowOpened(long Flow) : StepInput;

    /// <summary>A connection ended, or never came to be.</summary>
    /// <param name="Flow">Its number.</param>
    /// <param name="Fault">Why.</param>
    /// <param name="Detail">In words.</param>
    public sealed record FlowClosed(long Flow, TransportFault Fault, string Detail) : StepInput;

    /// <summary>A connection was idle for as long as you allow: closed if nobody uses it.</summary>
    /// <param name="Flow">Its number.</param>
    public sealed record FlowIdle(long Flow) : StepInput;

    /// <summary>A connection is as old as you allow: used no more, closed when nobody uses
    /// it.</summary>
    /// <param name="Flow">Its number.</param>
    public sealed record FlowExpired(long Flow) : StepInput;

    /// <summary>A message came in.</summary>
    /// <param name="Number">Names it in <see cref="IEffectHandler.PassUp"/>.</param>
    /// <param name="Leg">The leg it came by.</param>
    /// <param name="Source">Where it came from.</param>
    /// <param name="Message">The message.</param>
    public sealed record Received(long Number, int Leg, Hop Source, SipMessage Message) : StepInput;

    /// <summary>What came in is no message. A request among it is answered when there is a receiver
    /// (RFC 4475, 3.3.1).</summary>
    /// <param name="Leg">By which leg.</param>
    /// <param name="Source">From where.</param>
    /// <param name="Packet">Its bytes.</param>
    /// <param name="Status">The answer: 400, 505 or 513, as
    /// <see cref="ParseError.SuggestedStatus"/> has it.</param>
    public sealed record Unparsed(int Leg, Hop Source, ReadOnlyMemory<byte> Packet, int Status)
        : StepInput;

    /// <summary>What the receivers said of a request passed up.</summary>
    /// <param name="Number">Of the request.</param>
    /// <param name="Receipt">What they said.</param>
    public sealed record Receipted(long Number, Receipt Receipt) : StepInput;

    /// <summary>A request passed up came back unread: too many wait.</summary>
    /// <param name="Number">Of the request.</param>
    public sealed record Overflowed(long Number) : StepInput;

    /// <summary>The DNS answered.</summary>
    /// <param name="Question">As it was asked.</param>
    /// <param name="Answer">The answer.</param>
    public sealed record Answered(DnsQuestion Question, DnsAnswer Answer) : StepInput;

    /// <summary>The system said from which address it would send.</summary>
    /// <param name="Destination">As it was asked.</param>
    /// <param name="Source">Null: it has no way there, and the legs' own addresses decide.</param>
    public sealed record SourceChosen(IPAddress Destination, IPAddress? Source) : StepInput;

    /// <summary>A packet was sent.</summary>
    /// <param name="Number">Whose.</param>
    public sealed record Transmitted(long Number) : StepInput;

    /// <summary>A packet could not be sent.</summary>
    /// <param name="Number">Whose.</param>
    /// <param name="Hop">Where to.</param>
    /// <param name="Fault">Why.</param>
    /// <param name="Detail">In words.</param>
    public sealed record Failed(long Number, Hop Hop, TransportFault Fault, string Detail)
        : StepInput;

    /// <summary>An ICMP message came back for a datagram of ours.</summary>
    /// <param name="Branch">Of the top Via of the datagram it quotes.</param>
    /// <param name="Fault">What it says.</param>
    /// <param name="Detail">In words.</param>
    public sealed record Bounced(string Branch, TransportFault Fault, string Detail) : StepInput;

    /// <summary>An ICMP message came back for a datagram of ours: too big for its path.</summary>
    /// <param name="Branch">Of the top Via of the datagram it quotes.</param>
    /// <param name="Mtu">The largest packet, in bytes, that the path takes.</param>
    public sealed record PathMtuLearnt(string Branch, int Mtu) : StepInput;

    /// <summary>Time has passed: what is due is done.</summary>
    public sealed record Tick : StepInput;
}
