// Targets of an INVITE that were left before they answered: what rings in vain is cancelled when the call has
// its outcome, never before a provisional (RFC 3261, 9.1), and every final response is acknowledged.
module SipFun.Tests.Dispatcher.LeavingTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig

let private a = Question.create "b.test" DnsType.A

let private addresses =
    Answer.ok [|
        for text in [ "127.0.0.11"; "127.0.0.12" ] do
            { Name = "b.test"; Ttl = 60; Data = AddressOf(address text) }
    |]

let private impatient order = {
    order with
        Destination = ValueNone
        TryNextAfter = ValueSome 4000L<ms>
}

/// The first target was left after four seconds, and the second is asked: the INVITE to each.
let private leaving () =
    let request = requestTo "sip:b@b.test:5070" "INVITE" "call-1" 1
    let number, rig = deliverWith impatient request (withLegs [ own ])
    let rig = give (Input.Answered(a, addresses)) rig
    let first = lastRequest "INVITE" rig
    let rig = runFor 4000L<ms> rig
    number, first, lastRequest "INVITE" rig, rig

let private says (status: int) (request: SipRequest) rig =
    receive (request.CreateResponse(status, $"tag-{request.TopVia.Branch}")) rig

/// The CANCELs that left: when, and to whom.
let private cancels rig = [
    for at, hop, message in wire rig do
        if isRequest "CANCEL" message then
            int at, Address.toString hop.Address
]

let private acks rig = [
    for _, hop, message in wire rig do
        if isRequest "ACK" message then
            Address.toString hop.Address
]

let private story number rig =
    effects rig
    |> List.pick (fun (_, effect) ->
        match effect with
        | Effect.Complete(each, _, trace, _) when each = number -> Some(Explanation.text trace)
        | _ -> None)

/// The outcome, and whether it was told that nothing more comes.
let private told number rig =
    effects rig
    |> List.pick (fun (_, effect) ->
        match effect with
        | Effect.Complete(each, outcome, _, last) when each = number -> Some(outcome, last)
        | _ -> None)

let private forgotten rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Forget number -> number
        | _ -> ()
]

let private lastCancel rig = lastRequest "CANCEL" rig

let private answered number status rig =
    match outcomeOf number rig with
    | _, Outcome.Answered response -> same response.StatusCode status "the outcome"
    | other -> failtestf "%A" other

let private crossing = [
    testCase "a 2xx of the one that was left: the other, which rings, is cancelled"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 180 second rig |> says 200 first
        answered number 200 rig
        same (cancels rig) [ 4000, "127.0.0.12" ] "at once"
        let cancel = lastCancel rig
        let told = "CANCEL sent to udp:127.0.0.12:5070, which was left and still rings"
        Expect.stringContains (story number rig) told "told"
        same cancel.TopVia.Branch second.TopVia.Branch "the branch of its INVITE (9.1)"
        same (cancel.CSeq.Number, cancel.CallId) (second.CSeq.Number, second.CallId) "and the rest"
        let rig = says 200 cancel rig |> says 487 second
        same (acks rig) [ "127.0.0.12" ] "its 487 is acknowledged (17.1.1.3)"
        let rig = says 487 second rig
        same (acks rig).Length 2 "and again when it is repeated"
        same (handedUp number rig) [ 180; 200 ] "nobody hears of it"
        expectIdle (runFor 64_000L<ms> rig)

    testCase "the other has not rung: it is cancelled when it does, and not before"
    <| fun () ->
        let _, first, second, rig = leaving ()
        let rig = says 200 first rig |> runFor 1000L<ms>
        same (cancels rig) [] "no provisional, no CANCEL (9.1)"
        let rig = says 180 second rig
        same (cancels rig) [ 5000, "127.0.0.12" ] "with its first"
        same (cancels (says 180 second rig)).Length 1 "and once"

    testCase "the CANCEL is repeated by Timer E until it is answered (17.1.2.2)"
    <| fun () ->
        let _, first, second, rig = leaving ()
        let rig = says 180 second rig |> says 200 first
        let instants rig = cancels rig |> List.map (fun (at, _) -> at - 4000)
        same (instants (runFor 8000L<ms> rig)) [ 0; 500; 1500; 3500; 7500 ] "copies"
        let rig = runFor 600L<ms> rig
        let rig = says 200 (lastCancel rig) rig |> runFor 30_000L<ms>
        same (instants rig) [ 0; 500 ] "until its answer"

    testCase "nobody answers the CANCEL: it ends, and so does everything"
    <| fun () ->
        let _, first, second, rig = leaving ()
        let rig = says 180 second rig |> says 200 first |> runFor 120_000L<ms>
        Expect.isLessThanOrEqual (cancels rig).Length 11 "at most eleven"
        expectIdle rig
]

