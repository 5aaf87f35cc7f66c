// The server transactions, state by state (RFC 3261, 17.2, figures 7 and 8; RFC 6026, 8.5 to 8.7; RFC
// 4320): of a request that a receiver handles. The copies of a 2xx, which RFC 3261 leaves to the user
// agent core (13.3.1.4), are made here too.
module SipFun.Core.ServerTable

open SipFun.Core.Machines

let private sent = Tell "sent"
let private timedOut = Tell "timed out"
let private unreachable = Tell "unreachable"
let private cancelled = Tell "cancelled"
let private notArmed = "not armed here"
let private own = "9.2: a transaction of its own"

let private unarmed machine state letters =
    idle machine state notArmed [ for letter in letters -> Timer letter ]

/// In every state of a server transaction that lives.
let private living machine state = from machine state [ CancelRequest, state, [ PassUp ], own ]

/// After a final response nothing else is said.
let private refused machine state clause =
    from machine state [
        TellsProvisional, state, [ Refuse ], clause
        TellsSuccess, state, [ Refuse ], clause
        TellsFailure, state, [ Refuse ], clause
    ]

let private said success failure = [
    TellsSuccess, success, [ SendResponse ], "17.2.1; 6026, 8.5"
    TellsFailure, failure, [ SendResponse ], "17.2.1"
    LegRemoved, Terminated, [], "there is no way back"
]

let private invite =
    let from = from ServerInvite

    [
        from Trying (said Accepted Completed)
        from Trying [
            Copy, Trying, [ Count ], "17.2.1"
            Ack, Trying, [ PassUp ], "17.2.1: it acknowledges nothing"
            TimeFor100, Proceeding, [ SendResponse ], "17.2.1: after 200 ms"
            TellsProvisional, Proceeding, [ SendResponse ], "17.2.1"
            TransportError, Trying, [ Count ], "nothing was sent"
        ]
        idle ServerInvite Trying "nothing was sent" [ FlowClosed; Cancel ]
        unarmed ServerInvite Trying "GHIL"
        living ServerInvite Trying
        from Proceeding (said Accepted Completed)
        from Proceeding [
            Copy, Proceeding, [ SendResponse; Count ], "17.2.1"
            Ack, Proceeding, [ PassUp ], "17.2.1: it acknowledges nothing"
            TellsProvisional, Proceeding, [ SendResponse ], "17.2.1"
            TransportError, Proceeding, [ unreachable ], "6026, 8.8"
            FlowClosed, Proceeding, [ GoElsewhere ], "18.2.2; 6026, 8.8"
            Cancel, Proceeding, [ cancelled ], "its sender's wish"
        ]
        idle ServerInvite Proceeding "a provisional was sent" [ TimeFor100 ]
        unarmed ServerInvite Proceeding "GHIL"
        living ServerInvite Proceeding
    ]

let private inviteFinal =
    let from = from ServerInvite

    [
        from Completed [
            Copy, Completed, [ SendResponse; Count ], "17.2.1"
            Ack, Confirmed, [ sent ], "17.2.1"
            Timer 'G', Completed, [ SendResponse ], "17.2.1"
            Timer 'H', Terminated, [ timedOut ], "17.2.1"
            TransportError, Completed, [ unreachable ], "6026, 8.8"
            FlowClosed, Completed, [ GoElsewhere ], "18.2.2; 6026, 8.8"
            LegRemoved, Terminated, [ unreachable ], "there is no way back"
            Cancel, Completed, [ cancelled ], "its copies end, 17.2.1's answers to repeats do not"
        ]
        refused ServerInvite Completed "17.2.1"
        idle ServerInvite Completed "the final response was sent" [ TimeFor100 ]
        unarmed ServerInvite Completed "IL"
        living ServerInvite Completed
        from Accepted [
            Copy, Accepted, [ Count ], "6026, 8.7"
            Ack, Accepted, [ sent; PassUp ], "6026, 8.7; 13.3.1.4"
            Timer 'G',
            Accepted,
            [ SendResponse ],
            "13.3.1.4: the core's clock, over every transport"
            Timer 'L', Terminated, [ timedOut ], "6026, 8.7; 13.3.1.4: no ACK came"
            TellsProvisional, Accepted, [ Refuse ], "17.2.1"
            TellsSuccess, Accepted, [ SendResponse ], "6026, 8.7: another fork's; ours is refused"
            TellsFailure, Accepted, [ Refuse ], "17.2.1"
            TransportError, Accepted, [ unreachable ], "6026, 8.8"
            FlowClosed, Accepted, [ GoElsewhere ], "18.2.2; 6026, 8.8"
            LegRemoved, Terminated, [ unreachable ], "there is no way back"
            Cancel, Accepted, [ cancelled ], "its copies end"
        ]
        idle ServerInvite Accepted "the final response was sent" [ TimeFor100 ]
        unarmed ServerInvite Accepted "HI"
        living ServerInvite Accepted
        from Confirmed [
            Copy, Confirmed, [ Count ], "17.2.1"
            Ack, Confirmed, [ Count ], "17.2.1"
            Timer 'I', Terminated, [], "17.2.1"
            TransportError, Confirmed, [ Count ], "late"
            LegRemoved, Terminated, [], "there is no way back"
        ]
        refused ServerInvite Confirmed "17.2.1"
        idle ServerInvite Confirmed "the outcome was told" [ FlowClosed; Cancel; TimeFor100 ]
        unarmed ServerInvite Confirmed "GHL"
        living ServerInvite Confirmed
    ]

