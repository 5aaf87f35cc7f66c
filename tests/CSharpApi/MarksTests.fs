// What the facade shows of targets that failed, and what it shares of the DNS.
module SipFun.Tests.CSharpApi.MarksTests

open System
open System.Threading
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let private zone (first: Peer) (second: Peer) =
    StaticDnsResolver()
        .AddSrv("_sip._udp.example.com", "a.example.com", first.EndPoint.Port, priority = 1)
        .AddSrv("_sip._udp.example.com", "b.example.com", second.EndPoint.Port, priority = 2)
        .AddAddress("a.example.com", "127.0.0.1")
        .AddAddress("b.example.com", "127.0.0.1")

/// Counts what it is asked.
let private counting (inner: IDnsResolver) (count: int ref) = {
    new IDnsResolver with
        member _.QueryAsync(question, cancel) =
            Interlocked.Increment count |> ignore
            inner.QueryAsync(question, cancel)
}

let private withTwo (run: FakeTimeProvider -> Dispatcher -> Peer -> Peer -> int ref -> unit) () =
    use first = new Peer()
    use second = new Peer()
    let time = FakeTimeProvider()
    let asked = ref 0

    let options =
        DispatcherOptions(
            Legs = loopback.Legs,
            Resolver = counting (zone first second) asked,
            TimeProvider = time
        )

    let dispatcher = start options

    try
        run time dispatcher first second asked
    finally
        finish dispatcher

let private send (dispatcher: Dispatcher) =
    dispatcher.Deliver(
        dispatcher.CreateRequest(SipMethod.Options, SipUri.Parse "sip:b@example.com")
    )

/// The peer receives the request and answers it.
let private serves (peer: Peer) (status: int) (change: SipResponse -> SipResponse) =
    let request = peer.ReceiveRequest()
    peer.Send(change (request.CreateResponse(status, "peer")), peer.From)

let tests =
    testList "Marks" [
        testCase "503 with Retry-After is listed with what is left of it, and cleared by order"
        <| withTwo (fun time dispatcher first second _ ->
            let delivery = send dispatcher
            serves first 503 _.WithAddedHeader("Retry-After", "120")
            serves second 200 id
            outcome delivery |> ignore
            time.Advance(TimeSpan.FromSeconds 20.0)
            let mark = Expect.wantSome (Seq.tryHead dispatcher.Marks) "listed"
            Expect.equal mark.Hop.Port first.EndPoint.Port "the first"
            Expect.equal mark.Reason MarkReason.Unavailable "why"
            Expect.equal mark.Left (TimeSpan.FromSeconds 100.0) "left"
            let again = send dispatcher
            serves second 200 id
            Expect.stringContains (again.Explain()) "comes last: set aside" "why"
            outcome again |> ignore
            dispatcher.ClearMarks mark.Hop
            Expect.isEmpty dispatcher.Marks "cleared"
            let last = send dispatcher
            serves first 200 id
            outcome last |> ignore)

        testCase "a second delivery asks the resolver nothing; the steps say so"
        <| withTwo (fun _ dispatcher first _ asked ->
            let delivery = send dispatcher
            serves first 200 id
            outcome delivery |> ignore
            let before = asked.Value
            let found = wait (dispatcher.ResolveUriAsync(SipUri.Parse "sip:b@example.com"))
            // StaticDnsResolver says nothing of how long an absence may be believed: NAPTR.
            Expect.equal (asked.Value - before) 1 "one question"
            let kinds = [ for step in found.Steps -> step.Kind ]
            Expect.equal (kinds |> List.filter ((=) "cached")).Length 3 "SRV and two A"
            let cached = found.Steps |> Seq.find (fun step -> step.Kind = "cached")
            Expect.equal cached.Values["ttl"] "60" "its time"
            Expect.contains kinds "leg" "the leg too")

        testCase "options that make no sense are refused"
        <| fun () ->
            for options in
                [
                    DispatcherOptions(SetAsideFor = TimeSpan.FromSeconds -1.0)
                    DispatcherOptions(KeepTargetFor = TimeSpan.FromDays 8.0)
                    DispatcherOptions(ServeStaleFor = TimeSpan.FromDays 8.0)
                    DispatcherOptions(TryNextAfter = Nullable TimeSpan.Zero)
                    DispatcherOptions(Limits = Limits(DnsAnswers = 0))
                ] do
                Expect.throwsT<ArgumentException>
                    (fun () -> Dispatcher.StartAsync(options).GetAwaiter().GetResult() |> ignore)
                    $"{options}"

        testCase "networks of a leg: other addresses have no leg"
        <| fun () ->
            let leg = LegOptions.Udp "127.0.0.1:0"

            match typeof<LegOptions>.GetProperty "Networks" with
            | NonNull property -> property.SetValue(leg, [| Net.IPNetwork.Parse "127.0.0.8/29" |])
            | _ -> failtest "no Networks"

            let dispatcher = start (DispatcherOptions(Legs = [| leg |]))

            try
                let resolve (uri: string) = wait (dispatcher.ResolveUriAsync(SipUri.Parse uri))

                Expect.equal (resolve "sip:127.0.0.9").Candidates.Count 1 "inside"

                match (resolve "sip:127.0.0.7").Error with
                | NonNull error ->
                    Expect.equal error.Fault ResolutionFault.NoLeg "outside"
                    Expect.stringContains error.Detail "outside the Networks" "why"
                | _ -> failtest "no error"
            finally
                finish dispatcher
    ]
