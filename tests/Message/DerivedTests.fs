module SipFun.Tests.Message.DerivedTests

open System
open Expecto
open SipFun
open SipFun.Core

let private invite = Corpus.request Corpus.invite

let private again (routes: string) =
    Corpus.invite
        .Replace("Bob <sip:bob@biloxi.com>", "Bob <sip:bob@biloxi.com>;tag=a6c85cf")
        .Replace("Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\n", routes)
    |> Corpus.request

let private okWith (lines: string) =
    Corpus.response
        $"""SIP/2.0 200 OK
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds
{lines}To: Bob <sip:bob@biloxi.com>;tag=a6c85cf
From: Alice <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710@pc33.atlanta.com
CSeq: 314159 INVITE
Content-Length: 0

"""

let private contact = "Contact: <sip:bob@192.0.2.4>\n"
let private recorded = "Record-Route: <sip:new.example.com;lr>\n"
let private target (ack: SipRequest) = ack.RequestUri.ToString()
let private routes (ack: SipRequest) = [ for route in ack.Routes -> route.Uri.ToString() ]

let private refusedNaming (words: string list) (action: unit -> unit) =
    try
        action ()
        failtest "not refused"
    with :? ArgumentException as error ->
        for word in words do
            Expect.stringContains error.Message word "the message"

let private refused action = refusedNaming [] action

/// RFC 3261, 12.2: "Requests within a dialog MAY contain Record-Route ... these requests do not
/// cause the dialog's route set to be modified"; 13.2.2.4: the 2xx may move the remote target.
let private routing =
    testList "the route of the ACK to a 2xx" [
        for name, line, expected in
            [
                "two loose routers",
                "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\n",
                [ "sip:p1.example.com;lr"; "sip:p2.example.com;lr" ]
                "no Route at all", "", []
            ] do
            testCase $"12.2: to a re-INVITE's 2xx with {name} the 2xx gives only the target"
            <| fun () ->
                let ack = (again line).CreateAck(okWith (recorded + contact))
                Expect.equal (routes ack) expected "the INVITE's own"
                Expect.equal (target ack) "sip:bob@192.0.2.4" "the 2xx's Contact"

        testCase "12.2.1.1: a re-INVITE that went to a strict router: the target is the last Route"
        <| fun () ->
            let line = "Route: <sip:p2.example.com>, <sip:old@192.0.2.3>\n"
            let ack = (again line).CreateAck(okWith (recorded + contact))
            Expect.equal (target ack) "sip:bob@biloxi.com" "the Request-URI was the router"
            Expect.equal (routes ack) [ "sip:p2.example.com"; "sip:bob@192.0.2.4" ] "the new target"

        testCase "a malformed Record-Route in the 2xx is refused by name"
        <| fun () ->
            let bad = okWith ("Record-Route: <sip:p1.example.com\n" + contact)
            refusedNaming [ "Record-Route" ] (fun () -> invite.CreateAck bad |> ignore)

        testCase "more Record-Route values than are read are refused by name, not dropped"
        <| fun () ->
            let many = String.Join(',', List.replicate 129 "<sip:p1.example.com;lr>")
            let bad = okWith ($"Record-Route: {many}\n" + contact)
            refusedNaming [ "Record-Route" ] (fun () -> invite.CreateAck bad |> ignore)

        testCase "a malformed Contact in the 2xx is refused by name"
        <| fun () ->
            let bad = okWith "Contact: <sip:bob@\n"
            refusedNaming [ "Contact" ] (fun () -> invite.CreateAck bad |> ignore)

        testCase "a Contact that is no SIP URI is used as it is"
        <| fun () ->
            let ack = invite.CreateAck(okWith "Contact: <mailto:a@b>\n")
            Expect.equal (target ack) "mailto:a@b" "Request-URI"

        testCase "19.1.1, Table 1: no headers and no method in a Request-URI"
        <| fun () ->
            let ack =
                invite.CreateAck(okWith "Contact: <sip:b@192.0.2.4;method=BYE;x=y?Subject=z>\n")

            Expect.equal (target ack) "sip:b@192.0.2.4;x=y" "Request-URI"

        testCase "13.2.2.4: the same credentials as the INVITE"
        <| fun () ->
            let ack =
                invite
                    .WithHeader("Authorization", "Digest a=b")
                    .WithHeader("Proxy-Authorization", "Digest c=d")
                    .CreateAck(okWith contact)

            Expect.equal (ack.GetHeader "Authorization") "Digest a=b" "Authorization"
            Expect.equal (ack.GetHeader "Proxy-Authorization") "Digest c=d" "Proxy-Authorization"
    ]

