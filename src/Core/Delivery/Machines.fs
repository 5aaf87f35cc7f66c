// The words in which the four transaction machines are written down (RFC 3261, figures 5 to 8; RFC 6026,
// 8): their states, what may happen to them, what they do. The machines themselves are Dispatcher/'s.
module SipFun.Core.Machines

type Machine =
    | ClientInvite
    | ClientOther
    | ServerInvite
    | ServerOther

type State =
    | Calling
    /// Of a server transaction: nothing was sent yet (figure 7 draws this and Proceeding as one).
    | Trying
    | Proceeding
    | Completed
    | Accepted
    | Confirmed
    /// Not the RFC's: its sender gave up an INVITE that may still be answered (17.1.1.2, 9.1).
    | Abandoned
    | Terminated

type Event =
    | Provisional
    | Success
    /// 300 to 699.
    | Failure
    /// A copy of the request.
    | Copy
    | Ack
    | Timer of char
    /// The time to say 100 (17.2.1; RFC 4320, 4.1).
    | TimeFor100
    | TransportError
    | FlowClosed
    | LegRemoved
    /// CancelDelivery, of the request or of the response last sent.
    | Cancel
    /// A CANCEL to be sent for it, or that came for it.
    | CancelRequest
    | TellsProvisional
    | TellsSuccess
    | TellsFailure

type Act =
    | SendCopy
    | SendAck
    | SendCancel
    /// It waits for a provisional response (9.1).
    | HoldCancel
    | SendResponse
    /// The response takes another way, over a connection to be opened (18.2.2).
    | GoElsewhere
    /// To the sender of the request.
    | HandUp
    /// To the receivers.
    | PassUp
    /// The delivery's outcome, by its name.
    | Tell of string
    /// A delivery is not taken on.
    | Refuse
    /// Absorbed or late: a counter.
    | Count

/// What happens in one state at one event.
type Row = {
    Machine: Machine
    State: State
    Event: Event
    Next: State
    Does: Act list
    Clause: string
}

/// The rows of one state; an event that the state does not meet is told with the reason in `Clause`.
let from machine state rows = [
    for event, next, does, clause in rows do
        {
            Machine = machine
            State = state
            Event = event
            Next = next
            Does = does
            Clause = clause
        }
]

/// Events at which nothing happens, for one reason.
let idle machine state clause events =
    from machine state [ for event in events -> event, state, [], clause ]

let private timers letters = List.map Timer (List.ofSeq letters)

/// All that may happen to a machine: the table has a row for each of these in each state.
let events machine =
    let always = [ TransportError; FlowClosed; LegRemoved; Cancel; CancelRequest ]
    let responses = [ Provisional; Success; Failure ]
    let told = [ Copy; Ack; TellsProvisional; TellsSuccess; TellsFailure; TimeFor100 ]

    match machine with
    | ClientInvite -> responses @ timers "ABDM" @ always
    | ClientOther -> responses @ timers "EFK" @ always
    | ServerInvite -> told @ timers "GHIL" @ always
    | ServerOther -> told @ timers "J" @ always

let states machine =
    match machine with
    | ClientInvite -> [ Calling; Proceeding; Completed; Accepted; Abandoned; Terminated ]
    | ClientOther -> [ Trying; Proceeding; Completed; Terminated ]
    | ServerInvite -> [ Trying; Proceeding; Completed; Accepted; Confirmed; Terminated ]
    | ServerOther -> [ Trying; Proceeding; Completed; Terminated ]
