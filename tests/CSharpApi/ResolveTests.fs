module SipFun.Tests.CSharpApi.ResolveTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi.House

let private resolvedBy (resolver: IDnsResolver) run () =
    use peer = new Peer()
    let time = FakeTimeProvider()

    let dispatcher =
        start (DispatcherOptions(Legs = loopback.Legs, Resolver = resolver, TimeProvider = time))

    try
        run time dispatcher peer
    finally
        finish dispatcher

let private example = SipUri.Parse "sip:bob@example.com"

let private resolve (dispatcher: Dispatcher) = wait (dispatcher.ResolveUriAsync example)

let private answering (answer: DnsQuestion -> CancellationToken -> Task<DnsAnswer>) = {
    new IDnsResolver with
        member _.QueryAsync(question, cancel) = answer question cancel
}

let private fault (found: Resolution) =
    match found.Error with
    | NonNull error -> Some error.Fault
    | _ -> None

let tests =
    testList "Resolve" [
        testCase "SRV then A, in the order of priority, with the legs that reach them"
        <| fun () ->
            let zone =
                StaticDnsResolver()
                    .AddSrv("_sip._udp.example.com", "b.example.com", 5070, priority = 20)
                    .AddSrv("_sip._udp.example.com", "a.example.com", 5080, priority = 10)
                    .AddAddress("a.example.com", "192.0.2.1")
                    .AddAddress("b.example.com", "192.0.2.2")

            let run _ (dispatcher: Dispatcher) _ =
                let found = resolve dispatcher

                Expect.sequenceEqual
                    (found.Candidates |> Seq.map (fun one -> string one.Hop))
                    [ "udp:192.0.2.1:5080"; "udp:192.0.2.2:5070" ]
                    "hops in order"

                Expect.sequenceEqual found.Candidates[0].Legs dispatcher.Legs "legs"
                Expect.isNull found.Error "no error"
                Expect.stringContains (found.Explain()) "_sip._udp.example.com" "why"

            resolvedBy zone run ()

        testCase "a name that does not exist is an error value, for URI and delivery alike"
        <| resolvedBy (StaticDnsResolver()) (fun _ dispatcher _ ->
            Expect.equal (fault (resolve dispatcher)) (Some ResolutionFault.NameNotFound) "fault"

            let delivery =
                dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, example))

            Expect.equal (outcome delivery).Kind DeliveryOutcomeKind.Unresolved "outcome")

        testCase "a resolver that throws is a server failure, and counted"
        <| resolvedBy (answering (fun _ _ -> failwith "down")) (fun _ dispatcher _ ->
            let found = resolve dispatcher
            Expect.equal (fault found) (Some ResolutionFault.DnsFailure) "fault"
            Expect.isGreaterThan (counter dispatcher "resolver_failed") 0L "counted")

        testCase "a resolver that answers null is a server failure"
        <| resolvedBy
            (answering (fun _ _ -> Task.FromResult<DnsAnswer>(Unchecked.defaultof<DnsAnswer>)))
            (fun _ dispatcher _ ->
                let found = resolve dispatcher
                Expect.equal (fault found) (Some ResolutionFault.DnsFailure) "fault")

        testCase "a resolver that hangs ends at Limits.ResolveWithin"
        <| fun () ->
            use asked = new ManualResetEventSlim()

            let hanging =
                answering (fun _ _ ->
                    asked.Set()
                    TaskCompletionSource<DnsAnswer>().Task)

            let run (time: FakeTimeProvider) (dispatcher: Dispatcher) _ =
                let resolving = dispatcher.ResolveUriAsync example
                Expect.isTrue (asked.Wait Patience.span) "asked"
                time.Advance Limits.Default.ResolveWithin
                Expect.equal (fault (wait resolving)) (Some ResolutionFault.TimedOut) "fault"

            resolvedBy hanging run ()

        testCase "the resolver's token is cancelled at the end of the dispatcher"
        <| fun () ->
            let token = TaskCompletionSource<CancellationToken>()

            let hanging =
                answering (fun _ cancel ->
                    token.TrySetResult cancel |> ignore
                    TaskCompletionSource<DnsAnswer>().Task)

            let run _ (dispatcher: Dispatcher) _ =
                dispatcher.Deliver(dispatcher.CreateRequest(SipMethod.Options, example)) |> ignore
                let cancel = wait token.Task
                use cancelled = new ManualResetEventSlim()
                use _ = cancel.Register(fun () -> cancelled.Set())
                finish dispatcher
                Expect.isTrue (cancelled.Wait Patience.span) "cancelled"

            resolvedBy hanging run ()

        testCase "a token ends the waiting"
        <| fun () ->
            let hanging = answering (fun _ _ -> TaskCompletionSource<DnsAnswer>().Task)

            let run _ (dispatcher: Dispatcher) _ =
                use cancel = new CancellationTokenSource()
                let resolving = dispatcher.ResolveUriAsync(example, null, cancel.Token)
                cancel.Cancel()
                let failure = Expect.throwsC (fun () -> wait resolving |> ignore) id
                Expect.isTrue (failure :? OperationCanceledException) "cancelled"

            resolvedBy hanging run ()

        testCase "a question that several wait for is asked once"
        <| fun () ->
            let asked = ref 0
            let answer = TaskCompletionSource<DnsAnswer>()

            let slow =
                answering (fun _ _ ->
                    Interlocked.Increment asked |> ignore
                    answer.Task)

            let run _ (dispatcher: Dispatcher) _ =
                let all = [ for _ in 1..10 -> dispatcher.ResolveUriAsync example ]
                settle dispatcher
                answer.SetResult(DnsAnswer.Failed DnsStatus.NxDomain)

                for one in all do
                    wait one |> ignore

                // Each name and type once: SRV, then A and AAAA at the most.
                Expect.isLessThanOrEqual asked.Value 4 "not once for each"

            resolvedBy slow run ()

        testCase "legs that are none, or null, are misuse"
        <| resolvedBy (StaticDnsResolver()) (fun _ dispatcher _ ->
            for legs in [ [||]; [| Unchecked.defaultof<Leg> |] ] do
                let options = ResolveOptions(Legs = legs)

                Expect.throwsT<ArgumentException>
                    (fun () -> dispatcher.ResolveUriAsync(example, options) |> ignore)
                    "told at once")
    ]
