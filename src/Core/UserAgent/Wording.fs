// What the agent's messages say of it: its contact, methods, extensions and product, and whatever
// the application adds (RFC 3261, 8.1.1, 8.2.6, 12.1.1, 13.2.1, 20.5, 20.37).
module internal SipFun.Core.Wording

open System
open SipFun

let private own =
    set [
        "via"
        "v"
        "from"
        "f"
        "to"
        "t"
        "call-id"
        "i"
        "cseq"
        "content-length"
        "l"
        "content-type"
        "c"
    ]

let isOwn (name: string) = own.Contains(name.ToLowerInvariant())

/// With this field, unless the message has it.
let field<'M when 'M :> SipMessage<'M>> name (value: string) (message: 'M) : 'M =
    if isNull (message.GetHeader name) && value <> "" then
        message.WithAddedHeader(name, value)
    else
        message

let fields<'M when 'M :> SipMessage<'M>> name (values: string list) (message: 'M) : 'M =
    values |> List.fold (fun message value -> message.WithAddedHeader(name, value)) message

/// The application's fields and body.
let content<'M when 'M :> SipMessage<'M>> (content: Content) (message: 'M) : 'M =
    let message =
        content.Headers
        |> List.filter (fun (name, _) -> not (isOwn name))
        |> List.fold (fun (message: 'M) pair -> message.WithAddedHeader pair) message

    if isNull content.ContentType && content.Body.IsEmpty then
        message
    else
        message.WithBody(content.ContentType, content.Body)

let join (values: string list) = String.Join(", ", values)

/// The methods that are answered here (20.5).
let methods (settings: AgentSettings) =
    [
        SipMethod.Ack
        SipMethod.Bye
        SipMethod.Cancel
        SipMethod.Options
        if settings.Reliability <> Reliability.Never then
            SipMethod.Prack
        // A refresh of the session is answered without the application (RFC 4028, 7.4).
        SipMethod.Update
        yield! settings.Methods
    ]
    |> List.distinct

let allow settings = methods settings |> List.map (fun method -> method.Name) |> join

/// The extensions that are understood here (20.37).
let extensions reliability (settings: AgentSettings) =
    [
        if reliability <> Reliability.Never then
            "100rel"
        "timer"
        yield! settings.Extensions
    ]
    |> List.distinct

let same (a: string) (b: string) = String.Equals(a, b, StringComparison.OrdinalIgnoreCase)

let lists (tags: string seq) tag = Seq.exists (same tag) tags

/// Allow and Supported: what is understood.
let abilities<'M when 'M :> SipMessage<'M>> reliability settings (message: 'M) : 'M =
    message
    |> field "Allow" (allow settings)
    |> field "Supported" (join (extensions reliability settings))

/// Contact, Allow and Supported: of an INVITE and of what answers it.
let introduction<'M when 'M :> SipMessage<'M>>
    (contact: NameAddr)
    reliability
    (settings: AgentSettings)
    (message: 'M)
    : 'M =
    message |> field "Contact" (contact.ToString()) |> abilities reliability settings

let private product name (settings: AgentSettings) (message: 'M) =
    match settings.Product with
    | null -> message
    | product -> field name product message

/// A request outside dialogs (8.1.1).
let request
    (method: SipMethod)
    (target: SipUri)
    (party: Party)
    (tag: string)
    (callId: CallId)
    cseq
    (text: Content)
    (settings: AgentSettings)
    : SipRequest =
    SipRequest.Create(method, target, party.From.WithTag tag, party.To.WithTag null, callId, cseq)
    |> fields "Route" (party.Routes |> List.map string)
    |> content text
    |> product "User-Agent" settings

/// What the application adds to a request within a dialog.
let within (text: Content) (settings: AgentSettings) (request: SipRequest) =
    request |> content text |> product "User-Agent" settings

/// A response with the application's words; the tag where the request has none (8.2.6).
let response
    (request: SipRequest)
    (tag: string | null)
    (answer: AgentAnswer)
    (settings: AgentSettings)
    =
    request.CreateResponse(answer.Status, tag, answer.Reason)
    |> content answer.Content
    |> product "Server" settings

let status status = { Status = status; Reason = null; Content = Content.none }

/// A response of the agent's own.
let refusal
    (request: SipRequest)
    (tag: string | null)
    code
    (headers: (string * string) list)
    settings
    =
    let answer = { status code with Content = { Content.none with Headers = headers } }

    response request tag answer settings

/// Seconds, as the fields of RFC 3261, 25.1 count them.
let seconds (duration: Duration) = max 0L ((duration + 999L<ms>) / 1000L<ms>)

let duration (seconds: uint32) : Duration = int64 seconds * 1000L<ms>

/// With another CSeq number.
let numbered (number: uint32) (request: SipRequest) =
    request.WithHeader("CSeq", $"{number} {request.Method.Name}")
