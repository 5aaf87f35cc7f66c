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

type Settings = {
    Timers: Timers
    Limits: Limits
    Rules: Rules
    /// A request of more bytes goes over TCP instead of UDP, where that is allowed (RFC 3261,
    /// 18.1.1); 0: never.
    LargeRequest: int
    /// The two words that key the hashes of tables and To tags.
    Secret: struct (uint64 * uint64)
}
