// Flows of a device (RFC 5626, 6) and its names (RFC 5627, 5 and 6.1).
module SipFun.Tests.Registrar.OutboundTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Registrar.Desk

let private device = "urn:uuid:00000000-0000-1000-8000-000A95A0E128"
let private instance = $";+sip.instance=\"<{device}>\""
let private flow n host = $"Contact: <sip:bob@{host}>;reg-id={n}{instance}"
let private supported = "Supported: path, outbound"
let private edge = "Via: SIP/2.0/TCP edge.test;branch=z9hG4bK1"
let private uris desk = bindings desk |> List.map (fun one -> string one.Contact.Uri)

let private replaces () =
    let desk = start |> sent (from "one" 1 [ flow 1 "a.test"; supported ])
    let moved = { desk with Source = source 8L }

    let struct (response, after) =
        send (from "one" 2 [ flow 1 "b.test"; supported ]) moved

    Expect.equal (response.GetHeader "Require") "outbound" "RFC 5626, 6"
    Expect.equal (uris after) [ "sip:bob@b.test" ] "the same flow, wherever it is"

    Expect.equal
        (bindings after |> List.map (fun one -> one.Source.Value.Flow))
        [ 8L ]
        "and by what"

    let two = sent (from "one" 3 [ flow 2 "b.test"; supported ]) after
    Expect.equal (uris two).Length 2 "another reg-id is another flow"

    let plain = sent (from "one" 4 [ "Contact: <sip:bob@b.test>" ]) two
    Expect.equal (uris plain).Length 3 "and none is no flow"
    let gone = sent (from "one" 5 [ flow 1 "x.test" + ";expires=0"; supported ]) plain
    Expect.equal (uris gone).Length 2 "it is removed by its number"

let private ignores () =
    let isPlain fields =
        let struct (response, desk) = send (from "one" 1 fields) start
        Expect.equal response.StatusCode 200 $"%A{fields}"
        Expect.isNull (response.GetHeader "Require") "says nothing of it"
        bindings desk |> List.forall (fun one -> one.RegId.IsNone)

    Expect.isTrue (isPlain [ "Contact: <sip:bob@a.test>;reg-id=1"; supported ]) "no instance"
    Expect.isTrue (isPlain [ flow 0 "a.test"; supported ]) "no number"
    Expect.isTrue (isPlain [ edge; flow 1 "a.test" ]) "by a proxy that keeps no flow"

let private lacks () =
    let says fields = status (from "one" 1 fields) start
    Expect.equal (says [ edge; flow 1 "a.test"; supported ]) 439 "no Path"
    let path text = $"Path: <sip:edge.test;lr{text}>"

    Expect.equal
        (says [ edge; path ""; flow 1 "a.test"; supported ])
        439
        "a Path that promises nothing"

    Expect.equal (says [ edge; path ";ob"; flow 1 "a.test"; supported ]) 200 "one that does"

    Expect.equal (says [ flow 1 "a.test"; flow 2 "b.test"; supported ]) 400 "one flow at a time"

    let off = at { settings with Outbound = false }
    let response = answer (from "one" 1 [ edge; flow 1 "a.test"; supported ]) off
    Expect.equal response.StatusCode 200 "switched off"
    Expect.isNull (response.GetHeader "Require") "it is not done"

let private tcp: Leg = { Rig.leg 1 "127.0.0.1" 5060 with Transport = Transport.Tcp }

/// A desk that knows its connections: these live.
let private connected flows (desk: Desk) =
    let step state input =
        let struct (state, _) = Dispatcher.step Rig.settings 0L<ms> input state
        state

    let accepted = flows |> List.map (fun flow -> FlowAccepted(1, source flow, []))
    let state = List.fold step Dispatcher.start (AddLeg tcp :: accepted)
    { desk with Epoch = 5u; State = state }

let private browser = $"Contact: <sip:bob@abc.invalid;transport=ws>{instance}"
let private other = "urn:uuid:00000000-0000-1000-8000-000000000000"

let private othersFlow =
    $"Contact: <sip:bob@a.test>;reg-id=1;+sip.instance=\"<{other}>\""

let private query desk = contacts (answer (from "q" 1 []) desk) |> List.length

