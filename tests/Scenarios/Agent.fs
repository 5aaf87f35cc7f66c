// A user agent's place in a world: what happens there becomes inputs of its machines, what is left
// in them is told in words.
module SipFun.Tests.Scenarios.Agent

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Node
open SipFun.Tests.Scenarios.Script
open SipFun.Tests.Scenarios.User

let private ordered words (node: Node) =
    let number, node = fresh node
    let inputs = inputs number words node.User
    let user = List.fold (fun user input -> began input user) node.User inputs
    List.map ToAgent inputs, { node with User = user }

/// "asks REGISTER at URI": which bindings there are (10.2.3).
let private query (method: string) (target: string) (node: Node) =
    let habits = node.User.Habits
    let number, node = fresh node
    let from = habits.Address.WithTag $"asks{number}"
    let callId = CallId.Parse $"{habits.Name}-asks-{number}"
    let method, target = SipMethod.Parse method, SipUri.Parse target
    let request = SipRequest.Create(method, target, from, habits.Address, callId, 1u)
    ask (DigestLogins.start habits.Logins "cnonce" request DigestLogins.empty) node

let private received source (packet: System.ReadOnlyMemory<byte>) node =
    let number, node = fresh node

    [
        ToDispatcher(Received(number, node.Leg.Number, source, SipMessage.Parse packet))
    ],
    node

let private tasks happening node =
    match happening with
    | Arrived(source, packet) -> received source packet node
    | Accepted source -> [ ToDispatcher(FlowAccepted(node.Leg.Number, source, [])) ], node
    | Opened flow -> [ ToDispatcher(FlowOpened flow) ], node
    | Closed(flow, fault) -> [ ToDispatcher(FlowClosed(flow, fault, "by the network")) ], node
    | Ordered [ "asks"; method; "at"; target ] -> query method target node
    | Ordered words -> ordered words node
    | Rang -> [ ToDispatcher Tick; ToAgent AgentInput.Tick ], node

let private earlier (a: Instant voption) (b: Instant voption) =
    match a, b with
    | ValueSome a, ValueSome b -> ValueSome(min a b)
    | ValueNone, other
    | other, ValueNone -> other

let private rows (state: AgentState) =
    let counts = state.Counts

    $"%d{counts.Calls} calls, %d{counts.Asked} requests to answer, %d{counts.Exchanges} exchanges, "
    + $"%d{counts.Registrations} registrations, "
    + $"%d{Trie.count state.Sendings} requests on their way, "
    + $"%d{Trie.count state.Replies} 2xx without ACK"

let private left node = [
    if not (State.idle node.Dispatcher) then
        $"the dispatcher has %d{node.Dispatcher.Deliveries} deliveries, "
        + $"%d{node.Dispatcher.Servers} server and %d{node.Dispatcher.Lingering} lingering "
        + "transactions, or timers"
    if not (AgentState.isIdle node.Agent) then
        $"the user agent has %s{rows node.Agent}"
    match earlier (Dispatcher.alarm node.Dispatcher) (UserAgent.alarm node.Agent) with
    | ValueSome at -> $"an alarm is set at %d{at} ms"
    | ValueNone -> ()
    yield! Promises.left node.Promises
]

let private unended node = [
    for _ in node.User.Calls do
        [ "hangs"; "up" ]
    if not node.User.Registrations.IsEmpty then
        [ "unregisters" ]
]

type private Standing(node: Node) =
    interface IMachine with
        member _.Take(now, happening) =
            let tasks, node = tasks happening node
            let node = settle now tasks node
            struct (Standing { node with Doings = [] }, List.rev node.Doings)

        member _.Alarm =
            earlier (Dispatcher.alarm node.Dispatcher) (UserAgent.alarm node.Agent)

        member _.Left = left node
        member _.Unended = unended node

let private leg (script: Script) (line: NodeLine) : Leg =
    let transport = Rules.transport script.Transport
    let port = TransportName.defaultPort transport

    {
        Number = 1
        Transport = transport
        Address = (Address.parse line.Address).Value
        Port = port
        SentBy = $"{List.head line.Hosts}:{port}"
        Networks = []
        PathMtu = 0
    }

let private receiver: Receiver = {
    Allow = [
        SipMethod.Invite
        SipMethod.Ack
        SipMethod.Cancel
        SipMethod.Bye
        SipMethod.Options
    ]
    ForwardsResponses = false
    KeepsNothing = false
}

let start directory (script: Script) (line: NodeLine) : IMachine =
    let habits = Habits.ofScript script line
    let leg = leg script line

    {
        Directory = directory
        Settings = { Rig.settings with Secret = struct (5UL, uint64 habits.Number) }
        Own = Habits.settings habits
        Leg = leg
        User = User.start habits
        Promises = Promises.none
        Dispatcher = Dispatcher.start
        Agent = UserAgent.start
        Number = 1L
        Owners = Map.empty
        Flows = Map.empty
        Doings = []
    }
    |> settle 0L<ms> [ ToDispatcher(AddLeg leg); ToDispatcher(SetReceiver(ValueSome receiver)) ]
    |> fun node -> Standing node
