// What one dispatcher was told at its start and never forgets: timers, limits, rules, secrets.
namespace SipFun.Core

open SipFun

/// How much of everything there may be at one time.
type Limits = {
    /// Deliveries not yet completed.
    Deliveries: int
    /// Server transactions, lingering ones included.
    Transactions: int
    /// Client transactions that linger after their delivery completed.
    Lingering: int
    /// Due entries worked off in one step.
    PerStep: int
    /// Copies of one request kept while its receivers have not said what it is to them.
    HeldCopies: int
    /// How long a request that was handled may stay unanswered.
    UnansweredFor: Duration
    /// How long finding a next hop may take in all.
    ResolveWithin: Duration
    /// Decisions kept for an explanation; 0: none.
    Decisions: int
    /// The largest packet that is sent.
    PacketBytes: int
    /// Connections, those being opened included.
    Flows: int
    /// Packets that wait for one connection to open.
    FlowQueue: int
}

/// What is remembered from one delivery to the next, and how long things may take.
type Memories = {
    /// Answers of the DNS that are kept.
    Answers: int
    /// How long an answer that is too old may serve while it is asked for anew; 0: never.
    StaleFor: Duration
    /// How long one question of a stage may take.
    AnswerWithin: Duration
    /// Targets set aside at one time.
    Marks: int
    /// How long a target that failed is set aside; 0: never.
    MarkFor: Duration
    /// Addresses for which the MTU of the path is kept.
    PathMtus: int
    /// Calls of which the target is kept.
    Sticky: int
    /// How long a call keeps to the target that answered it; 0: not at all.
    StickyFor: Duration
    /// When another target is left, one that says nothing is given up after this; none: Timers B
    /// and F.
    TryNextAfter: Duration voption
}

module Memories =
    let standard = {
        Answers = 10_000
        StaleFor = 0L<ms>
        AnswerWithin = 5_000L<ms>
        Marks = 1_000
        MarkFor = 30_000L<ms>
        PathMtus = 1_000
        Sticky = 10_000
        StickyFor = 300_000L<ms>
        TryNextAfter = ValueNone
    }

type Settings = {
    Timers: Timers
    Limits: Limits
    Rules: Rules
    Memories: Memories
    /// A request of more bytes goes over TCP instead of UDP, where that is allowed and the MTU of
    /// the path is not known (RFC 3261, 18.1.1); 0: never.
    LargeRequest: int
    /// The two words that key the hashes of tables and To tags.
    Secret: struct (uint64 * uint64)
}