let private misuse =
    testList "misuse is an ArgumentException" [
        for name, response in
            [
                "a 180", invite.CreateResponse(180, "x")
                "a 486", invite.CreateResponse(486, "x")
                "another Call-ID", (okWith contact).WithHeader("Call-ID", "other")
                "another CSeq number", (okWith contact).WithHeader("CSeq", "1 INVITE")
                "another CSeq method", (okWith contact).WithHeader("CSeq", "314159 BYE")
            ] do
            testCase $"CreateAck: {name}"
            <| fun () -> refused (fun () -> invite.CreateAck response |> ignore)

        testCase "CreateAck of a request that is no INVITE"
        <| fun () ->
            let bye = Corpus.request (Corpus.invite.Replace("INVITE", "BYE"))
            refused (fun () -> bye.CreateAck(bye.CreateResponse(200, "x")) |> ignore)

        for status in [ 100; 180; 200; 299 ] do
            testCase $"17.1.1.3: CreateErrorAck of a {status}"
            <| fun () ->
                let response = invite.CreateResponse(status, "x")
                refused (fun () -> invite.CreateErrorAck response |> ignore)

        for method in [ "ACK"; "CANCEL" ] do
            testCase $"9.1: CreateCancel of {method}"
            <| fun () ->
                let request = Corpus.request (Corpus.invite.Replace("INVITE", method))
                refused (fun () -> request.CreateCancel() |> ignore)
    ]

let private from = NameAddr.Parse "<sip:a@x>;tag=1"
let private bob = NameAddr.Parse "<sip:b@y>"

let private create (uri: string) hops =
    SipRequest.Create(SipMethod.Invite, SipUri.Parse uri, from, bob, CallId.Parse "c", 1u, hops)

let private contents =
    testList "what is in it" [
        testCase "12.1.1: a 180 and a 200 copy every Record-Route, a 100 and a 486 none"
        <| fun () ->
            let recorded =
                invite
                    .WithInsertedHeader("Record-Route", "<sip:r1;lr>, <sip:r2;lr>")
                    .WithInsertedHeader("Record-Route", "<sip:r0;lr>")

            for status, count in [ 100, 0; 180, 3; 200, 3; 486, 0 ] do
                let made = recorded.CreateResponse(status, "x")
                Expect.equal made.RecordRoutes.Count count $"{status}"

        testCase "8.1.1: CANCEL and both ACKs have a Max-Forwards"
        <| fun () ->
            let seventy = Nullable 70
            Expect.equal (invite.CreateCancel().MaxForwards) seventy "CANCEL"
            let busy = invite.CreateResponse(486, "x")
            Expect.equal (invite.CreateErrorAck(busy).MaxForwards) seventy "ACK to 486"
            Expect.equal (invite.CreateAck(okWith contact).MaxForwards) seventy "ACK to 200"

        testCase "SipRequest.Create writes the Max-Forwards it is told"
        <| fun () -> Expect.equal (create "sip:b@y" 7).MaxForwards (Nullable 7) "Max-Forwards"

        testCase "SipRequest.Create: no headers and no method in the Request-URI (19.1.1)"
        <| fun () ->
            let made = create "sip:b@y;method=BYE;lr?Subject=x" 70
            Expect.equal (target made) "sip:b@y;lr" "Request-URI"

        testCase "SipRequest.Create to a URN (RFC 5031)"
        <| fun () ->
            Expect.equal (target (create "urn:service:sos" 70)) "urn:service:sos" "Request-URI"

        testCase "SipResponse.Create writes every Via, the topmost first"
        <| fun () ->
            let vias = List.ofSeq invite.Vias
            let cseq = CSeq(1u, SipMethod.Invite)
            let made = SipResponse.Create(200, null, vias, from, bob, CallId.Parse "c", cseq)
            Expect.equal (List.ofSeq made.Vias) vias "Vias"
    ]

let tests = testList "derived messages" [ routing; misuse; contents ]
