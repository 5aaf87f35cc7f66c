// What deliveries tell each other of targets: which failed and are set aside for a while, and which
// one a call keeps to (RFC 3263, 2 and 4.3; RFC 3261, 21.5.4).
module internal SipFun.Core.Reputation

open SipFun

let private withMarks marks work = { work with State = { work.State with Marks = marks } }

/// A server cannot set itself aside for longer than this.
let private longest = 3_600_000L<ms>

let private setAside hop reason detail length work : struct (Decision list * Work) =
    let memories = work.Settings.Memories

    let mark = {
        Hop = { hop with Flow = 0L }
        Reason = reason
        Detail = detail
        Since = work.Now
        Until = work.Now + length
    }

    if memories.MarkFor <= 0L<ms> || length <= 0L<ms> then
        struct ([], work)
    else
        let marks = Marks.add memories.Marks mark work.State.Marks
        struct ([ HopMarked(hop, reason, int (length / 1000L<ms>)) ], withMarks marks work)

/// The network failed on the way to it.
let failed hop fault detail work =
    match Marks.reason fault with
    | ValueSome reason -> setAside hop reason detail work.Settings.Memories.MarkFor work
    | ValueNone -> struct ([], work)

/// It said nothing at all until Timer B or F.
let timedOut hop work =
    let length = work.Settings.Memories.MarkFor
    setAside hop MarkReason.TimedOut "no response" length work

/// 503 with Retry-After: for as long as it says. Without, only this request goes elsewhere.
let unavailable hop (response: SipResponse) work =
    match response.RetryAfter with
    | NonNull after ->
        let length = min longest (int64 after.Seconds * 1000L<ms>)
        setAside hop MarkReason.Unavailable "503 with Retry-After" length work
    | _ -> struct ([], work)

/// It answered.
let cleared hop work =
    if work.State.Marks.IsEmpty then
        work
    else
        withMarks (Marks.clear hop work.State.Marks) work

let private call work (sender: Sender) = Keys.ofCallId work.Settings sender.MessageCallId

/// It said something: it is there. Whether it has room again only a success tells (21.5.4).
let answered (hop: Hop) (response: SipResponse) work =
    match Marks.tryFind work.Now hop work.State.Marks with
    | ValueSome { Reason = MarkReason.Unavailable } when not response.IsSuccess -> work
    | _ -> cleared hop work

/// The call goes on with the target that answered it.
let kept hop (sender: Sender) work =
    let memories = work.Settings.Memories

    if memories.StickyFor <= 0L<ms> then
        work
    else
        let until = work.Now + memories.StickyFor

        let sticky =
            Sticky.add memories.Sticky (call work sender) hop until work.State.Sticky

        { work with State = { work.State with Sticky = sticky } }

/// The order in which a delivery of this sender tries the hops.
let prefer sender hops work =
    Preference.order work.Now (call work sender) work.State.Marks work.State.Sticky hops

/// The order without regard to any call.
let preferAny hops work = Preference.order work.Now 0UL work.State.Marks Sticky.empty hops

/// By order: the hop, or all, is as good as any.
let clear hop work =
    match hop with
    | ValueSome hop -> cleared hop work
    | ValueNone -> withMarks Map.empty work
