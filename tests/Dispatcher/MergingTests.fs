// The same request by two ways (RFC 3261, 8.2.2.2): a receiver that handles requests sees it once, a
// stateless element lets each pass.
module SipFun.Tests.Dispatcher.MergingTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let private via n = $"SIP/2.0/UDP 127.0.0.7:507{n};branch=z9hG4bKway{n}"
let private by n method = incoming (via n) method ""
let private ready = receiving start

let private receipt number receipt rig = give (Receipted(number, receipt)) rig
let private firstOffer rig = fst (List.head (offered rig))
let private lastOffer rig = fst (List.last (offered rig))

/// The first way's request, and what its receiver says of it.
let private taken method rig =
    let rig = receive (by 1 method) rig
    receipt (lastOffer rig) Receipt.Handled rig

let private statuses rig = List.map snd (responses rig)

let private handled = [
    for method in [ "INVITE"; "OPTIONS" ] do
        testCase $"{method}: by another way while it is handled, 482 without state, and a To tag"
        <| fun () ->
            let rig = taken method ready |> receive (by 2 method)
            same (offered rig).Length 1 "offered once"
            let _, hop, response = List.last (wire rig)
            same (statuses rig, hop.Port) ([ 482 ], 5072) "to where it came from"
            Expect.isNotNull response.ToTag "8.2.6.2"
            same (counted Counted.MergedRequest rig) 1 "counted"
            same rig.State.Servers 1 "no second transaction"

    testCase "also after its response went out, while its transaction absorbs copies"
    <| fun () ->
        let rig = taken "OPTIONS" ready
        let _, rig = respond 200 (by 1 "OPTIONS") rig
        let rig = receive (by 2 "OPTIONS") rig
        same (statuses rig) [ 200; 482 ] "merged"
        let rig = give (Transmitted(rig.Number - 2L)) rig |> runFor 32_000L<ms>
        expectIdle rig
        let rig = receive (by 2 "OPTIONS") rig
        same (offered rig).Length 2 "and new again afterwards"

    testCase "what comes while the receiver thinks waits for its word: Handled, 482"
    <| fun () ->
        let rig = receive (by 1 "INVITE") ready |> receive (by 2 "INVITE")
        same (offered rig).Length 1 "not offered"
        same (wire rig) [] "nor answered"
        let rig = receipt (firstOffer rig) Receipt.Handled rig
        same (statuses rig) [ 482 ] "merged"

    testCase "answered before the word came: 482 too"
    <| fun () ->
        let rig = receive (by 1 "INVITE") ready |> receive (by 2 "INVITE")
        let _, rig = respond 180 (by 1 "INVITE") rig
        same (List.sort (statuses rig)) [ 180; 482 ] "merged"
]

let private unhandled = [
    testCase "a stateless element lets both pass, the one that waited too"
    <| fun () ->
        let rig = receive (by 1 "INVITE") ready |> receive (by 2 "INVITE")
        let rig = receipt (firstOffer rig) Receipt.Stateless rig

        same
            (offered rig |> List.map (fun (_, each) -> each.TopVia.Port.Value))
            [ 5071; 5072 ]
            "both"

        let rig = receipt (lastOffer rig) Receipt.Stateless rig
        same (wire rig) [] "nothing is answered"
        let rig = receive (by 1 "INVITE") rig
        same (offered rig).Length 3 "later ones too"

    testCase "nobody took the first: the second is a request of its own"
    <| fun () ->
        let rig = receive (by 1 "OPTIONS") ready |> receive (by 2 "OPTIONS")
        let rig = receipt (firstOffer rig) Receipt.Pass rig
        same (statuses rig) [ 480 ] "the first"
        same (offered rig).Length 2 "the second is offered"

    testCase "the receivers' queue was full: the second is offered by itself"
    <| fun () ->
        let rig = receive (by 1 "OPTIONS") ready |> receive (by 2 "OPTIONS")
        let rig = give (Overflowed(firstOffer rig)) rig
        same (statuses rig) [ 503 ] "the first"
        same (offered rig).Length 2 "the second"

    testCase "more ways than Limits.HeldCopies are offered, not kept"
    <| fun () ->
        let few = { settings with Limits = { limits with HeldCopies = 1 } }
        let rig = withSettings few |> receiving
        let rig = [ 1; 2; 3 ] |> List.fold (fun rig n -> receive (by n "OPTIONS") rig) rig
        same (offered rig).Length 2 "the first and the third"
]

let private apart = [
    testCase "a request with a To tag is never merged"
    <| fun () ->
        let rig = receive (incoming (via 1) "INFO" "dialog") ready
        let rig = receipt (firstOffer rig) Receipt.Handled rig
        let rig = receive (incoming (via 2) "INFO" "dialog") rig
        same (offered rig).Length 2 "both"

    for name, change in
        [
            "From tag", (fun (r: SipRequest) -> r.WithHeader("From", "<sip:p@p.test>;tag=other"))
            "Call-ID", (fun r -> r.WithHeader("Call-ID", "in-2"))
            "CSeq", (fun r -> r.WithHeader("CSeq", "2 OPTIONS"))
        ] do
        testCase $"another {name}: another request"
        <| fun () ->
            let rig = taken "OPTIONS" ready |> receive (change (by 2 "OPTIONS"))
            same (offered rig).Length 2 "offered"

    testCase "a CANCEL goes with its INVITE's branch, and is not merged with another (9.2)"
    <| fun () ->
        let rig = taken "INVITE" ready |> receive (by 1 "CANCEL")
        let rig = receipt (lastOffer rig) Receipt.Handled rig |> receive (by 2 "CANCEL")
        same (offered rig).Length 3 "offered"
        let rig = receipt (lastOffer rig) Receipt.Pass rig
        same (statuses rig) [ 481 ] "no INVITE has its branch"
]

let tests =
    testList "Merging" [
        testList "handled" handled
        testList "unhandled" unhandled
        testList "apart" apart
    ]
