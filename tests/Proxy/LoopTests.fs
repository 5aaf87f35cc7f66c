// V-09: whatever goes in a ring ends, by 482 or 483, and one request never becomes many (RFC 3261, 16.3;
// RFC 5393). V-08: nothing that a stranger sends makes more than three times its bytes for another.
module SipFun.Tests.Proxy.LoopTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private at index = hop $"127.0.1.{index}" 5060
let private named (hop: Hop) = Address.toString hop.Address

/// A proxy in a ring: it knows the user of its own domain as one of the next, and goes by other names.
let private ringed size index =
    let next = (index + 1) % size
    let domain = $"d{index}.test"

    let own = {
        own with
            Secret = struct (uint64 index, 3UL)
            Domains = Set [ domain; $"alias{index}.test" ]
            Aliases = Set [ $"alias{index}.test" ]
            RecordRoute = index % 2 = 0
    }

    let node = create settings own [ leg 1 $"127.0.1.{index}" 5060 ]
    let goal = if index % 3 = 0 then $"alias{next}.test" else $"d{next}.test"

    {
        node with
            Zone =
                Map [ $"d{next}.test", (at next).Address; $"alias{next}.test", (at next).Address ]
    }
    |> binding $"u@{domain}" [ $"sip:u@{goal}" ]
    |> binding $"u@alias{index}.test" [ $"sip:u@{goal}" ]

let rec private run (nodes: Map<string, Node>) forwards (queue: struct (Hop * Sent) list) =
    match queue with
    | [] -> struct (forwards, [])
    | struct (_, sent) :: rest when not (Map.containsKey (named sent.Hop) nodes) ->
        let struct (count, ends) = run nodes forwards rest
        struct (count, messageOf sent :: ends)
    | struct (source, sent) :: rest ->
        let node = nodes[named sent.Hop] |> takes 1 source (messageOf sent)
        let mine = { source with Address = sent.Hop.Address; Port = sent.Hop.Port }
        let more = ProxyNode.sent node |> List.map (fun one -> struct (mine, one))
        let isRequest one = (messageOf one :? SipRequest)
        let count = ProxyNode.sent node |> List.filter isRequest |> List.length
        run (Map.add (named sent.Hop) node nodes) (forwards + count) (rest @ more)

let private started message (nodes: Map<string, Node>) first =
    let sent = { Leg = 1; Hop = first; Packet = (message: SipMessage).Bytes }
    run nodes 0 [ struct (peer, sent) ]

let private rings =
    testList "rings" [
        for size in 2..10 do
            testCase $"of {size}: 482 after at most two rounds, one for each name"
            <| fun () ->
                let nodes =
                    [ for index in 0 .. size - 1 -> named (at index), ringed size index ] |> Map

                let message = ask "INVITE" "sip:u@d0.test" "z9hG4bK1" "" []
                let struct (forwards, ends) = started message nodes (at 0)
                Expect.isLessThanOrEqual forwards (2 * size) "two rounds"

                match ends with
                | [ :? SipResponse as response ] -> same response.StatusCode 482 "a loop is told"
                | other -> failwithf "%d ends" other.Length

        testCase "of proxies that tell no loop, since each changes the Request-URI: 483"
        <| fun () ->
            let own index = {
                own with
                    Secret = struct (uint64 index, 4UL)
                    Domains = Set [ "d.test" ]
            }

            // Each pass gives the user another name.
            let users to' =
                Map [
                    for number in 0..200 ->
                        $"u{number}@d.test", [ target $"sip:u{number + 1}@d.test;maddr={to'}" ]
                ]

            let node index to' = {
                create settings (own index) [ leg 1 $"127.0.1.{index}" 5060 ] with
                    Users = users to'
                    Zone = Map [ "x.test", (at 1).Address ]
            }

            let nodes =
                Map [ named (at 0), node 0 "127.0.1.1"; named (at 1), node 1 "127.0.1.0" ]

            // The parser takes 70 Vias.
            let message = ask "INVITE" "sip:u0@d.test" "z9hG4bK1" "" []
            let message = message.WithHeader("Max-Forwards", "68")
            let struct (forwards, ends) = started message nodes (at 0)
            same forwards 68 "as many as it allows"
            same [ for one in ends -> (one :?> SipResponse).StatusCode ] [ 483 ] "483"
    ]

