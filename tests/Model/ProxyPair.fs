// C11: two stateless proxies between a client and a server over UDP, which loses and doubles packets,
// with a DNS that answers in any order (RFC 3261, 16.11; RFC 3263, 4.4).
module SipFun.Tests.Model.ProxyPair

open System
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy
open SipFun.Tests.Proxy.ProxyNode
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration

/// In flight: where from, where to, its bytes.
type Flying = { From: Hop; To: Hop; Text: string }

type World = {
    First: Node
    Second: Node
    Flying: Flying list
    /// How often the client may still send each of its requests.
    Left: int list
    /// What may still go wrong.
    Losses: int
    Doubles: int
    /// What the server and the client have seen.
    AtServer: Set<string>
    AtClient: Set<string>
    Broken: Set<string>
    WasLost: bool
    WasDoubled: bool
    Order: string list
}

type Action =
    | Begin of int
    | Land of Flying
    | Lose of Flying
    | Double of Flying
    | Answer of Question

/// A NAT gives the client another port for each of its requests.
let private client index = hop "127.0.0.7" (5070 + index)
let private isClient (hop: Hop) = hop.Address = (client 0).Address
let private server = hop "127.0.0.9" 5080
let private one = hop "127.0.0.1" 5060
let private two = hop "127.0.0.2" 5060

let private broken name holds (world: World) =
    if holds then
        world
    else
        { world with Broken = Set.add name world.Broken }

let private fly from (node: Node) world =
    let more =
        sent node
        |> List.map (fun sent -> { From = from; To = sent.Hop; Text = string (messageOf sent) })

    { world with Flying = world.Flying @ more }

/// A proxy sends nothing of its own accord: at most one packet for one, and no 100 of its own.
let private passed (before: Node) (node: Node) world =
    let quiet = node.Waiting.IsEmpty && node.Asked.IsEmpty
    let isTrying (sent: Sent) = Peek.status (messageOf sent) = 100

    world
    |> broken "16.11 100" (not (sent node |> List.exists isTrying))
    |> broken "16.11 state" (not quiet || State.idle node.State)
    |> broken
        "one for one"
        ((sent node).Length <= 1 + max 0 (before.Waiting.Count - node.Waiting.Count))

let private lands at (packet: Flying) (node: Node) =
    takes 1 packet.From (SipMessage.Parse packet.Text) { node with Sent = []; Counted = [] }
    |> fun node -> struct (at, node)

let private branch (message: SipMessage) = string message.TopVia.Branch

/// The server answers each copy anew.
let private served (packet: Flying) world =
    let request = SipMessage.Parse packet.Text :?> SipRequest
    let answer = string (request.CreateResponse(200, "them"))
    let reply = { From = server; To = packet.From; Text = answer }

    {
        world with
            AtServer = Set.add packet.Text world.AtServer
            Flying = world.Flying @ [ reply ]
            Order =
                (if world.Order |> List.contains (branch request) then
                     world.Order
                 else
                     world.Order @ [ branch request ])
    }

let private got (packet: Flying) world =
    let response = SipMessage.Parse packet.Text

    let isIts = packet.To.Port = response.TopVia.RPort.Value

    { world with AtClient = Set.add packet.Text world.AtClient }
    |> broken "18.1.2" (response.ViaCount = 1 && Peek.status response = 200 && isIts)

let private without packet world =
    let at = List.findIndex ((=) packet) world.Flying
    { world with Flying = List.removeAt at world.Flying }

let private land' packet world =
    let world = without packet world

    if packet.To = server then
        served packet world
    elif isClient packet.To then
        got packet world
    elif packet.To = one then
        let struct (at, node) = lands one packet world.First
        { world with First = node } |> passed world.First node |> fly at node
    else
        let struct (at, node) = lands two packet world.Second
        { world with Second = node } |> passed world.Second node |> fly at node

let private begins (requests: SipRequest list) index world = {
    world with
        Left = world.Left |> List.mapi (fun i left -> if i = index then left - 1 else left)
        Flying = world.Flying @ [ { From = client index; To = one; Text = string requests[index] } ]
}

let private next requests world action =
    match action with
    | Begin index -> begins requests index world
    | Land packet -> land' packet world
    | Lose packet -> {
        without packet world with
            Losses = world.Losses - 1
            WasLost = true
      }
    | Double packet -> {
        world with
            Flying = world.Flying @ [ packet ]
            Doubles = world.Doubles - 1
            WasDoubled = true
      }
    | Answer question ->
        let node = answers question world.First
        { world with First = node } |> passed world.First node |> fly one node

