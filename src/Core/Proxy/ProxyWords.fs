// What a proxy writes: its Via, its Record-Route, the Contacts that lead through it (RFC 3261, 16.6,
// items 4 and 8; 20.10; RFC 7118, 5).
module internal SipFun.Core.ProxyWords

open System
open System.Collections.Generic
open System.Text
open SipFun

let private viaStarts = [|
    for transport in Enum.GetValues<Transport>() ->
        Octets.ofText $"Via: SIP/2.0/{TransportName.via transport} "
|]

let private branchName = Octets.ofText ";branch="
let private lineEnd = Octets.ofText "\r\n"
let private contentLength = Octets.ofText "Content-Length: "
let private maxForwards = [| for number in 0..255 -> Octets.ofText (string number) |]
let private maxForwardsLine = Octets.ofText "Max-Forwards: 70\r\n"

let private add (octets: byte[]) (output: byte[]) (at: int) =
    octets.CopyTo(output, at)
    at + octets.Length

let private addText (text: string) (output: byte[]) (at: int) =
    at + Encoding.UTF8.GetBytes(text.AsSpan(), output.AsSpan at)

/// Our Via line.
let via (own: ProxySettings) back loop (request: SipRequest) (leg: Leg) =
    let start = viaStarts[int leg.Transport]
    let text = start.Length + 2 * leg.SentBy.Length + branchName.Length + lineEnd.Length
    let output = Array.zeroCreate<byte>(text + ProxyBranch.Length + ProxyWay.Longest)
    let at = add start output 0 |> addText leg.SentBy output |> add branchName output
    let branch = output.AsSpan(at, ProxyBranch.Length)
    ProxyBranch.write own loop request branch
    let at = at + branch.Length

    let at =
        at + ProxyWay.write own back (Span.op_Implicit branch) request (output.AsSpan at)

    let stop = add lineEnd output at
    ReadOnlyMemory<byte>(output, 0, stop)

/// One hop fewer, or the 70 of a request that says nothing (16.6, item 3).
let fewerForwards (request: SipRequest) (edits: List<Edit>) =
    let index = request.Index

    if index.MaxForwards >= 0 then
        edits.Add {
            Start = index.MaxForwardsStart
            Stop = index.MaxForwardsEnd
            Text = ReadOnlyMemory maxForwards[min 255 index.MaxForwards - 1]
        }
    else
        edits.Add {
            Start = index.HeadersEnd
            Stop = index.HeadersEnd
            Text = ReadOnlyMemory maxForwardsLine
        }

/// A stream's messages need one (16.6, item 9; 18.3).
let lengthForStream (message: SipMessage) transport (edits: List<Edit>) =
    let index = message.Index

    if TransportName.isReliable transport && index.ContentLength < 0L then
        let text = Octets.ofText (string message.Body.Length)

        edits.Add {
            Start = index.HeadersEnd
            Stop = index.HeadersEnd
            Text = ReadOnlyMemory(Array.concat [ contentLength; text; lineEnd ])
        }

/// Its transport is told where a URI would not go there by itself. In a sips URI only WebSocket is
/// (RFC 3261, 26.2.2; RFC 7118, 5.5).
let private transportOf isSecure transport =
    match transport with
    | Transport.Udp -> ""
    | Transport.Tls when isSecure -> ""
    | Transport.Ws
    | Transport.Wss -> ";transport=ws"
    | other -> ";transport=" + TransportName.parameter other

let private uriOf isSecure user (leg: Leg) =
    let scheme = if isSecure then "sips:" else "sip:"
    scheme + user + leg.SentBy + transportOf isSecure leg.Transport

/// Requests that form a dialog, or may for all we know, and those that refresh its target.
let private formsDialog (method: SipMethod) =
    not method.IsKnown
    || method = SipMethod.Invite
    || method = SipMethod.Subscribe
    || method = SipMethod.Refer
    || method = SipMethod.Notify
    || method = SipMethod.Update

/// What a proxy may not leave out: who speaks TLS on one side and not on the other stays between.
let private mustStay (isSecure: bool) (arrival: Leg) =
    isSecure <> TransportName.isSecure arrival.Transport

let private recordLine own isSecure leg request =
    let uri = uriOf isSecure "" leg
    $"Record-Route: <{uri};lr{RouteSeal.parameter own request}>\r\n"

/// One value, or two when it leaves by another leg than it came by: each side gets the one that it
/// can use (16.6, item 4). `isSecure`: the Request-URI, or the first Route, is sips.
let recordRoute (view: ProxyView) isSecure arrival (leg: Leg) (request: SipRequest) =
    if not (formsDialog request.Method) then
        ""
    else
        match Ours.leg arrival view with
        | ValueSome first when view.Own.RecordRoute || mustStay isSecure first ->
            let last = recordLine view.Own isSecure leg request

            let isSide =
                first.Number <> leg.Number
                && (not isSecure || TransportName.isSecure first.Transport)

            if isSide then
                last + recordLine view.Own isSecure first request
            else
                last
        | _ -> ""

/// A name that the DNS never has: its user is reached where he came from (RFC 2606; RFC 7118, 5).
let isNobodys (uri: SipUri) =
    uri.IsSip && uri.Host.EndsWith(".invalid", StringComparison.OrdinalIgnoreCase)

let private replacement (text: string) (value: NameAddr) =
    Octets.ofText (if value.HasBrackets then text else $"<{text}>")

let private editOf (message: SipMessage) (value: NameAddr) (text: string) (edits: List<Edit>) =
    let mutable offset = 0

    if message.Bytes.Span.Overlaps(value.Uri.Octets.Span, &offset) then
        edits.Add {
            Start = offset
            Stop = offset + value.Uri.Octets.Length
            Text = ReadOnlyMemory(replacement text value)
        }

/// Its Contacts lead through here: over `leg` from where it goes, and back to where it came from; those
/// that nobody could reach in any case.
let contactsThrough (view: ProxyView) arrival source (leg: Leg) (message: SipMessage) edits =
    if message.Index.Has HeaderId.Contact then
        for value in message.Contacts do
            if value.Uri.IsSip && (view.Own.RewriteContact || isNobodys value.Uri) then
                let token = ContactToken.encode view.Own arrival source value.Uri
                editOf message value (uriOf value.Uri.IsSips (token + "@") leg) edits

/// The Contacts that were there before they led through here: what a registrar says is bound.
let contactsRestored (view: ProxyView) (message: SipMessage) edits =
    if message.Index.Has HeaderId.Contact then
        for value in message.Contacts do
            match ContactToken.tryDecode view.Own value.Uri.User with
            | ValueSome named when Ours.isUri view value.Uri ->
                editOf message value (named.Contact.ToString()) edits
            | _ -> ()
