// Brings a transaction into a state of the table, lets an event happen to it, and says in the table's
// words where it is then and what was done.
module SipFun.Tests.Dispatcher.MachineDrive

open SipFun
open SipFun.Core
open SipFun.Core.Machines
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Streams

type Stand = {
    Rig: Rig
    Machine: Machine
    Over: Transport
    /// The delivery of a client transaction, or the number of a server transaction.
    Number: int64
    /// The delivery of the response said last; a server transaction's own number before that.
    Said: int64
}

let private isInvite stand = stand.Machine = ClientInvite || stand.Machine = ServerInvite

let private method machine =
    if machine = ClientInvite || machine = ServerInvite then
        "INVITE"
    else
        "OPTIONS"

let private with' rig stand = { stand with Rig = rig }

// ---- client transactions ----

let private sent machine over =
    let message = request (method machine) "call-1"

    let number, rig =
        if over = Transport.Tcp then
            let number, rig = sendTo tcpPeer message Streams.start
            number, opened rig
        else
            deliver message Rig.start

    {
        Rig = rig
        Machine = machine
        Over = over
        Number = number
        Said = number
    }

let private comes status stand =
    let method = method stand.Machine

    if stand.Over = Transport.Tcp then
        with' (answerOver (lastFlow stand.Rig) method status stand.Rig) stand
    else
        with' (answer method status stand.Rig) stand

let private early stand = if isInvite stand then 180 else 100

let private clientIn machine state over =
    let stand = sent machine over

    match state with
    | Proceeding -> comes (early stand) stand
    | Completed -> comes 486 stand
    | Accepted -> comes 200 stand
    | Abandoned -> with' (give (CancelDelivery(ByNumber stand.Number)) stand.Rig) stand
    | Terminated -> stand |> comes 486 |> fun stand -> with' (runFor 40_000L<ms> stand.Rig) stand
    | _ -> stand

// ---- server transactions ----

let private via over = $"SIP/2.0/{TransportName.via over} 127.0.0.7:5070;branch=z9hG4bKpeer1"

let private arrives (message: SipRequest) stand =
    if stand.Over = Transport.Tcp then
        with' (arrive 2 Transport.Tcp "127.0.0.7" 40_000 70L message stand.Rig) stand
    else
        with' (receive message stand.Rig) stand

let private asks method tag stand = arrives (incoming (via stand.Over) method tag) stand

let private taken machine over =
    let rig =
        if over = Transport.Tcp then
            receiving Streams.start |> acceptAs [] 2 over "127.0.0.7" 40_000 70L
        else
            receiving Rig.start

    let stand =
        { Rig = rig; Machine = machine; Over = over; Number = 0L; Said = 0L }
        |> asks (method machine) ""

    let number = fst (List.last (offered stand.Rig))

    {
        stand with
            Rig = give (Receipted(number, Receipt.Handled)) stand.Rig
            Number = number
            Said = number
    }

let private says (status: int) tag stand =
    let request =
        offered stand.Rig
        |> List.map snd
        |> List.find (fun each -> each.Method.Name = method stand.Machine)

    let said, rig = number stand.Rig
    let tag = if status = 100 then null else tag
    let rig = give (Deliver(order said (request.CreateResponse(status, tag)))) rig
    { stand with Rig = rig; Said = said }

let private waits (duration: Duration) stand = with' (runFor duration stand.Rig) stand
let private acknowledged stand = asks "ACK" "our-tag" stand

let private serverIn machine state over =
    let stand = taken machine over

    match state with
    | Proceeding when machine = ServerInvite -> says 180 "our-tag" stand
    | Proceeding -> waits 3500L<ms> stand
    | Completed -> says 486 "our-tag" stand
    | Accepted -> says 200 "our-tag" stand
    | Confirmed -> stand |> says 486 "our-tag" |> acknowledged
    | Terminated when machine = ServerInvite ->
        stand |> says 486 "our-tag" |> acknowledged |> waits 5000L<ms>
    | Terminated ->
        let stand = says 486 "our-tag" stand
        with' (give (Transmitted stand.Said) stand.Rig) stand |> waits 32_000L<ms>
    | _ -> stand

// ---- both ----

let isClient machine = machine = ClientInvite || machine = ClientOther

/// A connection can only be lost over TCP; everything else is tried over UDP.
let standing row =
    let over = if row.Event = FlowClosed then Transport.Tcp else Transport.Udp

    if isClient row.Machine then
        clientIn row.Machine row.State over
    else
        serverIn row.Machine row.State over

let private input event stand =
    let closed = TransportFault.Closed

    match event with
    | TransportError -> Input.Failed(stand.Said, peer, TransportFault.SendFailed, "no")
    | FlowClosed when isClient stand.Machine -> Input.FlowClosed(lastFlow stand.Rig, closed, "")
    | FlowClosed -> Input.FlowClosed(70L, closed, "")
    | LegRemoved -> RemoveLeg 1
    | _ -> CancelDelivery(ByNumber stand.Said)

/// The event, at once; timers are a matter of time.
let happens event stand =
    match event with
    | Provisional -> comes (early stand) stand
    | Success -> comes 200 stand
    | Failure -> comes 486 stand
    | Copy -> asks (method stand.Machine) "" stand
    | Ack -> acknowledged stand
    | TellsProvisional -> says (early stand) "our-tag" stand
    | TellsSuccess -> says 200 "fork-tag" stand
    | TellsFailure -> says 486 "our-tag" stand
    | CancelRequest when isClient stand.Machine ->
        with' (snd (deliver (request "CANCEL" "call-1") stand.Rig)) stand
    | CancelRequest -> asks "CANCEL" "" stand
    | _ -> with' (give (input event stand) stand.Rig) stand
