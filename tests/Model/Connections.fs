// An INVITE and an OPTIONS to a name with two addresses over TCP, through the real `step`: connections
// that open, are refused, close, idle and expire, answers and cancels, in every order (configuration C7).
module SipFun.Tests.Model.Connections

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Model.Worlds

type Action =
    | Ring
    | Opens of flow: int64
    | Closes of flow: int64 * TransportFault
    | Idle of flow: int64
    | Expire of flow: int64
    | Answer of number: int64 * status: int
    | CancelDelivery of number: int64

type World = {
    Rig: Rig
    /// Per delivery: to which targets its request was written, over which connections, and its
    /// outcome.
    Written: Map<int64, (string * int64) list>
    Outcomes: Map<int64, string list>
    /// The requests written last, and over which connection.
    Last: Map<int64, SipRequest * int64>
    /// Some connection was asked for while another to the same end was there.
    WasDoubled: bool
    /// How many connections may have been open before a request was written.
    Before: int
}

let private tcp = { own with Transport = Transport.Tcp }
let private quiet = { settings with Limits = { limits with Decisions = 0; Flows = 3 } }
let private a = Question.create "b.test" DnsType.A
let private target = "sip:b@b.test:5070;transport=tcp"

let private addresses =
    Answer.ok [|
        for text in [ "127.0.0.11"; "127.0.0.12" ] do
            { Name = "b.test"; Ttl = 60; Data = AddressOf(address text) }
    |]

let private named outcome =
    match outcome with
    | Unreachable(_, fault, _) -> "unreachable " + string fault
    | other -> word other

let private adding key value map =
    Map.add key (value :: (Map.tryFind key map |> Option.defaultValue [])) map

let private live (state: State) = Trie.toList state.Flows |> List.map snd

let private observe world effect =
    match effect with
    | Effect.Transmit(number, _, hop, bytes, _) ->
        match packet bytes with
        | :? SipRequest as request when request.Method <> SipMethod.Ack -> {
            world with
                Written = adding number (Address.toString hop.Address, hop.Flow) world.Written
                Last = Map.add number (request, hop.Flow) world.Last
          }
        | _ -> world
    | Effect.Connect(leg, hop) ->
        let same (flow: Flow) =
            flow.Hop.Flow <> hop.Flow && List.contains (Flow.peer leg hop hop.VerifyName) flow.Peers

        {
            world with
                WasDoubled = world.WasDoubled || List.exists same (live world.Rig.State)
        }
    | Effect.Complete(number, outcome, _, _) -> {
        world with
            Outcomes = adding number (named outcome) world.Outcomes
      }
    | _ -> world

let private taken world rig =
    let world = { world with Rig = { rig with Log = [] } }
    List.foldBack (fun (_, effect) world -> observe world effect) rig.Log world

let private actions world = [
    if (Dispatcher.alarm world.Rig.State).IsSome then
        Ring

    for flow in live world.Rig.State do
        let number = flow.Hop.Flow

        match flow.Phase with
        | Opening _ ->
            Opens number
            Closes(number, TransportFault.ConnectionRefused)
        | Open ->
            Closes(number, TransportFault.Closed)
            Idle number

        if not flow.Peers.IsEmpty then
            Expire number

    for number in Map.keys world.Last do
        for status in [ 180; 200; 503 ] do
            Answer(number, status)

    for number in [ 1L; 2L ] do
        if State.isUnderWay number world.Rig.State then
            CancelDelivery number
]

let private answered number (status: int) world =
    let request, flow = world.Last[number]

    let source = {
        Hop.create Transport.Tcp (address "127.0.0.11") 5070 with
            Flow = flow
    }

    let response = request.CreateResponse(status, "peer")
    give (Received(0L, 1, source, response)) world.Rig

let private next world action =
    match action with
    | Ring ->
        let at = (Dispatcher.alarm world.Rig.State).Value
        { world.Rig with Now = max at world.Rig.Now } |> give Tick
    | Opens flow -> give (FlowOpened flow) world.Rig
    | Closes(flow, fault) -> give (FlowClosed(flow, fault, "")) world.Rig
    | Idle flow -> give (FlowIdle flow) world.Rig
    | Expire flow -> give (FlowExpired flow) world.Rig
    | Answer(number, status) -> answered number status world
    | CancelDelivery number -> give (Input.CancelDelivery(ByNumber number)) world.Rig
    |> taken world

/// Of each delivery's list, by its number.
let private listed text lists =
    Map.toList lists
    |> List.map (fun (number: int64, all) -> words (string number :: List.map text all))
    |> String.concat ";"

