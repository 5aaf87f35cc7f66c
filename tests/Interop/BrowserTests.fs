// A real browser talks to a WSS leg.
module SipFun.Tests.Interop.BrowserTests

open System
open Expecto
open SipFun
open SipFun.Tests.CSharpApi

let private answering (dispatcher: Dispatcher) (bodies: ResizeArray<string>) =
    dispatcher.SetReceiver(fun received ->
        lock bodies (fun () -> bodies.Add(Text.Encoding.UTF8.GetString received.Message.Body.Span))
        received.Respond(received.CreateResponse 200) |> ignore
        Receipt.Handled)

let private isOfRequest (report: string) =
    report.StartsWith "MESSAGE" || report.StartsWith "OPTIONS"

/// Until both requests have ended.
let private lacksSome reports = reports |> List.filter isOfRequest |> List.length < 2

let private talks () =
    Browser.withPage (fun page leg openWith ->
        let dispatcher = House.start (DispatcherOptions(Legs = [| leg |]))

        try
            let bodies = ResizeArray()
            answering dispatcher bodies

            openWith $"server={House.local dispatcher}" (fun () ->
                let reports = Browser.reportsWhile page lacksSome
                Expect.equal reports.Head "connected" "the upgrade, through TLS, with our Origin"
                Expect.containsAll reports [ "MESSAGE 200"; "OPTIONS 200" ] $"%A{reports}"
                Expect.contains (List.ofSeq bodies) "hello from a browser" "the body"
                Expect.equal (House.counter dispatcher "malformed") 0L "all of it was SIP")
        finally
            House.finish dispatcher)

let tests =
    testList "Browser" [
        testCase "JsSIP in Chromium sends a MESSAGE and an OPTIONS over WSS, answered 200" talks
    ]
