// Whether what the application puts into a message can be in one (RFC 3261, 7.3.1, 25.1; RFC 3428,
// 4). The face refuses what cannot; whoever drives the machine by hand is told so too, by a refusal.
module internal SipFun.Core.Soundness

open System
open SipFun

let private isToken (name: string) =
    let octets = Octets.ofText name
    name <> "" && Grammar.token (ReadOnlySpan<byte> octets) 0 octets.Length = octets.Length

let private isLine (value: string) =
    let octets = Octets.ofText value
    ReadOnlySpan<byte>(octets).IndexOfAny ScanSets.lineEnds < 0

/// A request with nothing in it that could be wrong.
let private bare =
    SipRequest.Create(
        SipMethod.Options,
        SipUri.Parse "sip:sound.invalid",
        NameAddr.Parse "<sip:sound.invalid>;tag=1",
        NameAddr.Parse "<sip:sound.invalid>",
        CallId.Parse "sound",
        1u
    )

/// Fields that the agent itself reads again, in ACK and CANCEL, must be readable.
let private isReadable (content: Content) =
    (Wording.content content bare).Validate(SipRole.UserAgent).Count = 0

let private isSound (content: Content) =
    let isType =
        match content.ContentType with
        | null -> true
        | text -> isLine text

    isType
    && List.forall (fun (name, value) -> isToken name && isLine value) content.Headers
    && (content.Headers.IsEmpty || isReadable content)

/// A MESSAGE has no Contact (RFC 3428, 4).
let private isSoundIn method (text: Content) =
    isSound text
    && (method <> SipMethod.Message || isNull ((Wording.content text bare).GetHeader "Contact"))

let private hasPhrase (answer: AgentAnswer) =
    match answer.Reason with
    | null -> true
    | reason -> not (String.exists Octets.isControl reason)

/// Whether an order can be carried out as it is.
let ofOrder (input: AgentInput) =
    match input with
    | AgentInput.Invite(_, order) -> isSound order.Content && isSound order.Acknowledgement
    | AgentInput.HangUp(_, text) -> isSound text
    | AgentInput.RequestWithin(_, _, method, text) -> isSoundIn method text
    | AgentInput.Request(_, order) -> isSoundIn order.Method order.Content
    | AgentInput.Register(_, order) -> isSound order.Content
    | AgentInput.Respond(_, answer) -> isSound answer.Content && hasPhrase answer
    | _ -> true
