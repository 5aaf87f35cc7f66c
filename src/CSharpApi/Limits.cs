namespace SipFun;

/// <summary>
/// How much of everything a dispatcher holds at one time. What is beyond a limit is refused,
/// answered 503 or dropped, and always counted (<see cref="Dispatcher.Counters"/>).
/// </summary>
/// <remarks>
/// Timers of <c>AddTimer</c>, legs, and resolutions of <c>ResolveUriAsync</c> have no limit: only
/// the program itself makes them, never a peer, and each resolution ends at
/// <see cref="ResolveWithin"/>.
/// </remarks>
public sealed record Limits
{
    /// <summary>The defaults of each limit.</summary>
    public static Limits Default { get; } = new();

    /// <summary>
    /// Deliveries under way; default 1,000,000. One more ends <see cref="RefusalReason.TooMany"/>.
    /// </summary>
    public int Deliveries { get; init; } = 1_000_000;

    /// <summary>
    /// Server transactions, lingering ones included (RFC 3261, 17.2); default 1,000,000. One more
    /// request is answered 503.
    /// </summary>
    public int Transactions { get; init; } = 1_000_000;

    /// <summary>
    /// Client transactions that linger after their delivery completed (Timers D, K, M); default
    /// 1,000,000. Beyond that a transaction does not linger: its repeats are counted as stray.
    /// </summary>
    public int Lingering { get; init; } = 1_000_000;

    /// <summary>Entries that are due and worked off in one step; default 1,000.</summary>
    public int PerStep { get; init; } = 1_000;

    /// <summary>
    /// Copies of one request kept while its receiver has not said what it is to them; default 8.
    /// </summary>
    public int HeldCopies { get; init; } = 8;

    /// <summary>How long a request that was handled may stay unanswered; default 180 s.</summary>
    public TimeSpan UnansweredFor { get; init; } = TimeSpan.FromSeconds(180);

    /// <summary>How long finding a next hop may take in all; default 15 s.</summary>
    public TimeSpan ResolveWithin { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long one stage of a resolution may take (NAPTR, SRV, addresses), with all its questions; then
    /// they count as not answered, and the next stage goes on without them. Default 5 s.
    /// </summary>
    public TimeSpan DnsAnswerWithin { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Answers of the DNS that are kept, for their TTL (1 s to 1 day; negative ones by RFC 2308 and
    /// at most 5 minutes); default 10,000. Beyond that what would end first is dropped and counted.
    /// </summary>
    public int DnsAnswers { get; init; } = 10_000;

    /// <summary>Targets set aside at one time (<see cref="Dispatcher.Marks"/>); default 1,000.
    /// Beyond that what would end first is forgotten.</summary>
    public int Marks { get; init; } = 1_000;

    /// <summary>Addresses for which the MTU of the path is kept, as ICMP said it; default 1,000.
    /// Beyond that what would end first is forgotten.</summary>
    public int PathMtus { get; init; } = 1_000;

    /// <summary>Call-IDs of which the target is remembered
    /// (<see cref="DispatcherOptions.KeepTargetFor"/>); default 10,000. Beyond that the oldest is
    /// forgotten.</summary>
    public int KeptTargets { get; init; } = 10_000;

    /// <summary>Decisions kept for each explanation, the first and the last; default 64; 0:
    /// none.</summary>
    public int Decisions { get; init; } = 64;

    /// <summary>The largest datagram that is sent, in bytes; default 65,507, what UDP can
    /// carry. Streams have no such limit.</summary>
    public int PacketBytes { get; init; } = 65_507;

    /// <summary>
    /// Connections of all legs together, accepted ones and those being opened included; default
    /// 100,000. One more is not accepted, or ends
    /// <see cref="TransportFault.TooManyConnections"/>.
    /// </summary>
    public int Connections { get; init; } = 100_000;

    /// <summary>Packets that wait for one connection to open; default 1,000. One more ends
    /// <see cref="TransportFault.QueueFull"/>.</summary>
    public int ConnectQueue { get; init; } = 1_000;

    /// <summary>The largest datagram that is looked at, in bytes; default 65,535.</summary>
    public int DatagramBytes { get; init; } = 65_535;

    /// <summary>Datagrams of one socket taken in one turn; default 64.</summary>
    public int DatagramsPerTurn { get; init; } = 64;

    /// <summary>
    /// Messages offered to the receivers and not yet answered by them; default 10,000. One more
    /// request is answered 503.
    /// </summary>
    public int ReceiveQueue { get; init; } = 10_000;

    /// <summary>
    /// Events of one delivery that wait for its callbacks; default 256. Further responses are not
    /// told; the outcome always is.
    /// </summary>
    public int CallbackQueue { get; init; } = 256;

    /// <summary>
    /// Lines of a recording (<see cref="DispatcherOptions.Recorder"/>) that wait to be written;
    /// default 100,000. One more ends the recording: with a hole it could not be replayed.
    /// </summary>
    public int RecorderQueue { get; init; } = 100_000;

    /// <summary>
    /// How long <see cref="Dispatcher.DisposeAsync"/> waits for callbacks and receivers that still
    /// run, by <see cref="DispatcherOptions.TimeProvider"/>; default 5 s. Whatever runs longer is
    /// left alone, and counted.
    /// </summary>
    public TimeSpan DisposeWithin { get; init; } = TimeSpan.FromSeconds(5);

    internal void Validate()
    {
        int[] counts =
        [
            Deliveries,
            Transactions,
            Lingering,
            PerStep,
            HeldCopies,
            PacketBytes,
            Connections,
            ConnectQueue,
            DnsAnswers,
            Marks,
            PathMtus,
            KeptTargets,
            DatagramBytes,
            DatagramsPerTurn,
            ReceiveQueue,
            CallbackQueue,
            RecorderQueue,
        ];

        if (
            Array.Exists(counts, count => count < 1)
            || Decisions < 0
            || UnansweredFor <= TimeSpan.Zero
            || DnsAnswerWithin <= TimeSpan.Zero
            || ResolveWithin <= TimeSpan.Zero
            || ResolveWithin > TimeSpan.FromDays(1)
            || DisposeWithin <= TimeSpan.Zero
            || DisposeWithin > TimeSpan.FromDays(1)
        )
        {
            throw new ArgumentException(
                "Every limit is at least 1 or more than zero (Decisions may be 0, ResolveWithin "
                    + "and DisposeWithin are at most a day). "
                    + "Start from Limits.Default with { ... }."
            );
        }
    }
}
