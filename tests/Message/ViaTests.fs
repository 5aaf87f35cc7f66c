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

/// V-05, and the house rule: misuse is an ArgumentException.
let private created =
    testList "Create" [
        testCase "host, port, branch and rport as they were given"
        <| fun () ->
            let via = Via.Create(Transport.Udp, "[2001:db8::9]:5060", "z9hG4bKa", true)
            Expect.equal (string via) "SIP/2.0/UDP [2001:db8::9]:5060;rport;branch=z9hG4bKa" "text"

        for sentBy, branch in
            [
                "a;received=192.0.2.1", "z9hG4bKa"
                "a:5060;maddr=b", "z9hG4bKa"
                "", "z9hG4bKa"
                "a b", "z9hG4bKa"
                "a, SIP/2.0/UDP b", "z9hG4bKa"
                "a", "z9hG4bKa;maddr=b"
                "a", "z9hG4bKa, SIP/2.0/UDP b"
                "a", "z9hG4bKa\r\nX: y"
                "a", "z9:a"
                "a", ""
            ] do
            testCase
                $"smuggles nothing: {SipFun.Core.Sanitizer.text sentBy} {SipFun.Core.Sanitizer.text branch}"
            <| fun () ->
                Expect.throwsT<System.ArgumentException>
                    (fun () -> Via.Create(Transport.Udp, sentBy, branch, false) |> ignore)
                    "refused"

        testCase "a transport that is none"
        <| fun () ->
            Expect.throwsT<System.ArgumentOutOfRangeException>
                (fun () -> Via.Create(enum 9, "a", "z9hG4bKa", false) |> ignore)
                "refused"
    ]

let tests =
    testList "Via" [
        scannedOnce
        created

        testCase "an edit leaves the other parameters as they were written"
        <| fun () ->
            let via = Via.Parse "SIP/2.0/UDP a;x=\"b\" ; Y=c;branch=z9hG4bKa"
            let seen = via.WithRPort 5
            Expect.equal (string seen) "SIP/2.0/UDP a;x=\"b\" ; Y=c;branch=z9hG4bKa;rport=5" "added"
            let other = via.WithBranch "z9hG4bKb"
            Expect.equal (string other) "SIP/2.0/UDP a;x=\"b\" ; Y=c;branch=z9hG4bKb" "in its place"

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