/// RFC 5626, 7: with its connection ends what was bound to it.
let private ends () =
    let live = start |> connected [ 7L ]

    for contact, isBound in
        [ flow 1 "a.test", false; browser, false; "Contact: <sip:bob@a.test>", true ] do
        let before = sent (from "one" 1 [ contact; supported ]) live
        Expect.equal (query before) 1 contact
        let cut = before |> connected []
        Expect.equal (query cut) (if isBound then 1 else 0) $"{contact}, its connection gone"

        let struct (_, changes, after) =
            take (request (from "two" 1 [ "Contact: <sip:bob@b.test>" ])) cut

        let removed = changes |> List.filter (fun change -> change.IsRemoved)
        Expect.equal removed.Length (if isBound then 0 else 1) "it is told with the next change"
        Expect.equal (bindings after).Length (if isBound then 2 else 1) "and taken out"

let private renews () =
    let before =
        start |> connected [ 7L ] |> sent (from "one" 1 [ flow 1 "a.test"; supported ])

    let moved = { before with Source = source 8L } |> connected [ 8L ]

    let struct (_, changes, after) =
        take (request (from "one" 2 [ flow 1 "a.test"; supported ])) moved

    Expect.isTrue (List.head changes).IsRefreshed "the same flow, over another connection"
    Expect.equal (uris after) [ "sip:bob@a.test" ] "once"
    let late = answer (from "one" 1 [ flow 1 "a.test"; supported ]) moved
    Expect.equal late.StatusCode 500 "its CSeq counts all the same"

/// Pages that are loaded anew register as devices that nobody knows (RFC 7118).
let private leaves () =
    let few = at { settings with MaxContacts = 1 } |> connected [ 7L ]
    let before = sent (from "one" 1 [ flow 1 "a.test"; supported ]) few
    Expect.equal (status (from "two" 1 [ othersFlow; supported ]) before) 403 "no room"
    let cut = before |> connected []
    Expect.equal (status (from "two" 1 [ othersFlow; supported ]) cut) 200 "what is cut off is none"

let private elsewhere () =
    let before =
        start |> connected [ 7L ] |> sent (from "one" 1 [ flow 1 "a.test"; supported ])

    let cut = before |> connected []
    Expect.equal (query { cut with Epoch = 6u }) 1 "another run knows nothing of its connection"
    let path = "Path: <sip:edge.test;lr;ob>"

    let edged =
        start
        |> connected [ 7L ]
        |> sent (from "one" 1 [ edge; path; flow 1 "a.test"; supported ])
        |> connected []

    Expect.equal (query edged) 1 "the edge's connection is not the device's"

let private timer () =
    let desk = at { settings with FlowTimer = ValueSome 120u }
    let response = answer (from "one" 1 [ flow 1 "a.test"; supported ]) desk
    Expect.equal (response.GetHeader "Flow-Timer") "120" "RFC 5626, 10"
    let silent = answer (from "one" 1 [ flow 1 "a.test"; "Supported: path" ]) desk
    Expect.isNull (silent.GetHeader "Require") "who does not know it is not bothered"

let private gruu = "Supported: gruu"
let private named host = $"Contact: <sip:bob@{host}>{instance}"

let private parameter name (response: SipResponse) =
    response.Contacts |> Seq.map (fun one -> string (one.GetParameter name)) |> List.ofSeq

let private find (gruu: string) desk =
    Gruu.tryRead desk.Settings.Secret (SipUri.Parse gruu)
    |> ValueOption.bind (fun target ->
        Expect.equal (string (Gruu.addressOf target)) "sip:bob@example.test" "of bob"
        Gruu.select desk.Settings.Secret target (bindings desk))
    |> ValueOption.map (List.map (fun one -> string one.Contact.Uri))

let private names () =
    let struct (response, desk) =
        start
        |> sent (from "zero" 1 [ "Contact: <sip:bob@other.test>" ])
        |> send (from "one" 1 [ named "a.test"; gruu ])

    Expect.equal
        (parameter "pub-gruu" response)
        [ $"sip:bob@example.test;gr={device}"; "" ]
        "the device, and who has none"

    let temporary = List.head (parameter "temp-gruu" response)

    Expect.equal
        (find (List.head (parameter "pub-gruu" response)) desk)
        (ValueSome [ "sip:bob@a.test" ])
        "public"

    Expect.equal (find temporary desk) (ValueSome [ "sip:bob@a.test" ]) "temporary"
    let none = answer (from "one" 2 [ named "a.test" ]) desk
    Expect.equal (parameter "pub-gruu" none) [ ""; "" ] "only who asks"
    Expect.equal (find $"sip:bob@example.test;gr=urn:x" desk) (ValueSome []) "no such device now"

    Expect.equal
        (find "sip:bob@example.test" desk |> ValueOption.map List.length)
        (ValueSome 2)
        "all"

