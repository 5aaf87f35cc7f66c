/// V-15, P-41: whatever a peer sends, a log line is one line, printable and bounded.
/// Event ids are stable.
module SipFun.Tests.CSharpApi.LogTests

open System
open System.Collections.Concurrent
open System.Diagnostics.Metrics
open System.Text
open Expecto
open Microsoft.Extensions.Logging
open SipFun
open SipFun.Tests.CSharpApi.House

/// Keeps every event's id and text.
type private Book() =
    member val Events = ConcurrentQueue<struct (int * string)>()

    interface ILoggerFactory with
        member this.CreateLogger _ = {
            new ILogger with
                member _.BeginScope _ = null
                member _.IsEnabled _ = true

                member _.Log(_, id, state, failure, format) =
                    this.Events.Enqueue(struct (id.Id, format.Invoke(state, failure)))
        }

        member _.AddProvider _ = ()
        member _.Dispose() = ()

let private logged run =
    use book = new Book()
    use peer = new Peer()

    let dispatcher =
        start (DispatcherOptions(Legs = loopback.Legs, LoggerFactory = book))

    try
        run dispatcher peer
    finally
        finish dispatcher

    List.ofSeq book.Events

let private isPrintable (text: string) =
    text |> Seq.forall (fun c -> not (Char.IsControl c)) && text.Length < 500

let tests =
    testList "Log" [
        testCase "P-41: one printable, bounded line for whatever comes in"
        <| fun () ->
            let random = Random 15

            let events =
                logged (fun dispatcher peer ->
                    for _ in 1..300 do
                        let bytes = Array.zeroCreate (1 + random.Next 300)
                        random.NextBytes bytes
                        peer.Send(bytes, local dispatcher)

                    let evil =
                        peer.Request("OPTIONS").Replace("sip:us@127.0.0.1", "sip:\u001b[2J\u202e")

                    peer.Send(Encoding.UTF8.GetBytes evil, local dispatcher)
                    waitForCounter dispatcher "malformed" 200L |> ignore)

            let texts = events |> List.map (fun struct (_, text) -> text)
            Expect.isGreaterThan texts.Length 200 "logged"
            Expect.all texts isPrintable "printable"

        testCase "event ids are stable"
        <| fun () ->
            let events =
                logged (fun dispatcher peer ->
                    dispatcher.SetReceiver(fun _ -> failwith "receiver")
                    peer.Send("nonsense", local dispatcher)
                    peer.Send(peer.Request "OPTIONS", local dispatcher)
                    peer.ReceiveResponse() |> ignore
                    dispatcher.AddTimer(TimeSpan.Zero, fun () -> failwith "timer") |> ignore
                    waitForCounter dispatcher "callback_failed" 1L |> ignore)

            let ids =
                events |> List.map (fun struct (id, _) -> id) |> List.distinct |> List.sort
            // A leg added, closed, malformed, receiver threw, callback threw.
            Expect.equal ids [ 100; 102; 200; 300; 301 ] "ids"

        testCase "the meter \"SipFun\" shows each counter by its reason"
        <| inRealTime (fun dispatcher peer ->
            let seen = ConcurrentDictionary<string, int64>()
            use listener = new MeterListener()

            listener.InstrumentPublished <-
                fun instrument listener ->
                    if instrument.Meter.Name = "SipFun" then
                        listener.EnableMeasurementEvents instrument

            listener.SetMeasurementEventCallback<int64>(fun _ value tags _ ->
                let reason = tags.ToArray() |> Array.head
                seen.AddOrUpdate(string reason.Value, value, (fun _ one -> one + value)) |> ignore)

            listener.Start()
            peer.Send([| 0uy |], local dispatcher)
            Expect.equal (waitForCounter dispatcher "keep_alive" 1L) 1L "counted"
            listener.RecordObservableInstruments()
            // Other dispatchers of this process may be counted too.
            Expect.isGreaterThan seen["keep_alive"] 0L "shown"
            Expect.isTrue (seen.ContainsKey "foreign_response") "the core's too")
    ]
