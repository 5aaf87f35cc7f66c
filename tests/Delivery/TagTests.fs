// The To tag of our own responses (RFC 3261, 8.2.7 and 19.3).
module SipFun.Tests.Delivery.TagTests

open Expecto
open SipFun
open SipFun.Core

let private create callId cseq =
    SipRequest
        .Create(
            SipMethod.Options,
            SipUri.Parse "sip:b@b.test",
            NameAddr.Parse "<sip:a@a.test>;tag=1",
            NameAddr.Parse "<sip:b@b.test>",
            CallId.Parse callId,
            cseq
        )
        .PushVia
        "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1"

let private secret = struct (1UL, 2UL)

let tests =
    testList "Tag" [
        testCase "equal for repeats, whatever else is remembered (8.2.7)"
        <| fun () ->
            Expect.equal
                (Tag.ofRequest secret (create "c" 1u))
                (Tag.ofRequest secret (create "c" 1u))
                "a function of the request"

        testCase "another for another request, and with another secret: nobody can guess it (19.3)"
        <| fun () ->
            let tag = Tag.ofRequest secret (create "c" 1u)
            Expect.notEqual (Tag.ofRequest secret (create "d" 1u)) tag "the Call-ID"
            Expect.notEqual (Tag.ofRequest secret (create "c" 2u)) tag "the CSeq"
            let other = (create "c" 1u).WithTopVia(Via.Parse "SIP/2.0/UDP h;branch=z9hG4bK2")
            Expect.notEqual (Tag.ofRequest secret other) tag "the branch"
            Expect.notEqual (Tag.ofRequest (struct (1UL, 3UL)) (create "c" 1u)) tag "the secret"
    ]
