// A response on its way back, and the answers that a proxy gives itself: to where the Via says that
// the request came from, by the leg and over the connection it came by (RFC 3261, 16.7, 18.2.2 and
// 8.2.7; RFC 3581, 4). Of `maddr` no word: nobody chooses whom our responses hit.
module internal SipFun.Core.ProxyResponse

open System
open System.Collections.Generic
open SipFun

let private addressOf (bytes: ReadOnlySpan<byte>) (via: inref<ViaParts>) =
    if via.ReceivedStart >= 0 then
        let text =
            Octets.toText (bytes.Slice(via.ReceivedStart, via.ReceivedEnd - via.ReceivedStart))

        Address.parse text
    else
        Address.parse (Octets.toText (bytes.Slice(via.HostStart, via.HostEnd - via.HostStart)))

/// Where a Via that bears its source leads, by a leg.
let private hopBy (bytes: ReadOnlySpan<byte>) (via: inref<ViaParts>) (leg: Leg) flow =
    match addressOf bytes &via with
    | ValueNone -> ValueNone
    | ValueSome address ->
        let port =
            if not (TransportName.isReliable leg.Transport) && via.RPort > 0 then
                via.RPort
            elif via.Port >= 0 then
                via.Port
            else
                Hop.defaultPort leg.Transport

        ValueSome { Hop.create leg.Transport address port with Flow = flow }

/// To whoever sent this request.
let private answerWith (view: ProxyView) (passage: Passage) (response: SipResponse) =
    let via = response.Index.TopVia

    match Ours.leg passage.Leg view with
    | ValueNone -> ProxyStep.Drop Counted.UnknownLeg
    | ValueSome leg ->
        match hopBy response.Bytes.Span &via leg passage.Source.Flow with
        | ValueSome hop when not (ProxyChecks.isForbidden view.Own hop) ->
            ProxyStep.Send(leg.Number, hop, response.Bytes)
        | ValueSome _ -> ProxyStep.Drop Counted.ForbiddenTarget
        | ValueNone -> ProxyStep.Drop Counted.Unanswerable

let private tagFor (view: ProxyView) (request: SipRequest) : string | null =
    if isNull request.ToTag then
        Tag.ofRequest view.Settings.Secret request
    else
        null

let private answered (view: ProxyView) (passage: Passage) status fields =
    let request = passage.Request

    if request.Method = SipMethod.Ack then
        ProxyStep.Drop Counted.AckGoesNowhere
    else
        let write (response: SipResponse) (struct (name: string, value: string)) =
            response.WithHeader(name, value)

        fields
        |> List.fold write (request.CreateResponse(status, tagFor view request))
        |> answerWith view passage

/// An answer of our own, without state; an ACK gets none.
let answer (view: ProxyView) (passage: Passage) (refusal: ProxyChecks.Refusal) =
    let fields =
        if refusal.Header = "" then
            []
        else
            [ struct (refusal.Header, refusal.Value) ]

    answered view passage refusal.Status fields

/// We are there, and this is what we take (11.2).
let capabilities (view: ProxyView) (passage: Passage) =
    let others =
        match view.State.Receiver with
        | ValueSome receiver -> receiver.Allow
        | ValueNone -> []

    let names = SipMethod.Options :: others |> List.map _.Name |> List.distinct

    answered view passage 200 [
        struct ("Allow", String.Join(", ", names))
        struct ("Supported", "")
    ]

let refuse view passage status = answer view passage (ProxyChecks.refusal status)

/// The Via below the topmost, scanned.
let private belowTop (response: SipResponse) (via: byref<ViaParts>) =
    let index = response.Index
    let bytes = response.Bytes.Span
    let line = index.Lines[index.ViaLine]
    let mutable fault = Fault()

    if index.TopVia.End < line.ValueEnd then
        let start = Grammar.skipBlanks bytes (index.TopVia.End + 1) line.ValueEnd
        ViaScan.scan bytes start line.ValueEnd &via &fault >= 0
    else
        let mutable next = index.ViaLine + 1

        while next < index.Count && index.Lines[next].Id <> HeaderId.Via do
            next <- next + 1

        next < index.Count
        && ViaScan.scan bytes index.Lines[next].ValueStart index.Lines[next].ValueEnd &via &fault
           >= 0

