// An incoming call until it is answered (RFC 3261, 13.3.1): provisional responses, reliable ones
// repeated until their PRACK (RFC 3262, 3), one final response, and what ends it without one.
module internal SipFun.Core.Answering

open System
open SipFun

/// 13.3.1.1: a caller that hears nothing for three minutes gives up.
let private everyMinute = 60_000L<ms>

let private isReliable (invite: SipRequest) (settings: AgentSettings) =
    Wording.lists invite.Require "100rel"
    || (settings.Reliability <> Reliability.Never && Wording.lists invite.Supported "100rel")

let private setRinging ringing (call: Call) work =
    AgentWork.setCall { call with Phase = CallPhase.Ringing ringing } work

/// The early dialog that a provisional response of ours makes (12.1.1).
let private early (ringing: Ringing) response (call: Call) =
    if call.Sides.IsEmpty then
        match Dialog.OfRequest(ringing.Invite, response) with
        | null -> call
        | dialog ->
            let tag = Within.keyOf ringing.Invite.FromTag
            let side = { Dialog = dialog; Progress = InviteProgress.none }
            { Within.withSide tag side call with Latest = tag }
    else
        call

let private provisional (answer: AgentAnswer) (ringing: Ringing) (call: Call) work =
    let settings = work.Settings

    let response =
        Wording.response ringing.Invite ringing.Tag answer settings
        |> Wording.introduction call.Contact settings.Reliability settings

    let ringing = {
        ringing with
            Last = answer.Status
            RepeatAt = work.Now + everyMinute
    }

    struct (response, ringing, early ringing response call)

/// One at a time is repeated until its PRACK comes (RFC 3262, 3). One with a body answers the
/// INVITE's offer (5).
let private reliably (response: SipResponse) (ringing: Ringing) work =
    let hasAnswer = not (ringing.Invite.Body.IsEmpty || response.Body.IsEmpty)
    let number = ringing.NextRSeq

    let response =
        response.WithAddedHeader("Require", "100rel").WithAddedHeader("RSeq", string number)

    let opened = {
        Response = response
        RSeq = number
        Schedule = Schedule.invite work.Settings.Timers work.Now
    }

    let ringing = {
        ringing with
            NextRSeq = number + 1u
            Open = ValueSome opened
            IsSettled = ringing.IsSettled || hasAnswer
    }

    struct (response, ringing)

/// The first reliable response to an INVITE without an offer must make one (RFC 3262, 5).
let private lacksOffer (answer: AgentAnswer) (ringing: Ringing) =
    ringing.Invite.Body.IsEmpty && answer.Content.Body.IsEmpty && not ringing.IsSettled

/// 101 to 199. One that cannot be reliable goes as it is; where the caller requires that it is, it
/// may not go at all (RFC 3262, 3).
let private progress (answer: AgentAnswer) (ringing: Ringing) (call: Call) work =
    let lacks = lacksOffer answer ringing

    if lacks && Wording.lists ringing.Invite.Require "100rel" then
        setRinging { ringing with RepeatAt = work.Now + everyMinute } call work
    else
        let struct (response, ringing, call) = provisional answer ringing call work

        if isReliable ringing.Invite work.Settings && not lacks then
            let struct (response, ringing) = reliably response ringing work
            setRinging ringing call work |> AgentWork.answer call.Number response
        else
            setRinging ringing call work |> AgentWork.answer call.Number response

let private description (answer: AgentAnswer) =
    if answer.Content.Body.IsEmpty then Content.none else answer.Content

/// The side of an answered call.
let private confirmed (response: SipResponse) (ringing: Ringing) (call: Call) =
    let call = early ringing response call

    let answered _ (side: Side) = { side with Dialog = side.Dialog.Answered }

    { call with Sides = Map.map answered call.Sides }

/// The 2xx, which waits for its ACK (13.3.1.4).
let private accept (answer: AgentAnswer) (ringing: Ringing) (call: Call) work =
    let settings = work.Settings
    let invite = ringing.Invite
    let agreed = Sessions.agree settings.Session.Interval invite

    let response =
        Wording.response invite ringing.Tag answer settings
        |> Wording.introduction call.Contact settings.Reliability settings
        |> Sessions.grant agreed invite

    let struct (reply, work) = AgentWork.reply call.Number response work

    let established = {
        AwaitsAck = reply
        AckDue = ValueSome invite.CSeq.Number
        PrackDue = ringing.Open
        OfferOpen = invite.Body.IsEmpty && not answer.Content.Body.IsEmpty
        HangUp = ValueNone
        Session = Sessions.ofAgreement work.Now agreed
        Least = Sessions.least settings
        Description = description answer
    }

    let call = confirmed response ringing call

    AgentWork.setCall { call with Phase = CallPhase.Established established } work
    |> AgentWork.awaitAck reply call.Number

