// A registrar and its bindings without a shell: a REGISTER in, its answer and the bindings out, in
// time that a test moves.
module SipFun.Tests.Registrar.Desk

open System
open SipFun
open SipFun.Core

let settings: RegistrarSettings = {
    Domains = set [ "example.test"; "other.test" ]
    DefaultExpires = 3600u
    MinExpires = 60u
    MaxExpires = 7200u
    MaxContacts = 5
    MaxLength = 500
    ServiceRoute = []
    TakesAnyPath = false
    Outbound = true
    FlowTimer = ValueNone
    Gruus = true
    Secret = struct (1UL, 2UL)
}

type Desk = {
    Settings: RegistrarSettings
    Now: Instant
    Rows: Map<string, Binding list>
    Source: Hop
    IsKnown: bool
    Epoch: uint32
    State: State
}

let source flow : Hop = {
    Hop.create Transport.Tcp (Address.parse "192.0.2.7").Value 40_000 with
        Flow = flow
}

let at settings : Desk = {
    Settings = settings
    Now = 0L<ms>
    Rows = Map.empty
    Source = source 7L
    IsKnown = false
    Epoch = 0u
    State = Dispatcher.start
}

let start = at settings

let seconds (n: int) = int64 n * 1000L<ms>
let later n (desk: Desk) : Desk = { desk with Now = desk.Now + seconds n }

/// What a REGISTER says beyond what each has.
type Said = {
    Uri: string
    To: string
    CallId: string
    CSeq: int
    Fields: string list
}

let bob: Said = {
    Uri = "sip:example.test"
    To = "sip:bob@example.test"
    CallId = "one"
    CSeq = 1
    Fields = []
}

let from callId cseq fields = { bob with CallId = callId; CSeq = cseq; Fields = fields }

let lines said = [
    $"REGISTER {said.Uri} SIP/2.0"
    "Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK776"
    "Max-Forwards: 70"
    $"From: <{said.To}>;tag=1"
    $"To: <{said.To}>"
    $"Call-ID: {said.CallId}"
    $"CSeq: {said.CSeq} REGISTER"
    yield! said.Fields
    "Content-Length: 0"
    ""
    ""
]

let request said : SipRequest =
    match SipMessage.Parse(String.Join("\r\n", lines said)) with
    | :? SipRequest as request -> request
    | _ -> failwith "a request"

let private date = DateTimeOffset(2026, 11, 28, 6, 30, 0, TimeSpan.Zero)

let private live (desk: Desk) (address: AddressOfRecord) =
    Map.tryFind (string address) desk.Rows
    |> Option.defaultValue []
    |> List.filter (fun binding -> binding.Until > desk.Now)

/// The bindings that are valid now.
let bindings desk = live desk (AddressOfRecord.Parse "sip:bob@example.test")

let take (request: SipRequest) (desk: Desk) =
    match Registrar.address desk.Settings false request with
    | Addressed.Refused refusal -> struct (Registrar.refuse desk.Settings request refusal, [], desk)
    | Addressed.To address ->
        let now = desk.Now

        let arrival = {
            Epoch = desk.Epoch
            Leg = 1
            Source = desk.Source
            State = desk.State
        }

        let before = live desk address

        let registered =
            Registrar.register desk.Settings now date arrival desk.IsKnown request address before

        let after = registered.Bindings |> ValueOption.defaultValue before

        struct (registered.Response,
                registered.Changes,
                { desk with Rows = Map.add (string address) after desk.Rows })

/// The answer, and the desk after it.
let send said desk =
    let struct (response, _, desk) = take (request said) desk
    struct (response, desk)

/// The desk after a REGISTER that is accepted.
let sent said desk =
    let struct (response, desk) = send said desk

    if response.StatusCode <> 200 then
        failwith $"{response.StatusCode} {response.ReasonPhrase}"

    desk

let answer said desk =
    let struct (response, _) = send said desk
    response

let status said desk = (answer said desk).StatusCode
let contacts (response: SipResponse) = List.ofSeq (response.GetHeaders "Contact")
