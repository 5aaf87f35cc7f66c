// A stateless proxy on top of a real dispatcher, as a value: what the one passes up the other passes on.
// Only what a shell does is done here. DNS answers come at once, from a zone, or when a test says.
module SipFun.Tests.Proxy.ProxyNode

open System
open System.Text
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig

/// A packet that left: by which leg, to where.
type Sent = { Leg: int; Hop: Hop; Packet: ReadOnlyMemory<byte> }

type Node = {
    Own: ProxySettings
    Settings: Settings
    State: State
    Now: Instant
    Number: int64
    Users: Map<string, UserTarget list>
    /// Addresses by name.
    Zone: Map<string, Address>
    /// Answers come at once; else the questions wait in `Asked` for the test.
    AnswersAtOnce: bool
    Asked: Question list
    /// Requests that wait for their hop.
    Waiting: Map<int64, Passage>
    /// Newest first.
    Sent: Sent list
    Counted: Counted list
}

let own: ProxySettings = {
    Secret = struct (11UL, 12UL)
    Epoch = 77u
    Domains = Set.empty
    Aliases = Set.empty
    RecordRoute = false
    RewriteContact = false
    AllowForeign = false
    AllowMulticast = false
}

let view node = ProxyView(node.Own, node.Settings, node.Now, node.State)

let private answerOf (question: Question) node : Answer =
    match question.Type, Map.tryFind question.Name node.Zone with
    | DnsType.A, Some address -> {
        Status = DnsStatus.Ok
        Records = [| { Name = question.Name; Ttl = 300; Data = AddressOf address } |]
        NegativeTtl = 0
      }
    | _, Some _ -> { Status = DnsStatus.NoData; Records = [||]; NegativeTtl = 60 }
    | _, None -> { Status = DnsStatus.NxDomain; Records = [||]; NegativeTtl = 60 }

let rec private step input node =
    let struct (state, effects) =
        Dispatcher.step node.Settings node.Now input node.State

    match Laws.violations node.Settings state with
    | [] -> ()
    | broken -> failwithf "after %A: %A" input broken

    effects.ToArray() |> Array.fold perform { node with State = state }

and private perform node effect =
    match effect with
    | Effect.Transmit(_, leg, hop, packet, _) -> {
        node with
            Sent = { Leg = leg; Hop = hop; Packet = packet } :: node.Sent
      }
    | Effect.Connect(_, hop) -> step (FlowOpened hop.Flow) node
    | Effect.Ask question when not node.AnswersAtOnce -> {
        node with
            Asked = node.Asked @ [ question ]
      }
    | Effect.Ask question -> step (Input.Answered(question, answerOf question node)) node
    | Effect.PassUp(number, leg, source, message) ->
        let did = Proxy.received (view node) leg source message
        let receipt = if did.IsPass then Receipt.Pass else Receipt.Stateless
        follow did node |> step (Receipted(number, receipt))
    | Effect.PassUpStray(leg, source, response) ->
        follow (Proxy.received (view node) leg source response) node
    | Effect.Found(number, found) ->
        let passage = node.Waiting[number]
        let node = { node with Waiting = Map.remove number node.Waiting }
        follow (Proxy.found (view node) passage found) node
    | Effect.Count counted -> { node with Counted = counted :: node.Counted }
    | _ -> node

and private follow (did: ProxyStep) node =
    match did with
    | ProxyStep.Pass -> node
    | ProxyStep.Send(leg, hop, packet) -> step (Relay(leg, hop, packet)) node
    | ProxyStep.Drop counted -> { node with Counted = counted :: node.Counted }
    | ProxyStep.AskUser passage ->
        let name = $"{passage.Uri.User}@{passage.Uri.Host.ToLowerInvariant()}"
        let targets = Map.tryFind name node.Users |> Option.defaultValue []
        follow (Proxy.located (view node) passage targets) node
    | ProxyStep.Find(passage, whither) ->
        let number = node.Number
        let wishes = Proxy.wishes (view node) passage

        {
            node with
                Number = number + 1L
                Waiting = Map.add number passage node.Waiting
        }
        |> step (Locate(number, whither.Uri, whither.HasRoute, whither.IsSecure, wishes))

let give = step

/// The answer comes to a question that waited.
let answers question node =
    let asked = node.Asked |> List.filter ((<>) question)

    step (Input.Answered(question, answerOf question node)) {
        node with
            Asked = asked
            Sent = []
            Counted = []
    }

/// A message comes in by this leg; the node afterwards, with what left.
let takes leg source (message: SipMessage) node =
    step (Received(node.Number, leg, source, message)) {
        node with
            Number = node.Number + 1L
            Sent = []
            Counted = []
    }

let receiver: Receiver = { Allow = []; ForwardsResponses = true; KeepsNothing = false }

let create settings own legs =
    {
        Own = own
        Settings = settings
        State = Dispatcher.start
        Now = 0L<ms>
        Number = 1L
        Users = Map.empty
        Zone = Map.empty
        AnswersAtOnce = true
        Asked = []
        Waiting = Map.empty
        Sent = []
        Counted = []
    }
    |> fun node -> List.fold (fun node leg -> step (AddLeg leg) node) node legs
    |> step (SetReceiver(ValueSome receiver))

/// One UDP leg at 127.0.0.1:5060.
let udp own = create settings own [ Rig.own ]

let legOf number transport text port : Leg = { leg number text port with Transport = transport }

let target (uri: string) : UserTarget = {
    Contact = SipUri.Parse uri
    Path = []
    Q = 1000
    Epoch = 0u
    Source = ValueNone
    Leg = 0
    IsFlow = false
}

let binding name uris node = { node with Users = Map.add name (List.map target uris) node.Users }

let messageOf (sent: Sent) = SipMessage.Parse sent.Packet

/// What left, the first first.
let sent node = List.rev node.Sent

let single node =
    match sent node with
    | [ one ] -> one
    | other -> failwithf "%d packets left, counted %A" other.Length node.Counted

let request node = messageOf (single node) :?> SipRequest
let response node = messageOf (single node) :?> SipResponse

let text (lines: string list) body =
    ReadOnlyMemory(Encoding.UTF8.GetBytes(String.Join("\r\n", lines) + "\r\n\r\n" + body))
    |> SipMessage.Parse

/// A request as a neighbour at 127.0.0.7:5070 sends it, with these header lines more.
let ask (method: string) (uri: string) branch toTag (more: string list) =
    let tag = if toTag = "" then "" else ";tag=" + toTag

    text
        [
            $"{method} {uri} SIP/2.0"
            $"Via: SIP/2.0/UDP 127.0.0.7:5070;rport;branch={branch}"
            "Max-Forwards: 70"
            "From: <sip:a@a.test>;tag=from1"
            $"To: <sip:b@b.test>{tag}"
            "Call-ID: call-1"
            $"CSeq: 7 {method}"
            yield! more
            "Content-Length: 0"
        ]
        ""
    :?> SipRequest