/// There is room to remember a call that is over.
let private mayLinger (opened: Unacknowledged) work =
    opened.Schedule.GiveUpAt > work.Now
    && not work.State.IsClosed
    && work.State.Counts.Calls <= work.Settings.Limits.Calls / 2

/// The INVITE's refusal, and the end of the call. A PRACK may be on its way (RFC 3262, 3).
let private close (answer: AgentAnswer) ending (ringing: Ringing) (call: Call) work =
    let response = Wording.response ringing.Invite ringing.Tag answer work.Settings
    let work = AgentWork.answer call.Number response work

    match ringing.Open with
    | ValueSome opened when mayLinger opened work -> Endings.linger ending opened call work
    | _ -> Endings.finish ending call work

let decline status (ringing: Ringing) call work =
    close (Wording.status status) (CallEnd.Declined status) ringing call work

/// The caller took it back: 487 (9.2, 13.3.1, 15.1.2).
let withdraw ending (ringing: Ringing) call work =
    close (Wording.status 487) ending ringing call work

/// What is said while a reliable response waits for its PRACK: provisional ones wait, and a 2xx
/// does where the response held an offer or answer (RFC 3262, 3), or where the other end's offer has
/// no answer yet.
let private mustWait (answer: AgentAnswer) (ringing: Ringing) (call: Call) work =
    match ringing.Open with
    | ValueSome _ when answer.Status < 200 -> isReliable ringing.Invite work.Settings
    | ValueSome opened when answer.Status < 300 && not opened.Response.Body.IsEmpty -> true
    | _ -> answer.Status / 100 = 2 && call.Theirs <> 0L

/// The application answers.
let respond (answer: AgentAnswer) (ringing: Ringing) (call: Call) work =
    if mustWait answer ringing call work then
        let held = ringing.Held @ [ answer ] |> List.truncate work.Settings.Limits.PerCall

        setRinging { ringing with Held = held } call work
    elif answer.Status <= 100 || answer.Status > 699 then
        work
    elif answer.Status < 200 then
        progress answer ringing call work
    elif answer.Status < 300 then
        accept answer ringing call work
    else
        close answer (CallEnd.Declined answer.Status) ringing call work

/// What waited for the PRACK: the final answer, else the next provisional one.
let private release (ringing: Ringing) (call: Call) work =
    match List.tryFind (fun (answer: AgentAnswer) -> answer.Status >= 200) ringing.Held with
    | Some final -> respond final { ringing with Held = [] } call work
    | None ->
        match ringing.Held with
        | next :: later -> respond next { ringing with Held = later } call work
        | [] -> setRinging ringing call work

/// Whether a PRACK acknowledges this response (RFC 3262, 3).
let matches (prack: SipRequest) (opened: Unacknowledged) =
    match prack.RAck with
    | null -> false
    | value -> value.RSeq = opened.RSeq && value.CSeq = opened.Response.CSeq

/// A PRACK makes an offer, unless it answers ours (RFC 3262, 5).
let hasOffer (prack: SipRequest) (ringing: Ringing) =
    not prack.Body.IsEmpty && (ringing.IsSettled || not ringing.Invite.Body.IsEmpty)

/// The PRACK for what waits for it came.
let acknowledged (opened: Unacknowledged) prack (ringing: Ringing) (call: Call) work =
    let ringing = {
        ringing with
            Open = ValueNone
            IsSettled = ringing.IsSettled || not opened.Response.Body.IsEmpty
    }

    setRinging ringing call work |> AgentWork.tell (AgentEvent.Acknowledged(call.Number, prack))

/// Whatever waited goes on, if it may.
let goOn (call: Call) work =
    match call.Phase with
    | CallPhase.Ringing({ Open = ValueNone } as ringing) -> release ringing call work
    | _ -> work

let private copy (opened: Unacknowledged) (ringing: Ringing) (call: Call) work =
    let later = { opened with Schedule = Schedule.advance work.Now opened.Schedule }

    setRinging { ringing with Open = ValueSome later } call work
    |> AgentWork.answer call.Number opened.Response

let private again (ringing: Ringing) (call: Call) work =
    let ringing = { ringing with RepeatAt = work.Now + everyMinute }

    if ringing.Open.IsSome then
        setRinging ringing call work
    else
        progress (Wording.status ringing.Last) ringing call work

let due (ringing: Ringing) (call: Call) work =
    let now = work.Now

    match ringing.Open with
    | _ when ringing.ExpireAt <= now -> withdraw CallEnd.Withdrawn ringing call work
    | _ when ringing.GiveUpAt <= now -> decline 480 ringing call work
    | ValueSome opened when opened.Schedule.GiveUpAt <= now -> decline 504 ringing call work
    | ValueSome opened when opened.Schedule.NextAt <= now -> copy opened ringing call work
    | _ when ringing.RepeatAt <= now -> again ringing call work
    | _ -> AgentWork.setCall call work