let private key world =
    let rig = world.Rig
    let alias = aliasOf rig

    let last =
        Map.toList world.Last
        |> List.map (fun (number, (_, flow)) -> words [ string number; alias flow ])

    String.concat "|" [
        entriesKey string rig
        flowsKey string rig
        String.concat " " last
        listed fst world.Written
        listed id world.Outcomes
        string world.WasDoubled
    ]

let private outcomes number world = Map.tryFind number world.Outcomes |> Option.defaultValue []
let private written number world = Map.tryFind number world.Written |> Option.defaultValue []
let private any fault world = List.exists (fun n -> outcomes n world = [ fault ]) [ 1L; 2L ]

let private always = [
    law "D1: at most one outcome each" (fun world ->
        List.forall (fun n -> (outcomes n world).Length <= 1) [ 1L; 2L ])
    law "S-07: at most one packet a connection" (fun world ->
        List.forall (fun n -> written n world = List.distinct (written n world)) [ 1L; 2L ])
    law "S-11: each target once, and once more where its connection was open before" (fun world ->
        List.forall
            (fun n ->
                written n world
                |> List.countBy fst
                |> List.forall (fun (_, times) -> times <= 1 + world.Before))
            [ 1L; 2L ])
    law "one connect under way for one end" (fun world -> not world.WasDoubled)
    law "D7 and its kin" (fun world -> Laws.violations quiet world.Rig.State = [])
    law "L-1: what is not answered ends" (fun world ->
        (Dispatcher.alarm world.Rig.State).IsSome
        || List.forall
            (fun n ->
                not (State.isUnderWay n world.Rig.State)
                || match State.tryFind n world.Rig.State with
                   | ValueSome(ClientEntry { Phase = Proceeding _ }) -> true
                   | _ -> false)
            [ 1L; 2L ])
]

/// Only where no connection was open before.
let private unwritten = "it was cancelled before anything was written"

/// Only where some connection was.
let private again = "the packet went once more over a new connection"

let private sometimes = [
    law again (fun world ->
        let targets = written 1L world |> List.map fst
        targets <> List.distinct targets)
    law "the second target was asked" (fun world -> (written 1L world).Length = 2)
    law "both were refused" (any "unreachable ConnectionRefused")
    law "the connection died while it rang" (any "unreachable Closed")
    law "it was answered" (any "answered 200")
    law "the last 503 was the answer" (any "answered 503")
    law "it timed out" (any "TimedOut")
    law unwritten (fun world -> outcomes 1L world = [ "Cancelled" ] && written 1L world = [])
    law "no connection and nothing else is left" (fun world ->
        State.idle world.Rig.State && Trie.isEmpty world.Rig.State.Flows)
]

let private sent method rig =
    let message = requestTo target method $"call-{method}" 1
    deliverWith (fun order -> { order with Destination = ValueNone }) message rig |> snd

/// The first target's connection is open from a request that was answered.
let private warmed rig =
    let at = { hop "127.0.0.11" 5070 with Transport = Transport.Tcp }
    let to' order = { order with Destination = ValueSome at }
    let rig = deliverWith to' (requestTo target "OPTIONS" "before" 1) rig |> snd
    let rig = give (FlowOpened -1L) rig
    let response = (lastRequest "OPTIONS" rig).CreateResponse(200, "peer")
    let rig = give (Received(0L, 1, { at with Flow = -1L }, response)) rig
    { rig with Log = []; Number = 1L }

let private model before never methods =
    let rig = rooted quiet [ tcp ]
    let rig = if before = 0 then rig else warmed rig
    let rig = List.fold (fun rig method -> sent method rig) rig methods
    let rig = give (Input.Answered(a, addresses)) rig

    let start = {
        Rig = rig
        Written = Map.empty
        Outcomes = Map.empty
        Last = Map.empty
        WasDoubled = false
        Before = max before (methods.Length - 1)
    }

    {
        Start = taken start rig
        Actions = actions
        Next = next
        Key = key
        Ring = ValueSome Ring
        Settled = fun world -> settled world.Rig
        Always = always
        Sometimes = sometimes |> List.filter (fun law -> not (List.contains law.Name never))
    }

let configurations = [
    configuration
        "C7/1"
        "INVITE over two TCP targets"
        (200_000, 200_000)
        (model 0 [ again ] [ "INVITE" ])

    configuration
        "C7/1 open"
        "the same, over a connection open before"
        (200_000, 200_000)
        (model 1 [ unwritten ] [ "INVITE" ])

    configuration
        "C7"
        "INVITE and OPTIONS sharing connections"
        (20_000, 10_000_000)
        (model 0 [] [ "INVITE"; "OPTIONS" ])
]