let private actions world = [
    for index, left in List.indexed world.Left do
        if left > 0 then
            Begin index

    for packet in List.distinct world.Flying do
        Land packet

        if world.Losses > 0 then
            Lose packet

        if world.Doubles > 0 then
            Double packet

    for question in world.First.Asked do
        Answer question
]

let private keyOf world =
    let flying = world.Flying |> List.map string |> List.sort

    let waiting =
        world.First.Waiting |> Map.toList |> List.map (fun (_, p) -> string p.Request)

    let known = world.First.State.Cache.Answers |> Map.toList |> List.map fst
    let atServer = String.Join(" ", world.AtServer)
    let atClient = String.Join(" ", world.AtClient)

    $"%A{flying} %A{waiting} %A{world.First.Asked} %A{known} {world.Left} {world.Losses} {world.Doubles} {atServer} {atClient} %A{world.Broken} %A{world.Order}"

/// All copies of one request are the same bytes at the server: one branch, one target (S-22).
let private areOne texts =
    let named (text: string) =
        let message = SipMessage.Parse text
        message.CSeq.ToString(), message.Vias[message.ViaCount - 1].Branch

    texts |> Seq.map named |> Seq.distinct |> Seq.length = Set.count texts

let private safety name sentence =
    law $"{name}: {sentence}" (fun world -> not (Set.contains name world.Broken))

let private always = [
    safety "16.11 100" "no provisional of its own"
    safety "16.11 state" "nothing is kept but who waits for the DNS"
    safety "one for one" "each packet is passed on once, and none by itself"
    safety "18.1.2" "the client gets its own responses where it asked, with its Via alone"
    law "S-22: all copies are one at the server" (fun world -> areOne world.AtServer)
    law "all answers are one at the client" (fun world -> areOne world.AtClient)
]

let private sometimes count = [
    law "all were answered" (fun world -> world.AtClient.Count = count)
    law "a packet was lost" (fun world -> world.WasLost)
    law "a packet came twice" (fun world -> world.WasDoubled)
    law "two waited for the DNS" (fun world -> world.First.Waiting.Count >= 2)
    law "nothing is left" (fun world -> world.Flying.IsEmpty && Seq.sum world.Left = 0)
]

let private proxies =
    let zone = Map [ "x.test", two.Address; "y.test", two.Address ]

    let first =
        create settings { own with AllowForeign = true; RecordRoute = true } [ Rig.own ]

    let second =
        create
            settings
            {
                own with
                    Secret = struct (7UL, 8UL)
                    Domains = Set [ "x.test"; "y.test" ]
            }
            [ leg 1 "127.0.0.2" 5060 ]
        |> binding "b@x.test" [ "sip:b@127.0.0.9:5080" ]
        |> binding "b@y.test" [ "sip:b@127.0.0.9:5080" ]

    struct ({ first with Zone = zone; AnswersAtOnce = false }, second)

let private model (requests: SipRequest list) copies =
    let struct (first, second) = proxies

    {
        Start = {
            First = first
            Second = second
            Flying = []
            Left = copies
            Losses = 1
            Doubles = 1
            AtServer = Set.empty
            AtClient = Set.empty
            Broken = Set.empty
            WasLost = false
            WasDoubled = false
            Order = []
        }
        Actions = actions
        Next = next requests
        Key = keyOf
        Ring = ValueNone
        Settled = fun _ -> true
        Always = always
        Sometimes = sometimes requests.Length
    }

let private two' = [
    ask "OPTIONS" "sip:b@x.test:5060" "z9hG4bK1" "" []
    (ask "MESSAGE" "sip:b@y.test:5060" "z9hG4bK2" "" []).WithHeader("Call-ID", "call-2")
]

let private cancelled = [
    ask "INVITE" "sip:b@x.test:5060" "z9hG4bK1" "" []
    ask "CANCEL" "sip:b@x.test:5060" "z9hG4bK1" "" []
]

/// Whichever ports they came by, in every state CANCEL and INVITE have one branch wherever both were seen (9.1, 16.11).
let private together =
    law "9.1: CANCEL has its INVITE's branch" (fun world -> world.Order.Length <= 1)

let configurations = [
    configuration
        "C11"
        "two stateless proxies, two requests to two names"
        (2_000_000, 2_000_000)
        (model two' [ 1; 1 ])

    let cancelling = model cancelled [ 1; 1 ]

    configuration
        "C11 CANCEL"
        "two stateless proxies, an INVITE and its CANCEL by another port"
        (2_000_000, 2_000_000)
        { cancelling with Always = together :: cancelling.Always }
]
