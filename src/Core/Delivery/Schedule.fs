// When a packet is sent again, and when we stop hoping (RFC 3261, 17.1.1.2, 17.1.2.2 and 17.2.1).
// Generic in the packet: this file knows nothing of SIP's messages, sockets or clocks.
namespace SipFun.Core

/// RFC 3261's three basic times (17.1.1.1, table 4).
type Timers = {
    /// The round trip expected; 500 ms.
    T1: Duration
    /// The longest interval between copies of a non-INVITE request or a final response; 4 s.
    T2: Duration
    /// How long a message may stay in the network; 5 s.
    T4: Duration
} with

    /// 64*T1: Timers B, F, H, J, L and M.
    member this.Long = 64L * this.T1

    /// Over unreliable transports: 64*T1, and 32 s at least, since the peer's T1 is not known (RFC
    /// 6026, 8.4).
    member this.TimerD = max this.Long 32_000L<ms>

/// The copies of one packet that are still to come.
[<Struct>]
type Schedule = {
    /// From the last copy's instant to the next one's.
    Interval: Duration
    /// T2, where the RFC caps the doubling; `Queue.never` for INVITE (Timer A).
    Ceiling: Duration
    /// The next copy; `Queue.never` when none is to come.
    NextAt: Instant
    GiveUpAt: Instant
}

module Schedule =
    let private starting now first ceiling giveUpAfter = {
        Interval = first
        Ceiling = ceiling
        NextAt = now + first
        GiveUpAt = now + giveUpAfter
    }

    /// Timers A and B: doubling without a ceiling (17.1.1.2).
    let invite (timers: Timers) (now: Instant) = starting now timers.T1 Queue.never timers.Long

    /// Timers E and F: doubling up to T2 (17.1.2.2).
    let request (timers: Timers) (now: Instant) = starting now timers.T1 timers.T2 timers.Long

    /// Timers G and H, and the 2xx of 13.3.1.4: doubling up to T2 (17.2.1).
    let response (timers: Timers) (now: Instant) = request timers now

    /// Nothing is repeated: a reliable transport, or a caller who does not want it.
    let once (schedule: Schedule) = { schedule with NextAt = Queue.never }

    /// A provisional came for a request other than INVITE: on at T2 from the next copy (17.1.2.2).
    let slow (timers: Timers) (schedule: Schedule) = { schedule with Interval = timers.T2 }

    /// The schedule after the copy due now. However late the alarm rang, that one copy is enough:
    /// instants that have passed are skipped, those to come stay where the RFC has them.
    let advance (now: Instant) (schedule: Schedule) =
        let mutable interval = schedule.Interval
        let mutable next = schedule.NextAt

        while next <= now && next < schedule.GiveUpAt do
            interval <- min (2L * interval) schedule.Ceiling
            next <- next + interval

        { schedule with Interval = interval; NextAt = next }

    /// When somebody must look again.
    let due (schedule: Schedule) = min schedule.NextAt schedule.GiveUpAt
