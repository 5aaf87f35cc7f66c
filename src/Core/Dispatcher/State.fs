// All that a dispatcher knows: one queue of entries, the indexes by which peers and callers find them,
// and nothing that a table entry does not own (law D7). Counters are not state.
namespace SipFun.Core

open SipFun

type State = {
    /// The latest instant seen: time never runs backwards here, whatever comes in.
    Now: Instant
    Legs: Leg list
    Receiver: Receiver voption
    Queue: Queue<Entry>
    /// Client transactions and replies by their Call-IDs.
    ByCallId: Index
    /// Deliveries whose name is not simply their number.
    ByName: Index
    /// Server transactions by branch, sent-by and method (RFC 3261, 17.2.3).
    ByKey: Index
    /// Server transactions by From tag, Call-ID and CSeq (8.2.2.2).
    ByMerge: Index
    /// INVITE server transactions by what the ACK to their 2xx bears (13.3.1.4).
    ByAck: Index
    /// The CANCEL of an INVITE, by the INVITE's number.
    Cancels: Trie<int64>
    /// Who waits for the answer to a question.
    Questions: Map<Question, int64 list>
    /// What the shell was asked and has not answered, whoever waits for it.
    Inquiries: Inquiries
    /// Who waits for the source address to a destination, by the destination's key.
    Sourcing: Map<struct (Family * uint64 * uint64 * uint32), int64 list>
    /// What the DNS said, for all.
    Cache: Cache
    /// What the system said of source addresses.
    Sources: Sources
    /// Targets that failed lately.
    Marks: Marks
    /// What ICMP said of paths.
    PathMtus: PathMtus
    /// Which target answered a call.
    Sticky: Sticky
    /// Connections, open or being opened, by number: rising from 1 the shell's, falling from -1 ours.
    Flows: Trie<Flow>
    /// Connections by remote end and verified name.
    ByPeer: Index
    /// Who uses a connection, by its number.
    ByFlow: Index
    FlowCount: int
    /// The number of the last connection asked for.
    Dialled: int64
    /// Deliveries not completed, client transactions that linger, server transactions.
    Deliveries: int
    Lingering: int
    Servers: int
    /// Server transactions, of those, that have no final response yet.
    Unanswered: int
    /// Nothing new begins here.
    IsDraining: bool
}

module State =
    let empty = {
        Now = 0L<ms>
        Legs = []
        Receiver = ValueNone
        Queue = Queue.empty
        ByCallId = Trie.empty
        ByName = Trie.empty
        ByKey = Trie.empty
        ByMerge = Trie.empty
        ByAck = Trie.empty
        Cancels = Trie.empty
        Questions = Map.empty
        Inquiries = Inquiries.empty
        Sourcing = Map.empty
        Cache = Cache.empty
        Sources = Map.empty
        Marks = Map.empty
        PathMtus = Map.empty
        Sticky = Sticky.empty
        Flows = Trie.empty
        ByPeer = Trie.empty
        ByFlow = Trie.empty
        FlowCount = 0
        Dialled = 0L
        Deliveries = 0
        Lingering = 0
        Servers = 0
        Unanswered = 0
        IsDraining = false
    }

    let legs (state: State) = state.Legs

    let tryFind number (state: State) =
        match Queue.tryFind number state.Queue with
        | ValueSome waiting -> ValueSome waiting.Value
        | ValueNone -> ValueNone

    /// The targets set aside at this instant, what ends first, first.
    let marks now (state: State) = Marks.valid now state.Marks

    /// Whom a certificate says the other end of a connection is: the names that a peer proved, or the
    /// one that we verified (RFC 5922, 7; RFC 5923).
    let names (flow: int64) (state: State) =
        match Trie.tryFind (uint64 flow) state.Flows with
        | ValueSome flow when not (TransportName.isSecure flow.Hop.Transport) -> []
        | ValueSome { Hop = { Flow = number; VerifyName = NonNull name } } when number < 0L -> [
            name
          ]
        | ValueSome flow -> flow.Names
        | ValueNone -> []

    /// The delivery is accepted and not completed.
    let isUnderWay number (state: State) =
        match tryFind number state with
        | ValueSome(ClientEntry client) -> not client.Told
        | ValueSome(ReplyEntry _) -> true
        | _ -> false

    /// The decisions so far about something under way; none once its outcome was told.
    let trace number (state: State) =
        match tryFind number state with
        | ValueSome(ClientEntry client) when not client.Told -> ValueSome client.Trace
        | ValueSome(ReplyEntry reply) -> ValueSome reply.Trace
        | ValueSome(LookupEntry lookup) -> ValueSome lookup.Trace
        | _ -> ValueNone

    /// Nobody waits for anything any more: what is left absorbs copies, or is a timer's.
    let isDone (state: State) = state.Deliveries = 0 && state.Unanswered = 0

    /// Nothing in any table but the legs, their connections, the receiver, and what is remembered.
    let idle (state: State) =
        let kept = {
            empty with
                Now = state.Now
                Legs = state.Legs
                Receiver = state.Receiver
                Inquiries = state.Inquiries
                Cache = state.Cache
                Sources = state.Sources
                Marks = state.Marks
                PathMtus = state.PathMtus
                Sticky = state.Sticky
                Flows = state.Flows
                ByPeer = state.ByPeer
                FlowCount = state.FlowCount
                Dialled = state.Dialled
                IsDraining = state.IsDraining
        }

        state = kept
