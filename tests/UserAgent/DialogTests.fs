// Dialogs as values (RFC 3261, 12): who owns a message, which CSeq is next, by which route, to
// which target.
module SipFun.Tests.UserAgent.DialogTests

open Expecto
open FsCheck
open SipFun
open SipFun.Core

let private must (value: 'T | null) =
    match value with
    | null -> failtest "there is a dialog"
    | value -> value

let private invite =
    SipRequest
        .Create(
            SipMethod.Invite,
            SipUri.Parse "sip:bob@b.test",
            NameAddr.Parse "\"Alice\" <sip:alice@a.test>;tag=a1",
            NameAddr.Parse "<sip:bob@b.test>",
            CallId.Parse "call-1",
            7u
        )
        .WithHeader("Contact", "<sip:alice@192.0.2.1:5062>")

let private recorded (routes: string list) (message: SipRequest) =
    List.fold
        (fun (message: SipRequest) (route: string) ->
            message.WithAddedHeader("Record-Route", route))
        message
        routes

let private answered (status: int) (request: SipRequest) =
    request.CreateResponse(status, "b1").WithHeader("Contact", "<sip:bob@198.51.100.2:5070>")

let private two = [ "<sip:p2.test;lr>"; "<sip:p1.test;lr>" ]

/// The dialog as its two ends see it.
let private ends routes status =
    let request = recorded routes invite
    let response = answered status request
    must (Dialog.OfResponse(request, response)), must (Dialog.OfRequest(request, response))

let private requestOf (dialog: Dialog) method =
    let mutable next = dialog
    let request = dialog.CreateRequest(method, &next)
    request, next

let private received (dialog: Dialog) (request: SipRequest) =
    let mutable next = dialog
    let fault = dialog.Receive(request, &next)
    fault, next

let private routes (request: SipRequest) = List.ofSeq (request.GetHeaders "Route")

let private making = [
    testCase "12.1.1, 12.1.2: only a 101 to 299 with a To tag makes one"
    <| fun () ->
        for status, makes in
            [
                100, false
                101, true
                183, true
                200, true
                299, true
                302, false
                486, false
            ] do
            let response = answered status invite

            Expect.equal
                (not (isNull (Dialog.OfResponse(invite, response))))
                makes
                $"caller, {status}"

            Expect.equal
                (not (isNull (Dialog.OfRequest(invite, response))))
                makes
                $"called, {status}"

        let untagged (status: int) = invite.CreateResponse(status, null)
        Expect.isNull (Dialog.OfResponse(invite, untagged 183)) "12.1: a provisional one needs it"
        Expect.isNull (Dialog.OfRequest(invite, untagged 200)) "so does our own"

    testCase "12.1.2: a 2xx without To tag makes one whose remote tag is null"
    <| fun () ->
        let untagged =
            invite.CreateResponse(200, null).WithHeader("Contact", "<sip:b@b.test>")

        let caller = must (Dialog.OfResponse(invite, untagged))
        Expect.isNull caller.Remote.Tag "null"
        Expect.isTrue (caller.Owns untagged) "its own response"
        let bye, _ = requestOf caller SipMethod.Bye
        Expect.isNull bye.ToTag "nor in its requests"

        let back (from: string) = bye.WithHeader("From", from).WithHeader("To", string bye.From)

        Expect.isTrue (caller.Owns(back "<sip:bob@b.test>")) "a request without From tag"
        Expect.isFalse (caller.Owns(back "<sip:bob@b.test>;tag=b1")) "not one with a tag"

    testCase "early until the 2xx"
    <| fun () ->
        let caller, _ = ends [] 183
        Expect.isTrue caller.IsEarly "183"
        Expect.isFalse (caller.Receive(answered 200 invite)).IsEarly "200"

    testCase "P-39: the two ends mirror each other"
    <| fun () ->
        let caller, called = ends two 200
        Expect.equal caller.Local called.Remote "the caller"
        Expect.equal caller.Remote called.Local "the called"

        Expect.equal
            (List.ofSeq caller.RouteSet)
            (List.rev (List.ofSeq called.RouteSet))
            "the same proxies, in turn"

        Expect.equal caller.RemoteTarget (SipUri.Parse "sip:bob@198.51.100.2:5070") "its Contact"
        Expect.equal called.RemoteTarget (SipUri.Parse "sip:alice@192.0.2.1:5062") "its Contact"

    testProperty "P-39: whatever the proxies, each end has the other's tags and its route turned"
    <| fun (hops: byte list) (isLoose: bool) (isEarly: bool) ->
        let parameter = if isLoose then ";lr" else ""
        let proxies = hops |> List.map (fun hop -> $"<sip:p{hop}.test{parameter}>")
        let caller, called = ends proxies (if isEarly then 183 else 200)
        let text (dialog: Dialog) = dialog.RouteSet |> Seq.map string |> List.ofSeq

        caller.CallId = called.CallId
        && (caller.Local, caller.Remote) = (called.Remote, called.Local)
        && (caller.Local.Tag, caller.Remote.Tag) = ("a1", "b1")
        && (text called, text caller) = (proxies, List.rev proxies)
        && (caller.IsEarly, called.IsEarly) = (isEarly, isEarly)
        && caller.IsSecure = called.IsSecure
        && called.RemoteSequence = System.Nullable caller.LocalSequence
]

let private requests = [
    testCase "12.2.1.1: a request goes to the target, by the route set, with the next CSeq"
    <| fun () ->
        let caller, _ = ends two 200
        let bye, next = requestOf caller SipMethod.Bye
        Expect.equal bye.RequestUri caller.RemoteTarget "Request-URI"
        Expect.equal (routes bye) [ "<sip:p1.test;lr>"; "<sip:p2.test;lr>" ] "Route"
        Expect.equal (bye.CSeq.Number, next.LocalSequence) (8u, 8u) "CSeq"
        Expect.equal (bye.FromTag, bye.ToTag) ("a1", "b1") "tags"

    testCase "12.2.1.1: a strict router takes the Request-URI"
    <| fun () ->
        let caller, _ = ends [ "<sip:p2.test;lr>"; "<sip:p1.test>" ] 200
        let bye, _ = requestOf caller SipMethod.Bye
        Expect.equal (bye.RequestUri.ToString()) "sip:p1.test" "the strict router"

        Expect.equal
            (routes bye)
            [ "<sip:p2.test;lr>"; "<sip:bob@198.51.100.2:5070>" ]
            "the target last"

    testCase "ACK and CANCEL are the INVITE's own"
    <| fun () ->
        let caller, _ = ends [] 200

        for method in [ SipMethod.Ack; SipMethod.Cancel ] do
            Expect.throwsT<System.ArgumentException>
                (fun () -> requestOf caller method |> ignore)
                method.Name

    testProperty "P-39: what one end makes, the other owns, in order, any number of times"
    <| fun (methods: bool list) ->
        let step (from, into, isFine) isInfo =
            let request, from =
                requestOf from (if isInfo then SipMethod.Info else SipMethod.Update)

            let fault, into = received into request
            from, into, isFine && fault = DialogFault.None

        let caller, called = ends two 200
        let _, _, isFine = List.fold step (caller, called, true) methods
        let _, _, isFineBack = List.fold step (called, caller, true) methods
        isFine && isFineBack
]

let private order = [
    testCase "12.2.2: a request with a lower CSeq is out of order, one with the same is a copy"
    <| fun () ->
        let caller, called = ends [] 200
        let first, caller = requestOf caller SipMethod.Info
        let second, _ = requestOf caller SipMethod.Info
        let _, called = received called second
        Expect.equal (fst (received called first)) DialogFault.OutOfOrder "lower"
        Expect.equal (fst (received called second)) DialogFault.None "the same"

    testCase "another tag or Call-ID is another dialog's"
    <| fun () ->
        let caller, called = ends [] 200
        let bye, _ = requestOf caller SipMethod.Bye
        let other = bye.WithHeader("To", "<sip:bob@b.test>;tag=other")
        Expect.equal (fst (received called other)) DialogFault.Foreign "To tag"

        Expect.equal
            (fst (received called (bye.WithHeader("Call-ID", "x"))))
            DialogFault.Foreign
            "Call-ID"

        Expect.equal (fst (received caller bye)) DialogFault.Foreign "its own request"

    testCase "an ACK bears an old CSeq, and changes nothing"
    <| fun () ->
        let caller, called = ends [] 200
        let info, _ = requestOf caller SipMethod.Info
        let _, later = received called info
        let ack = invite.CreateAck(answered 200 invite)
        let fault, next = received later ack

        Expect.equal
            (fault, next.RemoteSequence)
            (DialogFault.None, later.RemoteSequence)
            "as before"
]

let private target = [
    testCase "12.2.1.2, 12.2.2: INVITE and UPDATE refresh the target, INFO does not"
    <| fun () ->
        let moved (request: SipRequest) = request.WithHeader("Contact", "<sip:alice@203.0.113.9>")
        let caller, called = ends [] 200

        for method, expected in
            [
                SipMethod.Invite, "sip:alice@203.0.113.9"
                SipMethod.Update, "sip:alice@203.0.113.9"
                SipMethod.Info, "sip:alice@192.0.2.1:5062"
            ] do
            let request, _ = requestOf caller method
            let _, next = received called (moved request)
            Expect.equal (next.RemoteTarget.ToString()) expected method.Name

    testCase "a 2xx to a re-INVITE refreshes it, a 4xx does not"
    <| fun () ->
        let caller, _ = ends [] 200
        let again, caller = requestOf caller SipMethod.Invite

        let answer (status: int) =
            again.CreateResponse(status, null).WithHeader("Contact", "<sip:bob@203.0.113.9>")

        Expect.equal
            (caller.Receive(answer 200).RemoteTarget.ToString())
            "sip:bob@203.0.113.9"
            "200"

        Expect.equal (caller.Receive(answer 491).RemoteTarget) caller.RemoteTarget "491"
]

let tests =
    testList "Dialog" [
        testList "making" making
        testList "requests" requests
        testList "order" order
        testList "target" target
    ]
