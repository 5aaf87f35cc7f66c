// Offers that have no answer yet (RFC 3261, 13.2.1; RFC 3262, 5; RFC 3311, 5): while there is one,
// no other may be made.
module internal SipFun.Core.Offers

open SipFun

/// Made by this end, towards the side with this tag.
let isOurs tag (call: Call) =
    match call.Phase with
    | CallPhase.Calling calling ->
        let isSettled (side: Side) = side.Progress.IsSettled

        not calling.Order.Content.Body.IsEmpty
        && not (Option.exists isSettled (Within.side tag call))
    | CallPhase.Ringing { Open = ValueSome opened; IsSettled = false } ->
        not opened.Response.Body.IsEmpty
    | CallPhase.Established established -> established.OfferOpen
    | _ -> false

/// Made by the other end in its INVITE.
let isTheirs (call: Call) =
    match call.Phase with
    | CallPhase.Ringing ringing -> not (ringing.IsSettled || ringing.Invite.Body.IsEmpty)
    | _ -> false

/// This end may make one: what the INVITE began is settled, and acknowledged (RFC 3311, 5.1).
let mayMake (call: Call) =
    match call.Phase with
    | CallPhase.Calling _ ->
        Within.side call.Latest call |> Option.exists (fun side -> side.Progress.IsSettled)
    | CallPhase.Ringing { Open = ValueSome opened } when not opened.Response.Body.IsEmpty -> false
    | CallPhase.Ringing ringing -> ringing.IsSettled
    | CallPhase.Established established -> not established.OfferOpen
    | _ -> false
