// P-36, S-22 and V-18: the branch is a function of the request, tells requests apart, and nobody can
// make one up (RFC 3261, 16.11).
module SipFun.Tests.Proxy.BranchTests

open System
open System.Collections.Generic
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Rig
open SipFun.Tests.Proxy.ProxyNode

let private node = udp { own with AllowForeign = true }
let private to' = "sip:b@127.0.0.9:5080"
let private branchOf (message: SipMessage) = string message.TopVia.Branch
let private through message = node |> takes 1 peer message |> request

let private equal =
    testList "equal" [
        testCase "for a copy the whole packet is, whatever happened between (S-22)"
        <| fun () ->
            let message = ask "INVITE" to' "z9hG4bK1" "" []
            let once = node |> takes 1 peer message
            let later = once |> takes 1 peer (ask "INVITE" to' "z9hG4bK2" "" [])
            let later = { later with Now = 999_999L<ms> } |> takes 1 peer message
            same (string (request later)) (string (request once)) "packet"
            same (single later).Hop (single once).Hop "hop"

        testCase "for CANCEL and for the ACK to a non-2xx, with the cookie and without (P-36)"
        <| fun () ->
            for branch in [ "z9hG4bK1"; "1" ] do
                let invite = branchOf (through (ask "INVITE" to' branch "" []))
                let cancel = ask "CANCEL" to' branch "" []
                same (branchOf (through cancel)) invite $"CANCEL of {branch}"
                let ack = ask "ACK" to' branch "theirs" []
                same (branchOf (through ack)) invite $"ACK of {branch}"

        testCase
            "whichever port or connection CANCEL and ACK come by, each answered where it came (P-36)"
        <| fun () ->
            let flow number = {
                hop "127.0.0.7" (40_000 + number) with
                    Transport = Transport.Tcp
                    Flow = int64 number
            }

            let tcp = legOf 2 Transport.Tcp "127.0.0.1" 5062
            let accept node source = node |> give (FlowAccepted(2, source, []))

            let both =
                List.fold accept (create settings node.Own [ Rig.own; tcp ]) [ flow 1; flow 2 ]

            for leg, first, second in
                [ 1, hop "127.0.0.7" 40_000, hop "127.0.0.7" 40_001; 2, flow 1, flow 2 ] do
                let from source method tag =
                    both |> takes leg source (ask method to' "z9hG4bK1" tag []) |> request

                let invite = from first "INVITE" ""

                for method, tag in [ "CANCEL", ""; "ACK", "theirs" ] do
                    same (branchOf (from second method tag)) (branchOf invite) method

                for source in [ first; second ] do
                    let ok = (from source "CANCEL" "").CreateResponse(200, "x")
                    let home = both |> takes 1 (hop "127.0.0.9" 5080) ok
                    same (single home).Hop source "where it came from"

        testCase "the same after a restart with the same secret, another with another"
        <| fun () ->
            let message = ask "INVITE" to' "z9hG4bK1" "" []
            let again = udp node.Own |> takes 1 peer message |> request
            same (branchOf again) (branchOf (through message)) "the same secret"
            let other = udp { node.Own with Secret = struct (1UL, 1UL) }
            let other = other |> takes 1 peer message |> request
            Expect.notEqual (branchOf other) (branchOf again) "another secret"
    ]

/// Of one transaction, one thing that tells it from others.
let private number count (index: int) =
    let rfc3261 = index % 2 = 0
    let branch = if rfc3261 then $"z9hG4bK{index}" else "1"
    let callId = if index % 3 = 1 then $"call-{index}" else $"call-{index / 7}"
    let tag = if index % 5 = 1 then $"t{index}" else $"t{index / 3}"

    text
        [
            $"INVITE sip:b{index % count}@127.0.0.9 SIP/2.0"
            $"Via: SIP/2.0/UDP 127.0.0.7:5070;branch={branch}"
            $"From: <sip:a@a.test>;tag={tag}"
            "To: <sip:b@b.test>"
            $"Call-ID: {callId}"
            $"CSeq: {index + 1} INVITE"
            "Max-Forwards: 70"
        ]
        ""
    :?> SipRequest

let private written (request: SipRequest) =
    let output = Array.zeroCreate<byte> ProxyBranch.Length
    let loop = ProxyBranch.loopMark (view node) request
    ProxyBranch.write node.Own loop request (output.AsSpan())
    Text.Encoding.ASCII.GetString output

let private injective =
    let count = if Suite.long then 1_000_000 else 100_000

    testCase $"tells {count} transactions apart, in its first part alone too (P-36)"
    <| fun () ->
        let whole, first = HashSet<string>(), HashSet<string>()

        for index in 1..count do
            let branch = written (number 1 index)
            Expect.isTrue (whole.Add branch) branch
            Expect.isTrue (first.Add(branch.Substring(0, 24))) branch

let private backOf (message: SipMessage) = string (message.TopVia.GetParameter "back")

/// Some hexadecimal digits of it are others.
let private changed (random: Random) (good: string) first =
    let letters = good.ToCharArray()

    for _ in 0 .. random.Next 3 do
        letters[first + random.Next(letters.Length - first)] <- "0123456789abcdef"[random.Next 16]

    String letters

let private forged =
    let count = if Suite.long then 1_000_000 else 50_000

    testCase $"of {count} guessed responses none is passed on (V-18)"
    <| fun () ->
        let sent = node |> takes 1 peer (ask "INVITE" to' "z9hG4bK1" "" []) |> request
        let random = Random 1
        let text = sent.CreateResponse(200, "x").ToString()
        let mutable passed = 0

        for index in 1..count do
            let good, first = if index % 2 = 0 then branchOf sent, 8 else backOf sent, 0

            let guess = changed random good first

            if guess <> good then
                match
                    Proxy.received (view node) 1 peer (SipMessage.Parse(text.Replace(good, guess)))
                with
                | ProxyStep.Send _ -> passed <- passed + 1
                | _ -> ()

        same passed 0 "passed on"

let private vouched =
    testList "vouches" [
        testCase "for the Via below it: another requester gets nothing"
        <| fun () ->
            let sent = node |> takes 1 peer (ask "INVITE" to' "z9hG4bK1" "" []) |> request
            let ok = sent.CreateResponse(200, "x")
            let text = ok.ToString().Replace("127.0.0.7:5070", "127.0.0.66:5070")

            let other =
                SipMessage.Parse(text.Replace("received=127.0.0.7", "received=127.0.0.66"))

            let node = node |> takes 1 peer other
            same (sent.ViaCount, ProxyNode.sent node) (2, []) "nothing left"
            same node.Counted [ Counted.ForgedResponse ] "counted"

        testCase "for nothing without its own parameter, nor with another's of the same requester"
        <| fun () ->
            let through branch = node |> takes 1 peer (ask "INVITE" to' branch "" []) |> request
            let ok = (through "z9hG4bK1").CreateResponse(200, "x")
            let other = backOf (through "z9hG4bK2")

            for via in
                [
                    ok.TopVia.WithoutParameter "back"
                    ok.TopVia.WithParameter("back", null)
                    ok.TopVia.WithParameter("back", other)
                ] do
                let node = node |> takes 1 peer (ok.WithTopVia via)
                same node.Counted [ Counted.ForgedResponse ] (string via)

            let spaced = ok.ToString().Replace(";back=", " ; BACK = ")
            same (sent (node |> takes 1 peer (SipMessage.Parse spaced))).Length 1 "however written"

        testCase "not for a response of nobody's: our sent-by alone is not enough"
        <| fun () ->
            let sent = node |> takes 1 peer (ask "INVITE" to' "z9hG4bK1" "" []) |> request
            let ok = sent.CreateResponse(200, "x")
            let stray = ok.WithTopVia(ok.TopVia.WithBranch "z9hG4bKstray")
            let node = node |> takes 1 peer stray
            same node.Counted [ Counted.StrayResponse ] "counted"
    ]

let tests = testList "Branch" [ equal; injective; forged; vouched ]