let private others = [
    testCase "the one left rings, the second answers: the first is cancelled"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 180 first rig
        same (cancels rig) [] "both may ring until one answers"
        same (handedUp number rig) [ 180 ] "the caller hears of it"
        let rig = says 200 second rig
        answered number 200 rig
        same (cancels rig) [ 4000, "127.0.0.11" ] "now it is"

    testCase "the second refuses for good: the one that rings is cancelled too"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 180 first rig |> says 486 second
        answered number 486 rig
        same (cancels rig) [ 4000, "127.0.0.11" ] "the call has its outcome"
        let rig = says 200 (lastCancel rig) rig |> says 487 first
        same (acks rig) [ "127.0.0.12"; "127.0.0.11" ] "both are acknowledged"

    testCase "the one left refuses: acknowledged, and the call goes on"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 486 first rig |> says 486 first
        same (acks rig) [ "127.0.0.11"; "127.0.0.11" ] "each"
        same (outcomes rig) [] "under way"
        answered number 200 (says 200 second rig)

    testCase "both answer: the second is a fork, handed up, and its CANCEL is not repeated"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 180 second rig |> says 200 first |> says 200 second
        same (handedUp number rig) [ 180; 200; 200 ] "both"
        same (cancels (runFor 9000L<ms> rig)).Length 1 "sent before it answered"

    testCase
        "nobody answered in time: one that rings afterwards is cancelled, and its end acknowledged"
    <| fun () ->
        let number, first, _, rig = leaving ()
        let rig = runFor 32_000L<ms> rig
        same (outcomeOf number rig) (36_000, TimedOut) "the outcome"
        let rig = says 180 first rig
        same (cancels rig) [ 36_000, "127.0.0.11" ] "nobody wants it any more"
        let rig = says 200 (lastCancel rig) rig |> says 487 first |> says 487 first
        same (acks rig) [ "127.0.0.11"; "127.0.0.11" ] "each"
        expectIdle (runFor 64_000L<ms> rig)

    testCase "the second refuses, and the one left answers all the same: handed up (13.2.2.4)"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 180 first rig |> says 486 second
        answered number 486 rig
        let rig = says 200 first rig |> says 200 first
        same (handedUp number rig) [ 180; 486; 200; 200 ] "to be acknowledged, and its repeat too"
        same (forgotten rig, snd (told number rig)) ([], false) "more may come"
        let rig = runFor 64_000L<ms> rig
        same (cancels rig).Length 1 "no further CANCEL"
        same (forgotten rig) [ number ] "no more"
        expectIdle rig

    testCase "nobody answered in time, and one answers afterwards: handed up"
    <| fun () ->
        let number, first, _, rig = leaving ()
        let rig = runFor 32_000L<ms> rig |> says 200 first
        same (told number rig) (TimedOut, false) "the outcome, and more may come"
        same (handedUp number rig) [ 200 ] "it did"
        same (forgotten (runFor 64_000L<ms> rig)) [ number ] "no more"

    testCase "nothing was left: nothing more may come"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 486 first rig |> says 486 second
        same (snd (told number rig)) true "last"
        same (forgotten (runFor 64_000L<ms> rig)) [] "and no second word of it"

    testCase "CancelDelivery puts nothing on the wire, whatever rings"
    <| fun () ->
        let number, first, second, rig = leaving ()
        let rig = says 180 first rig |> give (CancelDelivery(ByNumber number))
        let rig = says 180 second rig |> says 180 first |> runFor 64_000L<ms>
        same (cancels rig) [] "nothing"
        expectIdle rig

    testCase "a SIP CANCEL of the caller's: its target, and the one left that rings"
    <| fun () ->
        let _, first, second, rig = leaving ()
        let own, rig = Rig.number (says 180 first rig)
        let invite = requestTo "sip:b@b.test:5070" "INVITE" "call-1" 1
        let rig = give (Deliver(order own (invite.CreateCancel()))) rig |> says 180 second
        same (cancels rig |> List.map snd) [ "127.0.0.12" ] "its own target first"
        let rig = says 200 (lastCancel rig) rig |> says 487 second
        same (cancels rig |> List.map snd) [ "127.0.0.12"; "127.0.0.11" ] "then what still rings"
        let rig = says 200 (lastCancel rig) rig |> says 487 first
        same (acks rig) [ "127.0.0.12"; "127.0.0.11" ] "acknowledged"
        expectIdle (runFor 64_000L<ms> rig)
]

