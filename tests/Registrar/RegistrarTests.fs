// RFC 3261, 10.3, step by step.
module SipFun.Tests.Registrar.RegistrarTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Registrar.Desk

let private home = "Contact: <sip:bob@192.0.2.1>"
let private work = "Contact: <sip:bob@192.0.2.2>"
let private uris desk = bindings desk |> List.map (fun one -> string one.Contact.Uri)

let private refusals =
    testTheory "what is refused, and how" [
        404, { bob with Uri = "sip:foreign.test"; To = "sip:bob@foreign.test" }
        404,
        {
            bob with
                Uri = "sip:sub.example.test"
                To = "sip:bob@sub.example.test"
        }
        404, { bob with To = "sip:bob@other.test" }
        404, { bob with To = "sip:bob@foreign.test" }
        400, { bob with To = "tel:+15551234" }
        416, { bob with Uri = "tel:+15551234" }
        420, from "one" 1 [ "Require: magic"; home ]
        420, from "one" 1 [ "Path: <sip:edge.test;lr>"; home ]
        400, from "one" 1 [ "Contact: <sip:bob@192.0.2.1" ]
        400, from "one" 1 [ "Contact:" ]
        400, from "one" 1 [ "Contact: *" ]
        400, from "one" 1 [ "Contact: *"; "Expires: 60" ]
        400, from "one" 1 [ "Contact: *"; "Expires: nonsense" ]
        400, from "one" 1 [ "Contact: *"; home; "Expires: 0" ]
        400, from "one" 1 [ "Contact: *, <sip:bob@192.0.2.1>"; "Expires: 0" ]
        400, from "one" 1 [ "Contact: *;expires=0"; "Expires: 0" ]
        400, from "one" 1 [ "Contact: \"a\\\001\" <sip:bob@192.0.2.1>" ]
        423, from "one" 1 [ home + ";expires=59" ]
        423, from "one" 1 [ home; "Expires: 1" ]
        513, from "one" 1 [ "Contact: <sip:" + String.replicate 500 "b" + "@192.0.2.1>" ]
    ]
    <| fun (expected, said) ->
        let before = start |> sent (from "zero" 1 [ home ])
        let struct (response, after) = send said before
        Expect.equal response.StatusCode expected response.ReasonPhrase
        Expect.equal (uris after) (uris before) "nothing changes"

let private accepted =
    testTheory "what is accepted, with what it leaves" [
        [ home ], [ "<sip:bob@192.0.2.1>;expires=3600" ]
        [ home; "Expires: 120" ], [ "<sip:bob@192.0.2.1>;expires=120" ]
        [ home + ";expires=90"; "Expires: 120" ], [ "<sip:bob@192.0.2.1>;expires=90" ]
        [ home + ";expires=9000" ], [ "<sip:bob@192.0.2.1>;expires=7200" ]
        [ home + ";expires=4294967296" ], [ "<sip:bob@192.0.2.1>;expires=3600" ]
        [ home; "Expires: nonsense" ], [ "<sip:bob@192.0.2.1>;expires=3600" ]
        [ home + ";expires=0" ], []
        [ "Contact: sip:bob@192.0.2.1;x=1;q=0.5" ], [ "<sip:bob@192.0.2.1>;x=1;q=0.5;expires=3600" ]
        [ "Contact: Bob <tel:+15551234>" ], [ "\"Bob\" <tel:+15551234>;expires=3600" ]
        [ home + ";q=0.2"; work + ";q=0.9" ],
        [
            "<sip:bob@192.0.2.2>;q=0.9;expires=3600"
            "<sip:bob@192.0.2.1>;q=0.2;expires=3600"
        ]
        [ home; home + ";expires=100" ], [ "<sip:bob@192.0.2.1>;expires=100" ]
        [ home; home + ";expires=0" ], []
        [], []
        [ "Contact: *"; "Expires: 0" ], []
    ]
    <| fun (fields, expected) ->
        let response = answer (from "one" 1 fields) start
        Expect.equal response.StatusCode 200 "accepted"
        Expect.equal (contacts response) expected "every binding, with what is left of it"
        Expect.equal (response.GetHeader "Date") "Sat, 28 Nov 2026 06:30:00 GMT" "its Date"

let private counts () =
    let desk = start |> sent (from "one" 1 [ home; "Expires: 100" ]) |> later 40
    let response = answer (from "two" 9 []) desk
    Expect.equal (contacts response) [ "<sip:bob@192.0.2.1>;expires=60" ] "what is left"
    let late = { desk with Now = seconds 100 - 1L<ms> }

    Expect.equal
        (contacts (answer (from "two" 9 []) late))
        [ "<sip:bob@192.0.2.1>;expires=1" ]
        "one"

    Expect.isEmpty (bindings (later 60 desk)) "then none"

