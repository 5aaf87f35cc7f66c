// The client transactions, state by state (RFC 3261, 17.1, figures 5 and 6; RFC 6026, 8.4): of one request
// to one target. Where there is another target, an outcome of Calling or Trying is its turn first.
module SipFun.Core.ClientTable

open SipFun.Core.Machines

let private answered = Tell "answered"
let private timedOut = Tell "timed out"
let private unreachable = Tell "unreachable"
let private cancelled = Tell "cancelled"
let private notArmed = "not armed here"

let private unarmed machine state letters =
    idle machine state notArmed [ for letter in letters -> Timer letter ]

let private invite =
    let from, unarmed = from ClientInvite, unarmed ClientInvite

    [
        from Calling [
            Provisional, Proceeding, [ HandUp ], "17.1.1.2"
            Success, Accepted, [ HandUp; answered ], "6026, 8.4"
            Failure, Completed, [ SendAck; HandUp; answered ], "6026, 8.4"
            Timer 'A', Calling, [ SendCopy ], "17.1.1.2"
            Timer 'B', Terminated, [ timedOut ], "17.1.1.2"
            TransportError, Terminated, [ unreachable ], "17.1.4"
            FlowClosed, Terminated, [ unreachable ], "17.1.4"
            LegRemoved, Terminated, [ unreachable ], "17.1.4"
            Cancel, Abandoned, [ cancelled ], "17.1.1.2: its answer is still acknowledged"
            CancelRequest, Calling, [ HoldCancel ], "9.1"
        ]
        unarmed Calling "DM"
        from Proceeding [
            Provisional, Proceeding, [ HandUp ], "17.1.1.2"
            Success, Accepted, [ HandUp; answered ], "6026, 8.4"
            Failure, Completed, [ SendAck; HandUp; answered ], "6026, 8.4"
            TransportError, Proceeding, [ Count ], "figure 5: nothing is sent here"
            FlowClosed, Abandoned, [ unreachable ], "18.2.2: its answer may take another way"
            LegRemoved, Terminated, [ unreachable ], "17.1.4"
            Cancel, Abandoned, [ cancelled ], "17.1.1.2: its answer is still acknowledged"
            CancelRequest, Proceeding, [ SendCancel ], "9.1"
        ]
        unarmed Proceeding "ABDM"
        from Completed [
            Provisional, Completed, [ Count ], "17.1.1.2"
            Success, Completed, [ Count ], "6026, 8.9: another fork's, stray"
            Failure, Completed, [ SendAck; Count ], "6026, 8.4"
            Timer 'D', Terminated, [], "6026, 8.4"
            TransportError, Terminated, [], "17.1.4: the outcome was told"
            FlowClosed, Terminated, [], "6026, 8.4: D is 0 over a connection: left at once"
            LegRemoved, Terminated, [], "17.1.4"
            CancelRequest, Completed, [ Refuse ], "9.1: nothing to cancel"
        ]
        idle ClientInvite Completed "the outcome was told" [ Cancel ]
        unarmed Completed "ABM"
    ]

let private inviteLater =
    let from, unarmed = from ClientInvite, unarmed ClientInvite

    [
        from Accepted [
            Provisional, Accepted, [ Count ], "6026, 8.4"
            Success, Accepted, [ HandUp ], "6026, 8.4"
            Failure, Accepted, [ Count ], "6026, 8.4"
            Timer 'M', Terminated, [], "6026, 8.4"
            TransportError, Accepted, [ Count ], "6026, figure 5: nothing is sent here"
            LegRemoved, Terminated, [], "17.1.4"
            CancelRequest, Accepted, [ Refuse ], "9.1: nothing to cancel"
        ]
        idle ClientInvite Accepted "2xx may come over another connection" [ FlowClosed ]
        idle ClientInvite Accepted "the outcome was told" [ Cancel ]
        unarmed Accepted "ABD"
        from Abandoned [
            Provisional, Abandoned, [ Count ], "17.1.1.2"
            Success, Accepted, [ HandUp ], "6026, 8.4"
            Failure, Completed, [ SendAck ], "6026, 8.4"
            Timer 'B', Terminated, [], "9.1: 64*T1 after it was given up"
            TransportError, Abandoned, [ Count ], "nothing is sent here"
            LegRemoved, Terminated, [], "17.1.4"
            CancelRequest, Abandoned, [ HoldCancel ], "9.1"
        ]
        idle ClientInvite Abandoned "its answer may take another way" [ FlowClosed ]
        idle ClientInvite Abandoned "the outcome was told" [ Cancel ]
        unarmed Abandoned "ADM"
    ]

let private other =
    let from, unarmed = from ClientOther, unarmed ClientOther

    let alike state = [
        Provisional, Proceeding, [ HandUp ], "17.1.2.2"
        Success, Completed, [ HandUp; answered ], "17.1.2.2"
        Failure, Completed, [ HandUp; answered ], "17.1.2.2"
        Timer 'E', state, [ SendCopy ], "17.1.2.2"
        Timer 'F', Terminated, [ timedOut ], "17.1.2.2"
        TransportError, Terminated, [ unreachable ], "17.1.4"
        FlowClosed, Terminated, [ unreachable ], "17.1.4"
        LegRemoved, Terminated, [ unreachable ], "17.1.4"
        Cancel, Completed, [ cancelled ], "its answers are absorbed"
        CancelRequest, state, [ Refuse ], "9.1: only an INVITE is cancelled"
    ]

    [
        from Trying (alike Trying)
        unarmed Trying "K"
        from Proceeding (alike Proceeding)
        unarmed Proceeding "K"
        from Completed [
            Provisional, Completed, [ Count ], "17.1.2.2"
            Success, Completed, [ Count ], "17.1.2.2"
            Failure, Completed, [ Count ], "17.1.2.2"
            Timer 'K', Terminated, [], "17.1.2.2"
            TransportError, Completed, [ Count ], "figure 6: nothing is sent here"
            FlowClosed, Terminated, [], "17.1.2.2: K is 0 over a connection: left at once"
            LegRemoved, Terminated, [], "17.1.4"
            CancelRequest, Completed, [ Refuse ], "9.1: only an INVITE is cancelled"
        ]
        idle ClientOther Completed "the outcome was told" [ Cancel ]
        unarmed Completed "EF"
    ]

/// A transaction that is gone: whatever comes is stray or late (law D5).
let private terminated machine letters = [
    from machine Terminated [
        Provisional, Terminated, [ Count ], "6026, 8.9"
        Success, Terminated, [ Count ], "6026, 8.9"
        Failure, Terminated, [ Count ], "6026, 8.9"
        TransportError, Terminated, [ Count ], "late"
        CancelRequest, Terminated, [ Refuse ], "9.1: nothing to cancel"
    ]
    idle machine Terminated "gone" [ FlowClosed; LegRemoved; Cancel ]
    unarmed machine Terminated letters
]

let rows =
    [
        invite
        inviteLater
        terminated ClientInvite "ABDM"
        other
        terminated ClientOther "EFK"
    ]
    |> List.concat
    |> List.concat
