// Two sipp servers behind one SRV name of a real DNS server; the first is killed in mid-run, and no
// request is lost (RFC 3263, 4.3).
module SipFun.Tests.Interop.FailoverTests

open System
open System.Net
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Dns

let private zone (first: IPEndPoint) (second: IPEndPoint) = [
    "--local=/pair.test/"
    "--local-ttl=60"
    $"--srv-host=_sip._udp.pair.test,one.pair.test,{first.Port},10,0"
    $"--srv-host=_sip._udp.pair.test,two.pair.test,{second.Port},20,0"
    "--host-record=one.pair.test,127.0.0.1"
    "--host-record=two.pair.test,127.0.0.1"
]

/// A second without a word, and the next target is tried; where the system reports the port that
/// nobody listens on any more, at once.
let private options (dns: IPEndPoint) =
    DispatcherOptions(
        Legs = House.loopback.Legs,
        Resolver = DnsClientResolver(DnsClientOptions(Servers = [| dns |])),
        TryNextAfter = Nullable(TimeSpan.FromSeconds 1.0)
    )

let private send (dispatcher: Dispatcher) count = [
    for _ in 1..count ->
        dispatcher.Deliver(
            dispatcher.CreateRequest(SipMethod.Options, SipUri.Parse "sip:b@pair.test")
        )
]

let private isAnswered (delivery: Delivery) =
    match House.outcome delivery with
    | :? DeliveryOutcome.Answered as answered -> answered.Response.StatusCode = 200
    | _ -> false

let private allAnswered (deliveries: Delivery list) (why: string) =
    for delivery in deliveries do
        if not (isAnswered delivery) then
            failtest $"{why}: {delivery.Explain()}"

let private port (server: IPEndPoint) = $"sent to udp:127.0.0.1:{server.Port}"

let private run (first: IPEndPoint) (second: IPEndPoint) kill dispatcher =
    let before = send dispatcher 50
    allAnswered before "before"
    Expect.stringContains (before[0].Explain()) (port first) "priority 10 comes first"
    let during = send dispatcher 50
    kill ()
    let after = send dispatcher 50
    allAnswered during "while it is killed"
    allAnswered after "after it was killed"
    let later = send dispatcher 50
    allAnswered later "later"

    for delivery in later do
        let story = delivery.Explain()
        Expect.stringContains story "comes last: set aside" "why"
        Expect.stringContains story (port second) "the second at once"
        Expect.isFalse (story.Contains(port first)) "and not the first"

    let marks = [ for mark in dispatcher.Marks -> mark.Hop.Port ]
    Expect.equal marks [ first.Port ] "the first is set aside"

    let changed =
        after |> List.filter (fun delivery -> delivery.Explain().Contains(port first))

    for delivery in changed do
        let story = delivery.Explain()
        Expect.isTrue (story.Contains "failed" || story.Contains "no final response") "why"

let tests =
    testList "Failover" [
        testCase "two servers, the first killed in mid-run: no request is lost"
        <| fun () ->
            Sipp.asServers "uas-options-quick" 2 (fun servers ->
                let (first, kill), (second, _) = servers[0], servers[1]

                Dnsmasq.withZone (zone first second) (fun dns ->
                    let dispatcher = House.start (options dns)

                    try
                        run first second kill dispatcher
                    finally
                        House.finish dispatcher))
    ]
