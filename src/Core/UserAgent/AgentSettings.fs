// What one user agent was told at its start and never forgets. The agent is a machine of its own
// beside the dispatcher's: messages come from there and go there, and whoever holds both carries
// them over.
namespace SipFun.Core

open SipFun

/// Whether provisional responses are acknowledged by PRACK (RFC 3262).
type Reliability =
    /// 100rel is neither offered nor used.
    | Never = 0
    /// 100rel is offered, and used with a peer that has it.
    | Offered = 1
    /// Required of the peer, which answers 420 when it has it not.
    | Required = 2

/// Session timers (RFC 4028): a call that nobody refreshes ends.
type SessionTimer = {
    /// What is asked for; none: only what the peer asks for is kept.
    Interval: Duration voption
    /// Nothing shorter is accepted: answered 422. At least 90 s (RFC 4028, 5).
    Least: Duration
}

/// How much of everything a user agent takes on at most.
type AgentLimits = {
    /// Calls at once; more are answered 486.
    Calls: int
    /// Requests under way for the application, beside those of calls and registrations.
    Exchanges: int
    Registrations: int
    /// Requests that the application has not answered yet; more are answered 503.
    Requests: int
    /// Calls with one Call-ID, early dialogs and forked answers of one INVITE, provisional
    /// responses that wait for a PRACK.
    PerCall: int
    /// An incoming call rings so long at most, and is then answered 480.
    RingFor: Duration
    /// A request that the application does not answer is answered 500 after this.
    AnswerWithin: Duration
    /// Entries that are due looked after in one `Tick`.
    PerStep: int
}

type AgentSettings = {
    /// The dispatcher's.
    Timers: Timers
    /// Key of tags, Call-IDs, client nonces and waiting times; drawn at random by the shell.
    Secret: struct (uint64 * uint64)
    /// The methods that the application answers beside what the agent does by itself (ACK, BYE,
    /// CANCEL, OPTIONS, PRACK; UPDATE without an offer). Others are answered 405: without INVITE
    /// nobody calls. With PRACK it answers the offers in them; without, they are refused (RFC 3262, 5).
    Methods: SipMethod list
    /// Option tags that the application understands, beside 100rel and timer.
    Extensions: string list
    /// Types of bodies that are understood, "application/sdp"; others are answered 415. Empty: all.
    Accept: string list
    /// User-Agent and Server; null: none.
    Product: string | null
    Reliability: Reliability
    Session: SessionTimer
    /// No receiver comes after it: what it does not serve it refuses itself (405, 501, 481) instead
    /// of passing it. A CANCEL is passed in any case.
    IsLast: bool
    Limits: AgentLimits
}

module AgentLimits =
    let standard = {
        Calls = 1_000
        Exchanges = 10_000
        Registrations = 1_000
        Requests = 1_000
        PerCall = 32
        RingFor = 180_000L<ms>
        AnswerWithin = 30_000L<ms>
        PerStep = 100
    }

module AgentSettings =
    /// What a usual agent has; the secret is the caller's.
    let standard secret = {
        Timers = { T1 = 500L<ms>; T2 = 4_000L<ms>; T4 = 5_000L<ms> }
        Secret = secret
        Methods = [
            SipMethod.Invite
            SipMethod.Update
            SipMethod.Info
            SipMethod.Message
            SipMethod.Refer
            SipMethod.Notify
        ]
        Extensions = []
        Accept = []
        Product = null
        Reliability = Reliability.Offered
        Session = { Interval = ValueNone; Least = 90_000L<ms> }
        IsLast = true
        Limits = AgentLimits.standard
    }
