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

let private budget = TimeSpan.FromSeconds 3.0

/// So long without a word, and the next target is tried; where the system reports the port that
/// nobody listens on any more, at once.
let private options (dns: IPEndPoint) =
    DispatcherOptions(
        Legs = House.loopback.Legs,
        Resolver = DnsClientResolver(DnsClientOptions(Servers = [| dns |])),
        TryNextAfter = Nullable budget
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

/// The lines of a story: when, in seconds since its beginning, and what.
let private lines (delivery: Delivery) =
    delivery.Explain().Split('\n', StringSplitOptions.RemoveEmptyEntries)
    |> Array.map (fun line ->
        Decimal.Parse(line[..7].Trim(), Globalization.CultureInfo.InvariantCulture), line[10..])

let private instant (what: string) told =
    match told |> Array.filter (fun (_, line: string) -> line.Contains what) with
    | [| at, _ |] -> at
    | other -> failtestf "%s is told %d times: %A" what other.Length told

/// A delivery that went to both: the first attempt ended at once by the system's word, or when its
/// time was up, never before; and the second began in that instant.
let private expectFailover (first: IPEndPoint) (second: IPEndPoint) delivery =
    let told = lines delivery
    let left = instant (port first) told
    let next = instant (port second) told
    let hop = $"udp:127.0.0.1:{first.Port}"

    let isRefused =
        told |> Array.exists (fun (_, line) -> line.StartsWith $"{hop} failed: ")

    let why =
        if isRefused then
            $"{hop} failed: "
        else
            $"{hop} gave no final response in time"

    let ended = instant why told
    Expect.equal next ended "the next target in the instant in which the first was given up"
    let seconds = decimal budget.TotalSeconds

    if isRefused then
        Expect.isLessThan (ended - left) seconds "at once, not after the whole time"
        instant $"{hop} failed: ConnectionRefused" told |> ignore
    else
        Expect.isGreaterThanOrEqual (ended - left) seconds "not before its time was up"

    Expect.equal (instant $"{hop} is set aside" told) ended "and the first is set aside"
    instant "200 from" told |> ignore
    instant "answered: 200" told |> ignore

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

    let isMoved (delivery: Delivery) =
        let story = delivery.Explain()
        story.Contains(port first) && story.Contains(port second)

    let moved = during @ after |> List.filter isMoved
    Expect.isNonEmpty moved "some were under way to the first"
    moved |> List.iter (expectFailover first second)

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
