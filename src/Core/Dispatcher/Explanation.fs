// A trace as a person reads it: why the message went where it went, and how it ended. One line a decision.
module SipFun.Core.Explanation

open System
open System.Text

let private uri (value: SipFun.SipUri) = value.ToString()

let private target decision =
    match decision with
    | TargetIsRoute route -> $"the top Route decides: {uri route}"
    | TargetIsStrictRoute route -> $"the top Route is a strict router: {uri route}"
    | TargetIsRequestUri target -> $"no Route: the Request-URI decides: {uri target}"
    | TargetIsVia sentBy -> $"the top Via decides: {sentBy}"
    | DestinationGiven hop -> $"the caller named the destination: {Hop.toString hop}"
    | DomainMapped(pattern, proxy) -> $"the domain map has {pattern}: {uri proxy}"
    | DomainNotMapped host -> $"the domain map has nothing for {host}"
    | ProxyChosen proxy -> $"the outgoing proxy takes it: {uri proxy}"
    | NoProxy -> "no outgoing proxy"
    | _ -> ""

let private names (transports: SipFun.Transport list) =
    String.Join(", ", transports |> List.map (fun each -> each.ToString().ToLowerInvariant()))

let private dns decision =
    match decision with
    | TransportsAllowed(transports, why) -> $"transports: {names transports} ({why})"
    | HostIsNumeric address -> $"the host is numeric: {Address.toString address}; no DNS"
    | HostIsLocalhost host -> $"{host} is this machine: no DNS (RFC 6761, 6.3)"
    | MaddrReplaces maddr -> $"maddr replaces the host: {maddr}"
    | PortIsExplicit port -> $"the port is given: {port}; no SRV (RFC 3263, 4.2)"
    | TransportsSkipped(transports, why) -> $"not over {names transports}: {why}"
    | FamilySkipped(family, why) -> $"no IP{family.ToString().ToLowerInvariant()} addresses: {why}"
    | Asked question -> $"asked the DNS for {Question.toString question}"
    | Remembered(question, left) ->
        $"remembered, for another {left} s: {Question.toString question}"
    | StaleUsed question -> $"remembered, too old, asked for anew: {Question.toString question}"
    | Got(question, status, records, ttl) when records > 0 ->
        $"{Question.toString question}: {status}, {records} of them, TTL {ttl} s"
    | Got(question, status, _, ttl) when ttl > 0 ->
        $"{Question.toString question}: {status}, TTL {ttl} s"
    | Got(question, status, _, _) -> $"{Question.toString question}: {status}"
    | AliasIs(name, canonical) -> $"{name} is an alias of {canonical} (CNAME)"
    | PointerTaken(order, preference, service, replacement) ->
        $"NAPTR {service} to {replacement}, order {order}, preference {preference}"
    | PointerSkipped(service, replacement, why) ->
        $"NAPTR {service} to {replacement} skipped: {why}"
    | PointersEmpty -> "no SRV records where NAPTR points to: the domain's own"
    | QuestionSkipped question -> $"not asked for {Question.toString question}: enough was asked"
    | QuestionTooLate question ->
        $"not asked for {Question.toString question}: the time of its stage is up"
    | ServiceDrawn(service, name, port, priority, weight, draw, total) ->
        $"SRV {service}: {name}:{port}, priority {priority}, weight {weight} \
          (draw {draw} of {total})"
    | ServiceSkipped(service, name, why) -> $"SRV {service}: {name} skipped: {why}"
    | AddressSkipped(address, why) -> $"address {Address.toString address} skipped: {why}"
    | CandidateIs hop -> $"candidate {Hop.toString hop}"
    | ResolutionFailed failure -> $"no next hop: {failure.Stage}, {failure.Fault}: {failure.Detail}"
    | HopSetAside(hop, reason, detail, left) ->
        $"{Hop.toString hop} comes last: set aside for another {left} s ({reason}: {detail})"
    | HopKept hop -> $"{Hop.toString hop} comes first: it answered this call before"
    | SourceIs(destination, ValueSome source) ->
        $"the system sends to {Address.toString destination} from {Address.toString source}"
    | SourceIs(destination, ValueNone) ->
        $"the system names no address to send to {Address.toString destination} from"
    | LegChosen(leg, rule) -> $"from leg {Leg.toString leg} ({rule})"
    | LegRejected(leg, why) -> $"not from leg {Leg.toString leg}: {why}"
    | _ -> ""