let private temporary said desk =
    let struct (response, desk) = send said desk
    struct (List.head (parameter "temp-gruu" response), desk)

/// 5.1, 5.3: a temporary GRUU lives as long as its device registers with one Call-ID.
let private ages () =
    let struct (first, desk) = temporary (from "one" 1 [ named "a.test"; gruu ]) start

    let struct (second, desk) =
        temporary (from "one" 2 [ named "a.test"; gruu ]) (later 10 desk)

    Expect.notEqual first second "each REGISTER has a new one"
    Expect.equal (find first desk) (find second desk) "both hold"

    let struct (third, desk) =
        temporary (from "two" 1 [ named "b.test"; gruu ]) (later 10 desk)

    Expect.equal (find first desk) ValueNone "the device started anew"
    Expect.equal (find third desk) (ValueSome [ "sip:bob@b.test"; "sip:bob@a.test" ]) "latest first"
    Expect.equal (find third (later 4000 desk)) ValueNone "nobody is left"

let private seals () =
    let struct (one, _) = temporary (from "one" 1 [ named "a.test"; gruu ]) start

    let long = {
        from "one" 1 [ named "a.test"; gruu ] with
            To = "sip:robert@example.test"
    }

    let struct (other, _) = temporary long start
    Expect.equal one.Length other.Length "its length tells nothing"
    Expect.isFalse (one.Contains "bob") "nor its text"
    let forged = one.Replace("sip:tgruu.", "sip:tgruu.A").Replace("@example", "")
    Expect.equal (Gruu.tryRead settings.Secret (SipUri.Parse forged)) ValueNone "none of ours"
    let struct (key, more) = settings.Secret
    let stranger = struct (key + 1UL, more)

    Expect.equal
        (Gruu.tryRead stranger (SipUri.Parse one))
        ValueNone
        "only who has the secret reads"

let private loops () =
    let struct (temporary, desk) =
        temporary (from "one" 1 [ named "a.test"; gruu ]) start

    let says uri = status (from "one" 9 [ $"Contact: <{uri}>{instance}"; gruu ]) desk
    Expect.equal (says "sip:bob@example.test") 403 "the address itself"
    Expect.equal (says $"sip:bob@example.test;gr={device}") 403 "its public GRUU"
    Expect.equal (says temporary) 403 "its temporary GRUU"
    Expect.equal (says "tel:+15551234") 403 "no SIP URI"
    Expect.equal (says "sip:bob@192.0.2.1") 200 "any other"
    let uri = (SipUri.Parse temporary).WithoutParameters()
    Expect.equal (status { bob with To = string uri } desk) 404 "nobody's address (5.4)"

let private secure () =
    let said = {
        from "one" 1 [ $"Contact: <sips:bob@a.test>{instance}"; gruu ] with
            Uri = "sips:example.test"
    }

    let response = answer said start

    Expect.equal
        (parameter "pub-gruu" response)
        [ $"sips:bob@example.test;gr={device}" ]
        "RFC 5630, 5.2.1"

let tests =
    testList "Outbound and GRUU" [
        testCase "a flow is bound by instance and reg-id (RFC 5626, 6)" replaces
        testCase "what is no flow is bound by its URI" ignores
        testCase "439 when the first hop keeps no flow" lacks
        testCase "a connection that ends takes its bindings along (RFC 5626, 7)" ends
        testCase "the same flow over another connection is refreshed" renews
        testCase "what is cut off takes nobody's place" leaves
        testCase "another run, or an edge, says nothing of it" elsewhere
        testCase "Flow-Timer, and no word to who does not know it" timer
        testCase "a device has a public and a temporary name (RFC 5627)" names
        testCase "temporary names end with the Call-ID or the last binding" ages
        testCase "temporary names say nothing and cannot be made by others" seals
        testCase "no Contact leads back to the address" loops
        testCase "a sips Contact has sips names" secure
    ]