let private orders () =
    let desk = start |> sent (from "one" 5 [ home ])
    Expect.equal (status (from "one" 5 [ home ]) desk) 500 "the same CSeq"
    Expect.equal (status (from "one" 4 [ home ]) desk) 500 "a lower one"
    Expect.equal (status (from "one" 4 [ work; home ]) desk) 500 "all or nothing"
    Expect.equal (status (from "one" 4 [ "Contact: *"; "Expires: 0" ]) desk) 500 "nor all"
    Expect.equal (status (from "one" 6 [ home ]) desk) 200 "a higher one"
    Expect.equal (status (from "two" 1 [ home ]) desk) 200 "another Call-ID"
    Expect.equal (uris (sent (from "one" 4 [ work ]) desk)).Length 2 "another binding is not its"

    let struct (_, after) = send (from "one" 4 [ work; home ]) desk
    Expect.equal (uris after) (uris desk) "nothing of it was done"

let private removesAll () =
    let desk = start |> sent (from "one" 1 [ home ]) |> sent (from "two" 1 [ work ])

    Expect.isEmpty (bindings (sent (from "one" 2 [ "Contact: *"; "Expires: 0" ]) desk)) "both"

    let struct (response, after) =
        send (from "two" 1 [ "Contact: *"; "Expires: 0" ]) desk

    Expect.equal response.StatusCode 500 "its own is not older"
    Expect.equal (uris after).Length 2 "neither"

/// 19.1.4: what never matters, and what does.
let private compares () =
    let desk = start |> sent (from "one" 1 [ "Contact: <sip:bob@Host.test;x=1>" ])
    let one = sent (from "one" 2 [ "Contact: <sip:%62ob@hOST.test>" ]) desk
    Expect.equal (uris one) [ "sip:%62ob@hOST.test" ] "the same, as it was written last"
    let two = sent (from "one" 2 [ "Contact: <sip:bob@host.test;transport=tcp>" ]) desk
    Expect.equal (uris two).Length 2 "transport matters"
    let port = sent (from "one" 2 [ "Contact: <sip:bob@host.test:5060>" ]) desk
    Expect.equal (uris port).Length 2 "a port does"

/// The comparison is not transitive: the same URI comes before one that only matches.
let private prefers () =
    let desk =
        start
        |> sent (from "one" 1 [ "Contact: <sip:bob@h.test;x=1>"; "Contact: <sip:bob@h.test;x=2>" ])

    let after = sent (from "one" 2 [ "Contact: <sip:bob@h.test;x=2>;expires=0" ]) desk
    Expect.equal (uris after) [ "sip:bob@h.test;x=1" ] "that one"

let private bounds () =
    let many n = [ for i in 1..n -> $"Contact: <sip:bob@192.0.2.{i}>" ]
    Expect.equal (status (from "one" 1 (many 6)) start) 403 "one too many"
    let full = sent (from "one" 1 (many 5)) start
    Expect.equal (status (from "two" 1 [ "Contact: <sip:bob@192.0.2.9>" ]) full) 403 "and later"
    Expect.equal (status (from "two" 1 [ home ]) full) 200 "one of them may be refreshed"

    let swap = [ home + ";expires=0"; "Contact: <sip:bob@192.0.2.9>" ]
    Expect.equal (status (from "two" 1 swap) full) 200 "or exchanged"

let private tells () =
    let changes said desk =
        let struct (_, changes, _) = take (request said) desk

        changes
        |> List.map (fun change ->
            match change with
            | BindingChange.Added one -> "added", string one.Contact.Uri
            | BindingChange.Refreshed one -> "refreshed", string one.Contact.Uri
            | BindingChange.Removed one -> "removed", string one.Contact.Uri)

    let desk = start |> sent (from "one" 1 [ home ])

    Expect.equal
        (changes (from "one" 2 [ work; home ]) desk)
        [ "added", "sip:bob@192.0.2.2"; "refreshed", "sip:bob@192.0.2.1" ]
        "in the order of the Contacts"

    Expect.equal
        (changes (from "one" 2 [ "Contact: *"; "Expires: 0" ]) desk)
        [ "removed", "sip:bob@192.0.2.1" ]
        "all"

    Expect.isEmpty (changes (from "one" 2 [ work + ";expires=0" ]) desk) "what was not there"

    for fields, expected, why in
        [
            [ home; home + ";expires=0" ],
            [ "removed", "sip:bob@192.0.2.1" ],
            "the last word counts"
            [ home + ";expires=0"; home ], [ "refreshed", "sip:bob@192.0.2.1" ], "it is still there"
            [ work; work + ";expires=0" ], [], "it was not there, nor is it"
            [ work; work ], [ "added", "sip:bob@192.0.2.2" ], "once"
        ] do
        Expect.equal (changes (from "one" 2 fields) desk) expected why

