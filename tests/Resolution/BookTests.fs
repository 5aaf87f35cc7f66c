module SipFun.Tests.Resolution.BookTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

let private chain length = [
    for n in 1..length do
        $"h{n}.example.com CNAME h{n + 1}.example.com"

    $"h{length + 1}.example.com A 192.0.2.1"
]

let private found = [ "udp:192.0.2.1:5060" ]
let private endless = [ "AddressRecords: DnsFailure" ]

/// The first name with a port, so that no SRV is asked.
let private first = "sip:h1.example.com:5060"

/// The same chain in one answer, as a recursive server gives it.
let private whole lines =
    let records = (zone lines).Records |> Array.ofList

    Resolution.ofUri rules udp4 anything 1L (uri first)
    |> tellWith (fun _ -> 0) (fun _ -> Answer.ok records) udp4 rules

let tests =
    testList "Book" [
        testCase "P-31: a chain of 8 CNAME records is followed, question by question"
        <| fun () ->
            let story = tell (chain 8) udp4 first
            Expect.equal (texts story) found "found"
            Expect.equal story.Questions.Length 9 "one question for each name"

        testCase "each alias on the way is told, in one answer or in several"
        <| fun () ->
            for story in [ tell (chain 2) udp4 first; whole (chain 2) ] do
                Expect.equal
                    (story.Decisions |> List.filter _.IsAliasIs)
                    [
                        AliasIs("h1.example.com", "h2.example.com")
                        AliasIs("h2.example.com", "h3.example.com")
                    ]
                    "told"

            let question = question "A" "h1.example.com"
            let story = tell (chain 1) udp4 first
            Expect.contains story.Decisions (Got(question, DnsStatus.Ok, 0, 60)) "it has none"

        testCase "P-31: a chain of 9 is not"
        <| fun () -> Expect.equal (hops (chain 9) udp4 first) endless "too long"

        testCase "a chain in one answer needs one question"
        <| fun () ->
            let story = whole (chain 8)
            Expect.equal (texts story) found "found"
            Expect.equal (asked story) [ "A h1.example.com" ] "once"
            Expect.equal (texts (whole (chain 9))) endless "too long all the same"

        testCase "P-31: loops end"
        <| fun () ->
            let self = [ "h1.example.com CNAME h1.example.com" ]

            let pair = [
                "h1.example.com CNAME h2.example.com"
                "h2.example.com CNAME h1.example.com"
            ]

            Expect.equal (hops self udp4 first) endless "to itself"
            Expect.equal (hops pair udp4 first) endless "to each other"
            Expect.equal (asked (tell pair udp4 first)).Length 2 "each asked once"
            Expect.equal (texts (whole self)) endless "to itself, in one answer"
            Expect.equal (texts (whole pair)) endless "to each other, in one answer"

        testCase "an alias of a SRV name is followed"
        <| fun () ->
            let lines = [
                "_sip._udp.example.com CNAME _sip._udp.example.net"
                "_sip._udp.example.net SRV 1 1 5070 a.example.net"
                "a.example.net A 192.0.2.1"
            ]

            Expect.equal (hops lines udp4 "sip:example.com") [ "udp:192.0.2.1:5070" ] "found"

        testCase "an alias to nowhere does not exist"
        <| fun () ->
            let lines = [ "h1.example.com CNAME h2.example.com" ]
            Expect.equal (hops lines udp4 first) [ "AddressRecords: NameNotFound" ] "not there"

        testCase "V-12: what an answer says of other names is not believed"
        <| fun () ->
            let lines = [ "other.example.com A 192.0.2.66"; "h1.example.com A 192.0.2.1" ]
            Expect.equal (texts (whole lines)) found "only its own"

            let only = [ "other.example.com A 192.0.2.66" ]
            Expect.equal (texts (whole only)) [ "AddressRecords: NoAddress" ] "nothing of its own"

        testCase "records of another type than the one asked for are ignored (RFC 7984, 3.1)"
        <| fun () ->
            let lines = [ "h1.example.com AAAA 2001:db8::1"; "h1.example.com A 192.0.2.1" ]
            Expect.equal (texts (whole lines)) found "no IPv6 for an A question"

            let question = question "A" "h1.example.com"
            let records = (zone [ "h1.example.com AAAA 2001:db8::1" ]).Records |> Array.ofList
            let book = Map.ofList [ question, Answer.ok records ]
            let lacking = Reading.Lacking SipFun.DnsStatus.NoData
            Expect.equal (Book.read question book) lacking "as if it were not there"
    ]