/// The last numbers of the targets set aside, and for how many seconds more.
let private aside rig = [
    for mark in State.marks rig.Now rig.State do
        int (mark.Hop.Address.Low &&& 255UL), int ((mark.Until - rig.Now) / 1000L<ms>)
]

/// To which address the INVITE of another request of the same call goes first.
let private nextOfCall rig =
    let request = requestTo "sip:b@b.test:5070" "INVITE" "call-1" 2
    let _, rig = deliverWith impatient request rig

    wire rig
    |> List.filter (fun (_, _, message) -> message.CSeq.Number = 2u)
    |> List.map (fun (_, hop, _) -> Address.toString hop.Address)

let private reputation = [
    testCase "the one that was left is set aside, and no longer when it rings after all"
    <| fun () ->
        let _, first, second, rig = leaving ()
        same (aside rig) [ 11, 30 ] "it said nothing"
        same (aside (says 180 first rig)) [] "it is there"
        same (aside (says 486 first rig)) [] "it answered"
        let rig = says 200 second rig
        same (aside (says 180 first rig)) [] "also when the call has its outcome"

    testCase "the one that was left answers 503: set aside for as long as it says"
    <| fun () ->
        let _, first, _, rig = leaving ()
        same (aside (says 503 first rig)) [ 11, 30 ] "without Retry-After as it was"
        let busy = first.CreateResponse(503, "busy").WithAddedHeader("Retry-After", "60")
        same (aside (receive busy rig)) [ 11, 60 ] "with it"

    testCase "the one that was left answers the call: the call keeps to it"
    <| fun () ->
        let _, first, _, rig = leaving ()
        same (nextOfCall (says 200 first rig)) [ "127.0.0.11" ] "the first"
        let _, _, second, rig = leaving ()
        same (nextOfCall (says 200 second rig)) [ "127.0.0.12" ] "the second"

    testCase "what was left over TLS is answered over TLS only (18.2.2)"
    <| fun () ->
        let request = requestTo "sips:b@b.test:5070" "INVITE" "call-1" 1
        let number, rig = deliverWith impatient request Streams.start
        let rig = give (Input.Answered(a, addresses)) rig |> Streams.opened
        let first = lastRequest "INVITE" rig
        let rig = runFor 4000L<ms> rig |> Streams.opened
        let spied = says 200 first rig
        same (outcomes spied) [] "who says so over UDP did not get it"
        same (counted Counted.StrayResponse spied) 1 "counted"
        let over = { Streams.over Transport.Tls "127.0.0.11" 5070 with Flow = -1L }
        let own, rig = Rig.number rig
        let answer = first.CreateResponse(200, "peer")
        answered number 200 (give (Received(own, 3, over, answer)) rig)
]

let tests = testList "Leaving" (crossing @ others @ reputation)