/// Over UDP a source can be forged: what is sent to it is no more than three times what it cost.
let private spares () =
    let user = String.replicate 200 "b"
    let long n = $"Contact: <sip:{user}@192.0.2.{n}>"
    let full = start |> sent (from "one" 1 [ for n in 1..5 -> long n ])
    let udp = Hop.create Transport.Udp (Address.parse "192.0.2.7").Value 5060
    let forged = { full with Source = udp }
    let said = from "two" 1 []
    let size said desk = (answer said desk).Bytes.Length
    let most said = 3 * (request said).Bytes.Length
    Expect.isGreaterThan (size said full) (most said) "over a connection all are named"
    Expect.hasLength (contacts (answer said full)) 5 "all"
    Expect.isLessThanOrEqual (size said forged) (most said) "no amplifier"
    Expect.isNonEmpty (contacts (answer said forged)) "as many as fit"

    Expect.hasLength
        (contacts (answer said { forged with IsKnown = true }))
        5
        "who is known sees all"

    let again = from "two" 1 [ long 5 + ";q=0.1" ]
    let own = contacts (answer again forged)
    Expect.exists own (fun one -> one.Contains "192.0.2.5") "what was just written comes first"
    Expect.isLessThanOrEqual (size again forged) (most again) "within the bound"

let private routes () =
    let route = NameAddr.Parse "<sip:proxy.test;lr>"
    let desk = at { settings with ServiceRoute = [ route ] }

    let response =
        answer
            (from "one" 1 [ home; "Supported: path"; "Path: <sip:p1.test;lr>, <sip:p2.test;lr>" ])
            desk

    Expect.equal (Seq.map string response.ServiceRoute |> List.ofSeq) [ string route ] "RFC 3608"

    Expect.equal
        (Seq.map string response.Path |> List.ofSeq)
        [ "<sip:p1.test;lr>"; "<sip:p2.test;lr>" ]
        "RFC 3327"

    let any = at { settings with TakesAnyPath = true }
    Expect.equal (status (from "one" 1 [ home; "Path: <sip:p1.test;lr>" ]) any) 200 "if we want"
    let refused = answer (from "one" 1 [ home; "Path: <sip:p1.test;lr>" ]) start
    Expect.equal (refused.GetHeader "Unsupported") "path" "says why"

let private secure () =
    let sips = "Contact: <sips:bob@192.0.2.1>"
    Expect.equal (status (from "one" 1 [ sips ]) start) 400 "by a sip Request-URI"
    let said = { from "one" 1 [ sips ] with Uri = "sips:example.test" }
    Expect.equal (status said start) 200 "by a sips Request-URI"

    let path = [ sips; "Supported: path"; "Path: <sip:p.test;lr>" ]
    Expect.equal (status { said with Fields = path } start) 400 "but not by a sip Path"
    let desk = start |> sent said
    Expect.equal (uris desk) [ "sips:bob@192.0.2.1" ] "of one address (RFC 5630, 5.2)"

let private recorded () =
    let response = answer (from "one" 1 [ home; "Record-Route: <sip:p.test;lr>" ]) start
    Expect.isNull (response.GetHeader "Record-Route") "never sent (10.3)"

let tests =
    testList "Registrar" [
        refusals
        accepted
        testCase "bindings count down, and are never shown with nothing left" counts
        testCase "what is late or a copy changes nothing (Call-ID and CSeq)" orders
        testCase "\"*\" removes all or none" removesAll
        testCase "Contacts are compared as URIs (19.1.4)" compares
        testCase "the same URI comes before one that matches" prefers
        testCase "an address has so many bindings and no more" bounds
        testCase "what becomes of each binding is told" tells
        testCase "an answer over UDP is no amplifier" spares
        testCase "Path and Service-Route" routes
        testCase "sips needs sips throughout (RFC 5630, 5.2)" secure
        testCase "Record-Route is ignored" recorded

        testCase "a Request-URI that names this server stands for all its domains"
        <| fun () ->
            let asked whom =
                { bob with Uri = "sip:192.0.2.9:5070"; To = whom }
                |> request
                |> Registrar.address settings true

            Expect.equal
                (asked "sip:bob@other.test")
                (Addressed.To(AddressOfRecord.Parse "sip:bob@other.test"))
                "one of them"

            Expect.equal
                (asked "sip:bob@192.0.2.9")
                (Addressed.Refused RegisterRefusal.UnknownAddress)
                "and no other"

        testCase "423 says the least, 420 what is not supported"
        <| fun () ->
            let brief = answer (from "one" 1 [ home + ";expires=5" ]) start
            Expect.equal (brief.GetHeader "Min-Expires") "60" "Min-Expires"
            let bad = answer (from "one" 1 [ "Require: path, a, outbound, b" ]) start
            Expect.equal (bad.GetHeader "Unsupported") "a, b" "Unsupported"

        testCase "the binding holds no byte of its REGISTER"
        <| fun () ->
            let said = from "one" 1 [ home; "X: " + String.replicate 2_000 "x" ]
            let binding = List.head (bindings (sent said start))
            Expect.isLessThan binding.Contact.Octets.Length 100 "its own"

            let mutable segment = System.ArraySegment<byte>()

            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(
                binding.Contact.Octets,
                &segment
            )
            |> ignore

            Expect.isLessThan (nonNull segment.Array).Length 100 "in an array of its own"
    ]