let private other =
    let from = from ServerOther

    [
        from Trying (said Completed Completed)
        from Trying [
            Copy, Trying, [ Count ], "17.2.2"
            Ack, Trying, [ PassUp ], "17.2.3: an INVITE's"
            TimeFor100, Proceeding, [ SendResponse ], "4320, 4.1: when Timer E reaches T2"
            TellsProvisional, Trying, [ Refuse ], "4320, 4.1: too early"
            TransportError, Trying, [ Count ], "nothing was sent"
        ]
        idle ServerOther Trying "nothing was sent" [ FlowClosed; Cancel ]
        unarmed ServerOther Trying "J"
        living ServerOther Trying
        from Proceeding (said Completed Completed)
        from Proceeding [
            Copy, Proceeding, [ SendResponse; Count ], "17.2.2"
            Ack, Proceeding, [ PassUp ], "17.2.3: an INVITE's"
            TellsProvisional, Proceeding, [ SendResponse ], "17.2.2; 4320, 4.1: 100 alone"
            TransportError, Proceeding, [ Count ], "6026, 8.8: the 100 was ours"
        ]
        idle ServerOther Proceeding "6026, 8.8" [ FlowClosed; Cancel; TimeFor100 ]
        unarmed ServerOther Proceeding "J"
        living ServerOther Proceeding
        from Completed [
            Copy, Completed, [ SendResponse; Count ], "17.2.2"
            Ack, Completed, [ PassUp ], "17.2.3: an INVITE's"
            Timer 'J', Terminated, [], "17.2.2"
            TransportError, Completed, [ unreachable ], "6026, 8.8"
            FlowClosed, Completed, [ GoElsewhere ], "18.2.2; 6026, 8.8"
            LegRemoved, Terminated, [], "there is no way back"
            Cancel, Completed, [ cancelled ], "its sender's wish"
        ]
        refused ServerOther Completed "17.2.2"
        idle ServerOther Completed "the final response was sent" [ TimeFor100 ]
        living ServerOther Completed
    ]

/// A transaction that is gone: what comes is new, what is said is sent once (8.2.7).
let private terminated machine letters = [
    from machine Terminated [
        Copy, Trying, [ PassUp ], "6026, 8.10: a new request"
        Ack, Terminated, [ PassUp ], "6026, 8.10"
        TellsProvisional, Terminated, [ SendResponse ], "8.2.7"
        TellsSuccess, Terminated, [ SendResponse ], "8.2.7"
        TellsFailure, Terminated, [ SendResponse ], "8.2.7"
        TransportError, Terminated, [ Count ], "late"
        CancelRequest, Terminated, [ PassUp ], own
    ]
    idle machine Terminated "gone" [ FlowClosed; LegRemoved; Cancel; TimeFor100 ]
    unarmed machine Terminated letters
]

let rows =
    [
        invite
        inviteFinal
        terminated ServerInvite "GHIL"
        other
        terminated ServerOther "J"
    ]
    |> List.concat
    |> List.concat
