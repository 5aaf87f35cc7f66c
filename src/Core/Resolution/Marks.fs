// Targets that failed and are set aside for a while (RFC 3263, 2 and 4.3), and the target that a call
// keeps to. Both are bounded; what has expired counts for nothing and goes when room is needed.
namespace SipFun.Core

open SipFun

/// One target set aside.
type Mark = {
    Hop: Hop
    Reason: MarkReason
    /// What the system or the peer said.
    Detail: string
    Since: Instant
    Until: Instant
}

/// By what `Marks.key` says of a hop.
type Marks = Map<string, Mark>

module Marks =
    /// What was found about a certificate says nothing of the same address under another name.
    let key (hop: Hop) =
        match hop.VerifyName with
        | NonNull name when TransportName.isSecure hop.Transport ->
            Hop.toString hop + "\n" + name.ToLowerInvariant()
        | _ -> Hop.toString hop

    /// Why a transport fault sets its target aside; none where the fault is ours.
    let reason fault =
        match fault with
        | TransportFault.ConnectTimedOut
        | TransportFault.WriteTimedOut
        | TransportFault.HandshakeTimedOut -> ValueSome MarkReason.TimedOut
        | TransportFault.HandshakeFailed
        | TransportFault.CertificateRefused -> ValueSome MarkReason.HandshakeFailed
        | TransportFault.ConnectionRefused
        | TransportFault.HostUnreachable
        | TransportFault.Closed -> ValueSome MarkReason.Unreachable
        | _ -> ValueNone

    /// Most of the time nothing is set aside, and no key is made.
    let tryFind now hop (marks: Marks) =
        if marks.IsEmpty then
            ValueNone
        else
            match Map.tryFind (key hop) marks with
            | Some mark when now < mark.Until -> ValueSome mark
            | _ -> ValueNone

    let private room limit now (marks: Marks) =
        if marks.Count < limit then
            marks
        else
            let valid = marks |> Map.filter (fun _ mark -> now < mark.Until)

            if valid.Count < limit then
                valid
            else
                let first = valid |> Map.toSeq |> Seq.minBy (fun (_, mark) -> mark.Until) |> fst
                Map.remove first valid

    /// Sets a target aside, not for less than it already is. If there is no room, what ends first
    /// goes.
    let add limit (mark: Mark) (marks: Marks) : Marks =
        match tryFind mark.Since mark.Hop marks with
        | _ when limit < 1 || mark.Until <= mark.Since -> marks
        | ValueSome earlier when earlier.Until > mark.Until -> marks
        | _ ->
            let key = key mark.Hop
            room limit mark.Since (Map.remove key marks) |> Map.add key mark

    let clear hop (marks: Marks) : Marks = Map.remove (key hop) marks

    /// What is set aside now, what ends first, first.
    let valid now (marks: Marks) =
        marks
        |> Map.toList
        |> List.map snd
        |> List.filter (fun mark -> now < mark.Until)
        |> List.sortBy _.Until

/// The hop that answered a Call-ID, by the hash of the Call-ID.
type Sticky = {
    Calls: Map<uint64, struct (string * Instant)>
    /// What ends first stands first.
    ByUntil: Set<struct (Instant * uint64)>
}

module Sticky =
    let empty = { Calls = Map.empty; ByUntil = Set.empty }
    let count (sticky: Sticky) = sticky.Calls.Count

    let private remove call (sticky: Sticky) =
        match Map.tryFind call sticky.Calls with
        | Some(struct (_, until)) -> {
            Calls = Map.remove call sticky.Calls
            ByUntil = Set.remove (struct (until, call)) sticky.ByUntil
          }
        | None -> sticky

    let private room limit (sticky: Sticky) =
        if sticky.Calls.Count < limit then
            sticky
        else
            let struct (_, first) = sticky.ByUntil.MinimumElement
            remove first sticky

    /// The next requests of this call prefer the hop, until then. If there is no room, what ends
    /// first goes.
    let add limit call hop until (sticky: Sticky) : Sticky =
        if limit < 1 then
            sticky
        else
            let sticky = remove call sticky |> room limit

            {
                Calls = Map.add call (struct (Marks.key hop, until)) sticky.Calls
                ByUntil = Set.add (struct (until, call)) sticky.ByUntil
            }

    /// The laws of this table that it breaks.
    let violations limit (sticky: Sticky) = [
        let row (KeyValue(call, (struct (_, until)))) = struct (until, call)
        let rows = sticky.Calls |> Seq.map row |> List.ofSeq

        if Set.ofList rows <> sticky.ByUntil then
            "D7: the calls that keep to a target and their deadlines differ"

        if sticky.Calls.Count > limit then
            "D7: more calls keep to a target than the limit allows"
    ]

    let isKept now call hop (sticky: Sticky) =
        match Map.tryFind call sticky.Calls with
        | Some(struct (key, until)) -> now < until && key = Marks.key hop
        | None -> false

/// The order in which hops are tried, after what is known of them.
module Preference =
    let private keptFirst isKept hops =
        let kept, others = List.partition isKept hops
        kept @ others

    /// The call's own hop first, those set aside last; else as the DNS has it. A single hop is tried
    /// in any case.
    let order now call (marks: Marks) (sticky: Sticky) hops : struct (Hop list * Decision list) =
        let isKept hop = Sticky.isKept now call hop sticky
        let isMarked hop = (Marks.tryFind now hop marks).IsSome
        let marked, clean = List.partition isMarked hops
        let ordered = keptFirst isKept clean @ marked

        struct (ordered,
                [
                    for hop in clean do
                        if isKept hop && List.head hops <> hop then
                            HopKept hop

                    for hop in marked do
                        let mark = (Marks.tryFind now hop marks).Value
                        let left = int ((mark.Until - now + 999L<ms>) / 1000L<ms>)
                        HopSetAside(hop, mark.Reason, mark.Detail, left)
                ])