let private ended (hop: Hop) =
    match hop.VerifyName with
    | NonNull name when SipFun.Core.TransportName.isSecure hop.Transport ->
        $"{Hop.toString hop}, verified as {name}"
    | _ -> Hop.toString hop

let private sending decision =
    match decision with
    | PathMtuIs(bytes, largest, true) ->
        $"the path takes packets of {bytes} bytes, as ICMP said: up to {largest} go over UDP"
    | PathMtuIs(bytes, largest, false) ->
        $"the path takes packets of {bytes} bytes, as its leg was told: up to {largest} go over UDP"
    | TooBigForPath mtu -> $"too big for the path, which takes {mtu} bytes: ICMP says so"
    | SizeIs bytes -> $"the packet has {bytes} bytes"
    | LargeGoesOverTcp(bytes, limit) ->
        $"{bytes} bytes are more than {limit}: over TCP instead of UDP (RFC 3261, 18.1.1)"
    | LargeGoesOverUdp hop ->
        $"TCP was refused: over UDP after all, to {Hop.toString hop} (RFC 3261, 18.1.1)"
    | GoesOverFlow(hop, true) -> $"opens a connection to {ended hop}"
    | GoesOverFlow(hop, false) -> $"uses the connection to {ended hop}"
    | FirstSent hop -> $"sent to {Hop.toString hop}"
    | SentAnew hop ->
        $"the connection was closed before an answer came: once more over a new one, to {ended hop}"
    | CopySent copy -> $"copy {copy} sent"
    | ResponseCame(status, source) -> $"{status} from {Hop.toString source}"
    | HopFailed(hop, fault, detail) -> $"{Hop.toString hop} failed: {fault}, {detail}"
    | HopMarked(hop, reason, seconds) ->
        $"{Hop.toString hop} is set aside for {seconds} s: {reason}"
    | HopTimedOut hop -> $"{Hop.toString hop} gave no final response in time"
    | HopAnswered503 hop -> $"{Hop.toString hop} answered 503: the next target"
    | AckSent -> "ACK sent"
    | CancelSent hop -> $"CANCEL sent to {Hop.toString hop}, which was left and still rings"
    | CancelHeld -> "the CANCEL waits for a provisional response (RFC 3261, 9.1)"
    | CancelJoined number -> $"goes where delivery {number} went, with its branch"
    | EndedWith(status, reason) -> $"answered: {status} {reason}"
    | EndedAs(outcome, why) -> $"{outcome}: {why}"
    | _ -> ""

/// One decision in words.
let words decision =
    match target decision with
    | "" ->
        match dns decision with
        | "" -> sending decision
        | text -> text
    | text -> text

/// Longer than any line of ours; what a peer or a DNS server wrote may be longer still.
[<Literal>]
let private LineLength = 400

let private isPlain (text: string) =
    text.Length <= LineLength && not (text.AsSpan().ContainsAnyExceptInRange(' ', '~'))

/// Fit for a terminal, a log and JSON, whoever wrote it (V-15).
let printable (text: string) = if isPlain text then text else Sanitizer.text text

let private line (start: Instant) (dated: Dated) =
    let seconds = decimal (int64 (dated.At - start)) / 1000m
    $"{seconds, 8:F3}  {printable (words dated.Decision)}"

/// Every decision, with seconds since the first, and how many were left out.
let text (trace: Trace) =
    let struct (first, omitted, last) = Trace.toParts trace

    let start =
        match first @ last with
        | dated :: _ -> dated.At
        | [] -> 0L<ms>

    let out = StringBuilder()

    for dated in first do
        out.Append(line start dated).Append('\n') |> ignore

    if omitted > 0 then
        out.Append($"          ... {omitted} decisions are not kept ...\n") |> ignore

    for dated in last do
        out.Append(line start dated).Append('\n') |> ignore

    out.ToString()