let private withoutTopVia (response: SipResponse) (edits: List<Edit>) =
    let index = response.Index
    let line = index.Lines[index.ViaLine]

    let start, stop =
        if index.TopVia.End >= line.ValueEnd then
            line.Start, index.LineEnd index.ViaLine
        else
            let next =
                Grammar.skipBlanks response.Bytes.Span (index.TopVia.End + 1) line.ValueEnd

            line.ValueStart, next

    edits.Add { Start = start; Stop = stop; Text = ReadOnlyMemory.Empty }

let private contacts view arrival source leg (response: SipResponse) edits =
    if response.CSeq.Method = SipMethod.Register then
        ProxyWords.contactsRestored view response edits
    elif response.StatusCode < 300 then
        ProxyWords.contactsThrough view arrival source leg response edits

let private write (view: ProxyView) arrival source (leg: Leg) (response: SipResponse) =
    let edits = List<Edit> 2
    withoutTopVia response edits
    ProxyWords.lengthForStream response leg.Transport edits
    contacts view arrival source leg response edits
    ReadOnlyMemory<byte>(Edits.apply response.Bytes edits)

let private transportOf (bytes: ReadOnlySpan<byte>) (via: inref<ViaParts>) =
    let text = bytes.Slice(via.TransportStart, via.TransportEnd - via.TransportStart)
    TransportName.tryParse (Octets.toText text)

/// The leg that the request came by. Another run, or another proxy with the same secret, may number its
/// legs otherwise: then one of the transport that the Via names, and of its address family (18.2.2).
let private legFor (view: ProxyView) (back: ProxyWay.WayBack) bytes (via: inref<ViaParts>) =
    let numbered = Ours.leg back.Leg view
    let transport = transportOf bytes &via
    let address = addressOf bytes &via

    let fits (leg: Leg) =
        ValueSome leg.Transport = transport
        && (match address with
            | ValueSome address -> leg.Address.Family = address.Family
            | ValueNone -> false)

    match numbered with
    | ValueSome leg when fits leg || (back.Flow <> 0L && back.Epoch = view.Own.Epoch) -> numbered
    | _ ->
        match List.tryFind fits view.State.Legs with
        | Some leg -> ValueSome leg
        | None -> numbered

let private send view arrival source (back: ProxyWay.WayBack) below (response: SipResponse) =
    let via: ViaParts = below

    match legFor view back response.Bytes.Span &via with
    | ValueNone -> ProxyStep.Drop Counted.UnknownLeg
    | ValueSome leg ->
        let flow = if back.Epoch = view.Own.Epoch then back.Flow else 0L

        match hopBy response.Bytes.Span &via leg flow with
        | ValueSome hop when not (ProxyChecks.isForbidden view.Own hop) ->
            ProxyStep.Send(leg.Number, hop, write view arrival source leg response)
        | ValueSome _ -> ProxyStep.Drop Counted.ForbiddenTarget
        | ValueNone -> ProxyStep.Drop Counted.Unanswerable

/// A response that matches no transaction: on, if our Via on top vouches for the one below (16.11).
let received (view: ProxyView) arrival source (response: SipResponse) =
    let mutable below = ViaParts()

    if not (ProxyBranch.isAlike (Peek.branch response)) then
        ProxyStep.Drop Counted.StrayResponse
    elif response.ViaCount < 2 || not (belowTop response &below) then
        ProxyStep.Drop Counted.ForgedResponse
    else
        match ProxyWay.tryRead view.Own response &below with
        | ValueSome back -> send view arrival source back below response
        | ValueNone -> ProxyStep.Drop Counted.ForgedResponse
