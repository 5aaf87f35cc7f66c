module SipFun.Tests.Message.ViaTests

open System.Net
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun

let private isVia (text: string) =
    let mutable found: Via | null = null
    Via.TryParse(text, &found)

let private shown (via: Via) =
    (via.Transport, via.SentBy, via.Branch), (via.Received, via.RPort, via.HasRPort, string via)

let private scannedOnce =
    testList "the top Via, scanned when the message came" [
        testPropertyWithConfig Generators.config "is what its text says"
        <| fun (draft: Generators.Draft) ->
            match Corpus.parse (Generators.write draft) with
            | Ok message ->
                let text = string message.TopVia
                let read = Via.Parse text
                let isFirst = (message.GetHeader "Via" |> string).StartsWith text
                let same via = shown via = shown read
                isFirst && same message.TopVia && same message.Vias[0]
            | Error error -> failtestf "%O" error

        testCase "names that begin like those known by their bytes"
        <| fun () ->
            let via = Via.Parse "SIP/2.0/UDP a;receivedfrom=1;branches=2;rports=3;tags=4;rport"
            let names = [ for parameter in via.Parameters -> parameter.Name ]
            Expect.equal names [ "receivedfrom"; "branches"; "rports"; "tags"; "rport" ] "in full"
            Expect.equal (via.Branch, via.Received) (null, null) "neither is there"
    ]

let tests =
    testList "Via" [
        scannedOnce

        for bad in
            [
                "SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b;branch=2"
                "SIP/2.0/UDP a,"
                "SIP/2.0/UDP a, b"
                "SIP/2.0/UDP a\r\n"
                "SIP/2.0/UDP"
                "SIP/2.0/UDP a:"
            ] do
            testCase $"one value only: {SipFun.Core.Sanitizer.text bad}"
            <| fun () -> Expect.isFalse (isVia bad) "refused"

        testCase "received has no brackets (RFC 5118, 4.5)"
        <| fun () ->
            let via =
                (Via.Parse "SIP/2.0/UDP a;branch=1").WithReceived(IPAddress.Parse "2001:db8::9")

            Expect.equal (string via) "SIP/2.0/UDP a;branch=1;received=2001:db8::9" "text"
            Expect.equal via.Received "2001:db8::9" "value"

        testCase "but is read with brackets too (RFC 5118, 4.5)"
        <| fun () ->
            let via = Via.Parse "SIP/2.0/UDP a;received=[2001:db8::9]"
            Expect.equal via.Received "2001:db8::9" "value"

        testCase "Equals looks at every part"
        <| fun () ->
            let via = Via.Parse "SIP/2.0/UDP a:5060;branch=1;x=2"
            Expect.equal (Via.Parse "SIP / 2.0 / udp A:5060;X=2;branch=1") via "same"

            for other in
                [
                    "SIP/2.0/TCP a:5060;branch=1;x=2"
                    "SIP/2.0/UDP b:5060;branch=1;x=2"
                    "SIP/2.0/UDP a;branch=1;x=2"
                    "SIP/2.0/UDP a:5060;branch=2;x=2"
                    "SIP/2.0/UDP a:5060;branch=1"
                ] do
                Expect.notEqual (Via.Parse other) via other
    ]
