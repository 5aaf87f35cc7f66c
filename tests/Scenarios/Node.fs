// A node with the real machines, as a value: a dispatcher, a user agent on top of it, and a user on
// top of that. Only what a shell does is done here: effects of the one become inputs of the other.
module SipFun.Tests.Scenarios.Node

open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.User

type Owner =
    | Sending of int64
    | Replying of int64
    /// A request that an application delivers by itself, past the user agent.
    | Asking of SipRequest * DigestState

type Task =
    | ToDispatcher of Input
    | ToAgent of AgentInput

type Node = {
    Directory: Directory
    Settings: Settings
    Own: AgentSettings
    Leg: Leg
    User: User
    Promises: Promises.Promises
    Dispatcher: State
    Agent: AgentState
    /// The next number that is fresh.
    Number: int64
    /// What the dispatcher delivers for the user agent, by the dispatcher's number.
    Owners: Map<int64, Owner>
    /// The connections that requests came by.
    Flows: Map<int64, int64>
    /// Newest first.
    Doings: Doing list
}

let does doing node = { node with Doings = doing :: node.Doings }
let fresh node = node.Number, { node with Number = node.Number + 1L }

let private order node number (message: SipMessage) : Order = {
    Number = number
    Token = SipHash.ofText node.Settings.Secret (string number)
    Message = message
    Name = ValueNone
    CallId = message.CallId
    Legs = []
    Destination = ValueNone
    Flow = 0L
    Retransmit = true
    Transports = []
    AnswerWithin = ValueNone
    TryNextAfter = ValueNone
    TellSent = false
}

let private deliver owner change message node =
    let number, node = fresh node
    let node = { node with Owners = Map.add number owner node.Owners }
    [ ToDispatcher(Deliver(change (order node number message))) ], node

let private owned number node = Map.tryFind number node.Owners

let private numberOf owner node = node.Owners |> Map.tryFindKey (fun _ each -> each = owner)

let private arrival node number leg source message : Arrival = {
    Number = number
    Leg = leg
    Source = source
    Contact = node.User.Habits.Contact
    Message = message
}

let ask (struct (request, digest)) node = deliver (Asking(request, digest)) id request node

/// A query of the application's own: again with credentials when it is challenged (22.2).
let private asked request digest outcome node =
    match outcome with
    | Outcome.Answered response ->
        match DigestLogins.answer node.User.Habits.Logins "cnonce" request response digest with
        | ValueSome again -> ask again node
        | ValueNone -> [], does (Says $"request over: {Words.status response}") node
    | other -> [], does (Says $"request over: {Words.outcome other}") node

let private completed number outcome last node =
    match owned number node with
    | Some(Sending sending) -> [ ToAgent(AgentInput.Completed(sending, outcome, last)) ], node
    | Some(Replying reply) -> [ ToAgent(AgentInput.Replied(reply, outcome)) ], node
    | Some(Asking(request, digest)) -> asked request digest outcome node
    | None -> [], node

let private effect node effect =
    match effect with
    | Effect.Connect(_, hop) -> [], does (Dial hop) node
    | Effect.Disconnect(_, flow) -> [], does (HangUp flow) node
    | Effect.Transmit(number, _, hop, packet, report) ->
        (if report then [ ToDispatcher(Transmitted number) ] else []), does (Send(hop, packet)) node
    | Effect.Ask question ->
        let answer = Directory.answer question node.Directory
        [ ToDispatcher(Input.Answered(question, answer)) ], node
    | Effect.PassUp(number, leg, source, message) ->
        [ ToAgent(AgentInput.Arrived(arrival node number leg source message)) ],
        { node with Flows = Map.add number source.Flow node.Flows }
    | Effect.HandUp(number, response) ->
        match owned number node with
        | Some(Sending sending) -> [ ToAgent(AgentInput.Responded(sending, response)) ], node
        | _ -> [], node
    | Effect.Complete(number, outcome, _, last) -> completed number outcome last node
    | Effect.Forget number ->
        match owned number node with
        | Some(Sending sending) -> [ ToAgent(AgentInput.Forgotten sending) ], node
        | _ -> [], node
    | _ -> [], node

let private tell event (node: Node) =
    let node = {
        node with
            User = heard event node.User
            Promises = Promises.heard event node.Promises
    }

    let node =
        match Words.ofEvent event with
        | Some words -> does (Says words) node
        | None -> node

    let reactions = reaction event node.User
    let user = List.fold (fun user input -> began input user) node.User reactions
    List.map ToAgent reactions, { node with User = user }

let private agentEffect node effect =
    match effect with
    | AgentEffect.Send(sending, request, destination) ->
        deliver
            (Sending sending)
            (fun (order: Order) -> { order with Destination = destination })
            request
            node
    | AgentEffect.Reply(received, reply, response) ->
        let flow = Map.tryFind received node.Flows |> Option.defaultValue 0L
        deliver (Replying reply) (fun (order: Order) -> { order with Flow = flow }) response node
    | AgentEffect.Receipt(received, receipt) -> [ ToDispatcher(Receipted(received, receipt)) ], node
    | AgentEffect.CancelDelivery sending ->
        match numberOf (Sending sending) node with
        | Some number -> [ ToDispatcher(CancelDelivery(ByNumber number)) ], node
        | None -> [], node
    | AgentEffect.Tell event -> tell event node

let private collect step node effects =
    Seq.fold
        (fun (tasks, node) effect ->
            let more, node = step node effect
            tasks @ more, node)
        ([], node)
        effects

let private expectLaws what violations =
    if not (List.isEmpty violations) then
        failwith $"after %A{what}: %A{violations}"

let private stepDispatcher now input node =
    let struct (state, effects) =
        Dispatcher.step node.Settings now input node.Dispatcher

    expectLaws input (Laws.violations node.Settings state)
    collect effect { node with Dispatcher = state } (effects.ToArray())

let private stepAgent now input (node: Node) =
    let node = { node with Promises = Promises.ordered input node.Promises }
    let struct (state, effects) = UserAgent.step node.Own now input node.Agent
    expectLaws input (AgentLaws.violations node.Own state)
    collect agentEffect { node with Agent = state } effects

/// Each task and what it brings, until nothing is left to do.
let rec settle now tasks node =
    match tasks with
    | [] -> node
    | ToDispatcher input :: rest ->
        let more, node = stepDispatcher now input node
        settle now (rest @ more) node
    | ToAgent input :: rest ->
        let more, node = stepAgent now input node
        settle now (rest @ more) node
