// What becomes of a 2xx to INVITE (RFC 3261, 13.3.1.4): its ACK, or 64*T1 without one, which ends
// the call with a BYE.
module internal SipFun.Core.Acks

open SipFun

let private confirmed (established: Established) (call: Call) work =
    let call = {
        call with
            Phase = CallPhase.Established { established with AwaitsAck = 0L }
    }

    let work = AgentWork.setCall call work

    match established.HangUp with
    | ValueSome text -> Endings.hangUp text call work
    | ValueNone -> work

let private lost (outcome: Outcome) (established: Established) (call: Call) work =
    match established.HangUp, outcome with
    | ValueSome text, _ -> Endings.hangUp text call work
    | ValueNone, TimedOut -> Endings.leave CallEnd.Unacknowledged call work
    | ValueNone, _ -> Endings.leave (CallEnd.Failed outcome) call work

/// The dispatcher tells what became of the 2xx.
let replied (reply: int64) (outcome: Outcome) work =
    match Trie.tryFind (uint64 reply) work.State.Replies with
    | ValueNone -> work
    | ValueSome number ->
        AgentWork.endAwaiting reply work
        |> AgentWork.withCall number (fun call work ->
            match call.Phase, outcome with
            | CallPhase.Established established, Sent when established.AwaitsAck = reply ->
                confirmed established call work
            | CallPhase.Established established, _ when established.AwaitsAck = reply ->
                lost outcome { established with AwaitsAck = 0L } call work
            | _ -> work)

/// An ACK came, told once.
let received (ack: SipRequest) (call: Call) work =
    match call.Phase with
    | CallPhase.Established established when established.AckDue = ValueSome ack.CSeq.Number ->
        let established = { established with AckDue = ValueNone; OfferOpen = false }

        let call = { call with Phase = CallPhase.Established established }

        let work =
            AgentWork.setCall call work
            |> AgentWork.tell (AgentEvent.Acknowledged(call.Number, ack))

        if established.AwaitsAck <> 0L then
            AgentWork.endAwaiting established.AwaitsAck work |> confirmed established call
        else
            work
    | _ -> work
