// What is refused before the application hears of it (RFC 3261, 8.2): methods, malformed fields,
// URI schemes, extensions and bodies that nobody here understands.
module internal SipFun.Core.Checks

open System
open SipFun

/// A refusal: its status and its fields.
type Fault = { Status: int; Headers: (string * string) list }

let private fault status headers = ValueSome { Status = status; Headers = headers }

/// 8.2.1: 405 for a method that is known, 501 for one that is not.
let method (request: SipRequest) (settings: AgentSettings) =
    if List.contains request.Method (Wording.methods settings) then
        ValueNone
    else
        fault (if request.Method.IsKnown then 405 else 501) [ "Allow", Wording.allow settings ]

let private isMalformed (request: SipRequest) = request.Validate(SipRole.UserAgent).Count > 0

/// 8.2.2.1: 416 for a Request-URI of a scheme that is none of ours.
let private isForeignScheme (request: SipRequest) =
    not (request.RequestUri.IsSip || request.RequestUri.IsTel)

/// 8.2.2.3: what Require names and nobody here has.
let private unsupported (request: SipRequest) (settings: AgentSettings) =
    let known = Wording.extensions settings.Reliability settings
    request.Require |> Seq.filter (Wording.lists known >> not) |> List.ofSeq

let private isOptional (request: SipRequest) =
    match request.ContentDisposition with
    | null -> false
    | value -> Wording.same (string (value.GetParameter "handling")) "optional"

let private mediaType (text: string) =
    match text.IndexOf ';' with
    | -1 -> text.Trim()
    | stop -> text.Substring(0, stop).Trim()

/// 8.2.3: a body of a type, or an encoding, that is not understood.
let private content (request: SipRequest) (settings: AgentSettings) =
    let isPlain coding = Wording.same coding "identity"

    if request.Body.IsEmpty || isOptional request then
        ValueNone
    elif not (Seq.forall isPlain request.ContentEncoding) then
        fault 415 [ "Accept-Encoding", "identity" ]
    else
        match request.ContentType with
        | NonNull text when
            not (settings.Accept.IsEmpty || Wording.lists settings.Accept (mediaType text))
            ->
            fault 415 [ "Accept", Wording.join settings.Accept ]
        | _ -> ValueNone

let private acceptable = [ "application/sdp"; "application/*"; "*/*" ]

/// 20.1, 21.4.7: an offer whose answer the caller says he cannot read.
let private unreadable (request: SipRequest) =
    let isOffer =
        request.Method = SipMethod.Invite
        && Wording.same (mediaType (string request.ContentType)) "application/sdp"

    let isRead (wanted: HeaderValue) = Wording.lists acceptable (mediaType wanted.Value)

    if isOffer && request.Accept.Count > 0 && not (Seq.exists isRead request.Accept) then
        fault 406 [
            "Warning", "399 sipfun \"The offer cannot be answered without application/sdp\""
        ]
    else
        ValueNone

/// All of it, in the RFC's order.
let all (request: SipRequest) (settings: AgentSettings) =
    match method request settings with
    | ValueSome fault -> ValueSome fault
    | ValueNone when isMalformed request -> fault 400 []
    | ValueNone when isForeignScheme request -> fault 416 []
    | ValueNone ->
        match unsupported request settings with
        | [] -> content request settings |> ValueOption.orElseWith (fun () -> unreadable request)
        | tags -> fault 420 [ "Unsupported", Wording.join tags ]

/// 422: the session's interval is too short (RFC 4028, 9).
let session (request: SipRequest) settings =
    match Sessions.tooShort settings request with
    | ValueSome least -> fault 422 [ "Min-SE", string (Wording.seconds least) ]
    | ValueNone -> ValueNone
