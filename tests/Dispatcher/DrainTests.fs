// A dispatcher that drains: nothing new begins, what was begun goes on (RFC 3261, 21.5.4).
module SipFun.Tests.Dispatcher.DrainTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKnew"
let private draining = start |> receiving |> give Drain

let private lastResponse rig =
    wire rig |> List.last |> (fun (_, _, message) -> message :?> SipResponse)

let tests =
    testList "Drain" [
        testCase "a new request gets 503, with Retry-After, and is counted"
        <| fun () ->
            let rig = receive (incoming via "OPTIONS" "") draining
            same (lastResponse rig).StatusCode 503 "503"

            Expect.stringContains
                (string (lastResponse rig))
                "Retry-After: 5"
                "says when to come again"

            same (counted Counted.Draining rig) 1 "counted"
            same (offered rig) [] "nobody was asked"
            expectIdle rig

        testCase "an ACK is never answered, and passes"
        <| fun () ->
            let rig = receive (incoming via "ACK" "our-tag") draining
            same (wire rig) [] "no answer"
            same (offered rig).Length 1 "passed up"

        testCase "a request within a dialog is served"
        <| fun () ->
            let rig = receive (incoming via "BYE" "our-tag") draining
            same (offered rig |> List.map (fun (_, r) -> r.Method.Name)) [ "BYE" ] "passed up"

        testCase "the CANCEL of an INVITE that came before is served"
        <| fun () ->
            let rig =
                start
                |> receiving
                |> receive (incoming via "INVITE" "")
                |> give Drain
                |> receive (incoming via "CANCEL" "")

            same
                (offered rig |> List.map (fun (_, r) -> r.Method.Name))
                [ "INVITE"; "CANCEL" ]
                "both passed up"

        testCase "a copy of a request that came before is absorbed, its answer goes out"
        <| fun () ->
            let invite = incoming via "OPTIONS" ""
            let rig = start |> receiving |> receive invite |> give Drain |> receive invite
            let number, request = List.exactlyOne (offered rig)
            let rig = give (Receipted(number, Receipt.Handled)) rig
            same (State.isDone rig.State) false "it is not answered yet"
            let _, rig = respond 200 request rig
            same (lastResponse rig).StatusCode 200 "answered"
            same (counted Counted.Draining rig) 0 "no 503"
            same (State.isDone (reported rig).State) true "nothing is waited for but copies"

        testCase "a delivery goes on, and its end is the end of the drain"
        <| fun () ->
            let number, rig = start |> receiving |> deliver (request "OPTIONS" "a")
            let rig = give Drain rig
            same (State.isDone rig.State) false "under way"
            let rig = answer "OPTIONS" 200 rig
            same (snd (outcomeOf number rig) |> string |> _.Contains("Answered")) true "answered"
            same (State.isDone rig.State) true "done"
    ]
