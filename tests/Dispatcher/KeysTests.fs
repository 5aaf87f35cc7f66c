// Server transactions are told apart by branch, sent-by and method, or by RFC 2543's fields
// (RFC 3261, 17.2.3; 9.2).
module SipFun.Tests.Dispatcher.KeysTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bK1"
let private key via method = Keys.ofRequest (incoming via method "")
let private old = "SIP/2.0/UDP 127.0.0.7:5070"

let tests =
    testList "Keys" [
        testCase "branch, sent-by and method each make another transaction"
        <| fun () ->
            let own = key via "OPTIONS"
            Expect.notEqual (key (via.Replace("bK1", "bK2")) "OPTIONS") own "branch"
            Expect.notEqual (key (via.Replace("5070", "5071")) "OPTIONS") own "port of the sent-by"
            Expect.notEqual (key (via.Replace(".7:", ".8:")) "OPTIONS") own "host of the sent-by"
            Expect.notEqual (key via "INFO") own "method"

        testCase "the sent-by's case, and parameters beside the branch, make none"
        <| fun () ->
            let named = via.Replace("127.0.0.7", "PC.example.com")

            Expect.equal
                (key
                    (named
                        .ToLowerInvariant()
                        .Replace("z9hg4bk", "z9hG4bK")
                        .Replace("sip/2.0/udp", "SIP/2.0/UDP"))
                    "INFO")
                (key named "INFO")
                "case"

            Expect.equal (key (via + ";rport") "INFO") (key via "INFO") "rport"

        testCase "an ACK has its INVITE's key, and a CANCEL means it"
        <| fun () ->
            Expect.equal (key via "ACK") (key via "INVITE") "17.2.3"
            Expect.equal (Keys.ofCancelled (incoming via "CANCEL" "")) (key via "INVITE") "9.2"
            Expect.notEqual (key via "CANCEL") (key via "INVITE") "its own transaction"

        testCase "a response has the key of its request"
        <| fun () ->
            let request = incoming via "OPTIONS" ""

            Expect.equal
                (Keys.ofResponse (request.CreateResponse(200, "t")))
                (Keys.ofRequest request)
                "one"

        testCase "without the cookie: Via, Call-ID, CSeq and From tag (RFC 2543)"
        <| fun () ->
            let own = incoming old "OPTIONS" ""
            Expect.equal (Keys.ofRequest own) (key old "OPTIONS") "a copy"

            Expect.notEqual
                (Keys.ofRequest (own.WithHeader("CSeq", "2 OPTIONS")))
                (key old "OPTIONS")
                "CSeq"

            Expect.notEqual
                (Keys.ofRequest (own.WithHeader("Call-ID", "x")))
                (key old "OPTIONS")
                "Call-ID"
    ]