/// RFC 5393, 3: two users, each bound at both proxies. A forking proxy makes 2^70 requests of one.
let private blowUp =
    testCase "the two proxies of RFC 5393, 3: one request stays one, and ends"
    <| fun () ->
        let node index =
            let other = 1 - index

            create
                settings
                {
                    own with
                        Secret = struct (uint64 index, 5UL)
                        Domains = Set [ $"p{index}.test" ]
                }
                [ leg 1 $"127.0.1.{index}" 5060 ]
            |> binding $"a@p{index}.test" [ $"sip:a@p{other}.test"; $"sip:b@p{other}.test" ]
            |> binding $"b@p{index}.test" [ $"sip:a@p{other}.test"; $"sip:b@p{other}.test" ]
            |> fun node -> { node with Zone = Map [ $"p{other}.test", (at other).Address ] }

        let nodes = Map [ named (at 0), node 0; named (at 1), node 1 ]
        let message = ask "INVITE" "sip:a@p0.test" "z9hG4bK1" "" []
        let struct (forwards, ends) = started message nodes (at 0)
        Expect.isLessThanOrEqual forwards 3 "one of each"
        same [ for one in ends -> (one :?> SipResponse).StatusCode ] [ 482 ] "482"

let private spiral =
    testCase "a spiral is no loop: the same proxy twice, for two users"
    <| fun () ->
        let node =
            udp { own with Domains = Set [ "d.test" ]; AllowForeign = true }
            |> binding "b@d.test" [ "sip:c@127.0.0.9" ]

        let out = node |> takes 1 peer (ask "INVITE" "sip:x@127.0.0.9" "z9hG4bK1" "" [])
        let back = (request out).WithRequestUri(SipUri.Parse "sip:b@d.test")
        let again = out |> takes 1 (hop "127.0.0.9" 5060) back
        same (string (request again).RequestUri) "sip:c@127.0.0.9" "passed on"
        let loop = (request out).WithRequestUri(SipUri.Parse "sip:x@127.0.0.9")
        let looped = out |> takes 1 (hop "127.0.0.9" 5060) loop
        same (response looped).StatusCode 482 "the same again"

let private methods = [| "INVITE"; "OPTIONS"; "REGISTER"; "MESSAGE"; "BYE"; "SUBSCRIBE"; "XYZ" |]

let private uris = [|
    "sip:bob@d.test"
    "sip:nobody@d.test"
    "sip:127.0.0.1"
    "sip:x@127.0.0.1"
    "tel:+1"
    "sip:b@far.test"
    "sip:d.test"
    "sips:bob@d.test"
|]

let private generated (random: Random) index =
    let pick (from: 'T array) = from[random.Next from.Length]
    let forwards = if random.Next 20 = 0 then 0 else random.Next 70

    let more = [
        if random.Next 10 = 0 then
            "Proxy-Require: a, b, c, d"
        if random.Next 10 = 0 then
            "Route: <sip:127.0.0.1;lr>"
        if random.Next 4 = 0 then
            "X: " + String('x', random.Next 300)
    ]

    let toTag = if random.Next 3 = 0 then "t" else ""
    let rport = if random.Next 2 = 0 then "rport;" else ""
    let method = pick methods
    let request = ask method (pick uris) $"z9hG4bK{index}" toTag more
    let via = $"SIP/2.0/UDP 127.0.0.7:5070;{rport}branch=z9hG4bK{index}"
    request.WithTopVia(Via.Parse via).WithHeader("Max-Forwards", string forwards)

let private amplification =
    let count = if Suite.long then 100_000 else 5_000

    testCase
        $"of {count} requests none makes more than 3 times its bytes for its forged source (V-08)"
    <| fun () ->
        let node =
            udp { own with Domains = Set [ "d.test" ]; RecordRoute = true }
            |> binding "bob@d.test" [ "sip:b@127.0.0.9" ]

        let random = Random 3
        let mutable node = node
        let mutable most = 0.0

        for index in 1..count do
            let request = generated random index
            node <- node |> takes 1 peer request

            // Nothing is sent later: a stateless element has no alarm but the dispatcher's own.
            let bytes =
                sent node
                |> List.filter (fun one -> one.Hop.Address = peer.Address)
                |> List.sumBy (fun one -> one.Packet.Length)

            most <- max most (float bytes / float request.Bytes.Length)

        Expect.isLessThanOrEqual most 3.0 "three times"
        let quiet = { node with Now = node.Now + 64_000L<ms>; Sent = [] } |> give Tick
        same (sent quiet) [] "nothing comes after"
        Expect.isTrue (State.idle quiet.State) "and nothing is kept (16.11)"

let tests = testList "Loop" [ rings; blowUp; spiral; amplification ]
