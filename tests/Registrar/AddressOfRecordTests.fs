// Canonical names: RFC 3261, 10.3, step 5; RFC 5630, 5.2.
module SipFun.Tests.Registrar.AddressOfRecordTests

open Expecto
open SipFun

let private canonical text = string (AddressOfRecord.Parse text)

let private spelled =
    testTheory "one spelling for each name" [
        "sip:bob@Example.COM", "sip:bob@example.com"
        "sips:bob@example.com", "sip:bob@example.com"
        "sip:bob@example.com:5070", "sip:bob@example.com"
        "sip:bob:secret@example.com", "sip:bob@example.com"
        "sip:bob@example.com;user=phone;transport=tcp", "sip:bob@example.com"
        "sip:bob@example.com?Subject=x", "sip:bob@example.com"
        "sip:%62ob@example.com", "sip:bob@example.com"
        "sip:bo%62%3bx@example.com", "sip:bob;x@example.com"
        "sip:BOB@example.com", "sip:BOB@example.com"
        "sip:a%40b@example.com", "sip:a%40b@example.com"
        "sip:null-%00-null@example.com", "sip:null-%00-null@example.com"
        "sip:%c3%bc@example.com", "sip:%C3%BC@example.com"
        "sip:example.com", "sip:example.com"
        "sip:bob@[2001:DB8::0001]", "sip:bob@[2001:db8::1]"
        "sip:bob@192.0.2.1", "sip:bob@192.0.2.1"
    ]
    <| fun (text, expected) -> Expect.equal (canonical text) expected "RFC 3261, 10.3, step 5"

let tests =
    testList "AddressOfRecord" [
        spelled

        testCase "bytes that are no text stay apart, and so do percent signs"
        <| fun () ->
            let all = [ "sip:%ff@a.test"; "sip:%fe@a.test"; "sip:%25ff@a.test"; "sip:ff@a.test" ]
            Expect.equal (List.distinct (List.map canonical all)).Length 4 "four names"

        testCase "a canonical name is a URI, and its own canonical name"
        <| fun () ->
            let name = AddressOfRecord.Parse "sips:a%40b%00@Example.com:5061;lr"
            Expect.equal (AddressOfRecord.Create name.Uri) name "the same"
            Expect.equal name.Host "example.com" "its host"

        testCase "only sip and sips name an address-of-record"
        <| fun () ->
            let mutable found: AddressOfRecord | null = null
            let isNamed = AddressOfRecord.TryCreate(SipUri.Parse "tel:+15551234", &found)
            Expect.isFalse isNamed "a telephone number has no domain"
    ]
