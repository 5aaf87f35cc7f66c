// A decision as data, for programs: what kind it is, and what it was decided from, each with a name.
module SipFun.Core.Story

open System
open SipFun

let private text (value: obj) : string =
    match Convert.ToString(value, Globalization.CultureInfo.InvariantCulture) with
    | NonNull text -> text
    | _ -> ""

let private hop (hop: Hop) = "hop", Hop.toString hop
let private question question = "question", Question.toString question
let private number name (value: int) = name, text value
let private why (reason: string) = "why", reason

let private names (transports: Transport list) =
    String.Join(",", transports |> List.map (fun one -> text one))

let private uri (uri: SipUri) = "uri", uri.ToString()

let private target decision =
    match decision with
    | TargetIsRoute route -> "route", [ uri route ]
    | TargetIsStrictRoute route -> "strict_route", [ uri route ]
    | TargetIsRequestUri target -> "request_uri", [ uri target ]
    | TargetIsVia sentBy -> "via", [ "sent_by", sentBy ]
    | DestinationGiven given -> "destination", [ hop given ]
    | DomainMapped(pattern, proxy) -> "domain_map", [ "pattern", pattern; uri proxy ]
    | DomainNotMapped host -> "not_mapped", [ "host", host ]
    | ProxyChosen proxy -> "outgoing_proxy", [ uri proxy ]
    | NoProxy -> "no_proxy", []
    | TransportsAllowed(transports, reason) ->
        "transports", [ "transports", names transports; why reason ]
    | TransportsSkipped(transports, reason) ->
        "transports_skipped", [ "transports", names transports; why reason ]
    | FamilySkipped(family, reason) -> "family_skipped", [ "family", text family; why reason ]
    | HostIsNumeric address -> "numeric_host", [ "address", Address.toString address ]
    | HostIsLocalhost host -> "localhost", [ "host", host ]
    | MaddrReplaces maddr -> "maddr", [ "maddr", maddr ]
    | PortIsExplicit port -> "explicit_port", [ number "port" port ]
    | _ -> "", []

let private dns decision =
    match decision with
    | Asked asked -> "query", [ question asked ]
    | QuestionSkipped skipped -> "query_skipped", [ question skipped ]
    | QuestionTooLate late -> "query_too_late", [ question late ]
    | Remembered(asked, left) -> "cached", [ question asked; number "ttl" left ]
    | StaleUsed asked -> "stale", [ question asked ]
    | Got(asked, status, records, ttl) ->
        "answer",
        [
            question asked
            "status", text status
            number "records" records
            number "ttl" ttl
        ]
    | AliasIs(name, canonical) -> "alias", [ "name", name; "canonical", canonical ]
    | PointerTaken(order, preference, service, replacement) ->
        "naptr",
        [
            number "order" order
            number "preference" preference
            "service", service
            "replacement", replacement
        ]
    | PointerSkipped(service, replacement, reason) ->
        "naptr_skipped", [ "service", service; "replacement", replacement; why reason ]
    | PointersEmpty -> "naptr_empty", []
    | ServiceDrawn(service, name, port, priority, weight, draw, total) ->
        "srv",
        [
            "name", service
            "target", name
            number "port" port
            number "priority" priority
            number "weight" weight
            number "draw" draw
            number "total" total
        ]
    | ServiceSkipped(service, name, reason) ->
        "srv_skipped", [ "name", service; "target", name; why reason ]
    | AddressSkipped(address, reason) ->
        "address_skipped", [ "address", Address.toString address; why reason ]
    | CandidateIs candidate -> "candidate", [ hop candidate ]
    | ResolutionFailed failure ->
        "failed", [ "stage", text failure.Stage; "fault", text failure.Fault; why failure.Detail ]
    | _ -> "", []

let private choice decision =
    match decision with
    | HopSetAside(aside, reason, detail, left) ->
        "set_aside", [ hop aside; "reason", text reason; why detail; number "seconds" left ]
    | HopKept kept -> "kept", [ hop kept ]
    | SourceIs(destination, source) ->
        "source",
        [
            "destination", Address.toString destination

            for source in ValueOption.toList source do
                "source", Address.toString source
        ]
    | LegChosen(leg, rule) -> "leg", [ "leg", Leg.toString leg; why rule ]
    | LegRejected(leg, reason) -> "leg_rejected", [ "leg", Leg.toString leg; why reason ]
    | PathMtuIs(bytes, largest, isLearnt) ->
        "path_mtu", [ number "bytes" bytes; number "largest" largest; "learnt", text isLearnt ]
    | SizeIs bytes -> "size", [ number "bytes" bytes ]
    | LargeGoesOverTcp(bytes, limit) ->
        "large_over_tcp", [ number "bytes" bytes; number "limit" limit ]
    | LargeGoesOverUdp over -> "large_over_udp", [ hop over ]
    | GoesOverFlow(over, isNew) -> "connection", [ hop over; "new", text isNew ]
    | _ -> "", []

let private sending decision =
    match decision with
    | FirstSent first -> "sent", [ hop first ]
    | TooBigForPath mtu -> "too_big", [ number "path_mtu" mtu ]
    | SentAnew over -> "sent_anew", [ hop over ]
    | CopySent copy -> "copy", [ number "copy" copy ]
    | ResponseCame(status, source) -> "response", [ number "status" status; hop source ]
    | HopFailed(failed, fault, detail) ->
        "hop_failed", [ hop failed; "fault", text fault; why detail ]
    | HopMarked(marked, reason, seconds) ->
        "marked", [ hop marked; "reason", text reason; number "seconds" seconds ]
    | HopTimedOut silent -> "timed_out", [ hop silent ]
    | HopAnswered503 busy -> "answered_503", [ hop busy ]
    | AckSent -> "ack", []
    | CancelSent left -> "cancel_sent", [ hop left ]
    | CancelHeld -> "cancel_held", []
    | CancelJoined joined -> "cancel_joined", [ "delivery", text joined ]
    | EndedWith(status, reason) ->
        "ended", [ "outcome", "answered"; why (text status + " " + reason) ]
    | EndedAs(outcome, reason) -> "ended", [ "outcome", outcome; why reason ]
    | _ -> "", []

/// One decision as data.
[<Struct>]
type Step = {
    /// Since the first decision.
    After: Duration
    Kind: string
    /// As the explanation has it.
    Text: string
    Values: (string * string) array
}

let private describe decision =
    [ target; dns; choice; sending ]
    |> List.map (fun describe -> describe decision)
    |> List.find (fun (kind, _) -> kind <> "")

let private step (start: Instant) (dated: Dated) =
    let kind, values = describe dated.Decision
    let clean (name, value: string) = name, Explanation.printable value

    {
        After = dated.At - start
        Kind = kind
        Text = Explanation.printable (Explanation.words dated.Decision)
        Values = values |> List.map clean |> Array.ofList
    }

/// Every decision kept, in order.
let steps (trace: Trace) =
    let struct (first, _, last) = Trace.toParts trace

    match first @ last with
    | [] -> [||]
    | start :: _ as all -> all |> List.map (step start.At) |> Array.ofList
