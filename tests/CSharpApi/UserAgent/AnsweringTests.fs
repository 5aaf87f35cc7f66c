// Calls that come in (RFC 3261, 13.3), and requests outside of calls.
module SipFun.Tests.CSharpApi.UserAgent.AnsweringTests

open System
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

/// A request of the peer in the call that this response began.
let private following room (method: string) (cseq: int) (response: SipResponse) =
    let contact = (Seq.head response.Contacts).Uri.ToString()

    room.Peer
        .Request(method, contact, callId = response.CallId.Value)
        .Replace("To: <sip:us@example.com>", $"To: {response.To}")
    |> numbered cseq

/// What the agent hears when the peer calls.
let private invited room =
    let heard = TaskCompletionSource<Invitation>()

    room.Agent.OnInvitation <-
        fun invitation ->
            heard.SetResult invitation
            Task.CompletedTask

    tell room (invite room)
    wait heard.Task

let private isAnswered room =
    let invitation = invited room
    Expect.equal (invitation.From.Uri.ToString()) "sip:peer@example.com" "who calls"
    Expect.equal invitation.Source room.Peer.Hop "from where"
    invitation.Ring()
    response room 180 SipMethod.Invite |> ignore
    let call = invitation.Accept offer
    let accepted = response room 200 SipMethod.Invite
    Expect.equal (SipBody.Of accepted) offer "our answer"
    Expect.equal (status (wait call.Answered)) 200 "Answered"
    Expect.isFalse (wait invitation.Cancelled) "not taken back"
    tell room (following room "ACK" 1 accepted)
    Expect.isNotNull (wait call.Acknowledged) "Acknowledged"
    Expect.equal call.LocalBody offer "what we said"
    Expect.isTrue call.IsIncoming "whose call it is"
    tell room (following room "BYE" 2 accepted)
    response room 200 SipMethod.Bye |> ignore
    Expect.equal (ended call).Kind CallEndKind.HungUpByPeer "how it ended"
    leavesNothing room

let private hangsUp room =
    let invitation = invited room
    let call = invitation.Accept()
    let accepted = response room 200 SipMethod.Invite
    let leaving = call.ByeAsync()
    settle room.Dispatcher
    tell room (following room "ACK" 1 accepted)
    answer room (request room SipMethod.Bye) 200
    Expect.equal (wait leaving).Kind CallEndKind.HungUp "after the ACK (15)"
    leavesNothing room

let private isDeclined decline (status: int) room =
    let invitation = invited room
    decline invitation
    let refusal = response room status SipMethod.Invite
    let over = ended invitation.Call
    Expect.equal (over.Kind, over.Status) (CallEndKind.Declined, Nullable status) "how it ended"
    Expect.throwsT<InvalidOperationException> (fun () -> invitation.Accept() |> ignore) "once"
    leavesNothing room
    refusal

let private redirects room =
    let elsewhere = NameAddr.Parse "<sip:alice@192.0.2.1>"
    let refusal = isDeclined (fun one -> one.Redirect [| elsewhere |]) 302 room
    Expect.equal (List.ofSeq refusal.Contacts) [ elsewhere ] "where to"

let private isTakenBack room =
    let invitation = invited room
    invitation.Ring()
    response room 180 SipMethod.Invite |> ignore
    tell room ((invite room).Replace("INVITE", "CANCEL"))
    response room 487 SipMethod.Invite |> ignore
    Expect.isTrue (wait invitation.Cancelled) "told"
    Expect.equal (ended invitation.Call).Kind CallEndKind.CancelledByPeer "how it ended"
    let call = invitation.Accept()
    Expect.isTrue call.Ended.IsCompleted "too late: without effect"
    leavesNothing room

let private isUnacknowledged room =
    let invitation = invited room
    let call = invitation.Accept()
    pass room call.Ended
    Expect.equal (ended call).Kind CallEndKind.TimedOut "64*T1 without an ACK (13.3.1.4)"
    leavesNothing room

let private ringsOut room =
    let invitation = invited room
    pass room invitation.Call.Ended
    response room 480 SipMethod.Invite |> ignore
    Expect.equal (ended invitation.Call).Kind CallEndKind.Declined "nobody answered it"
    leavesNothing room

let private isNobody room =
    tell room (invite room)
    response room 480 SipMethod.Invite |> ignore
    leavesNothing room

let private fails room =
    room.Agent.OnInvitation <- fun _ -> failwith "a fault of the application"
    tell room (invite room)
    response room 500 SipMethod.Invite |> ignore
    Expect.equal (waitForCounter room.Dispatcher "callback_failed" 1L) 1L "counted"
    leavesNothing room

let private hearsMessages room =
    let heard = TaskCompletionSource<string * bool>()

    room.Agent.OnRequest <-
        fun incoming ->
            heard.SetResult(string incoming.Body, isNull incoming.Call)
            incoming.Respond 202
            Task.CompletedTask

    let text =
        room.Peer
            .Request("MESSAGE")
            .Replace("Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\nhi")

    tell room text
    Expect.equal (wait heard.Task) ("hi", true) "heard, outside of calls"
    response room 202 SipMethod.Message |> ignore
    leavesNothing room

let private answersItself room =
    tell room (room.Peer.Request "OPTIONS")
    let answer = response room 200 SipMethod.Options
    Expect.contains answer.Allow SipMethod.Invite "what it takes"
    tell room (room.Peer.Request "MESSAGE")
    response room 480 SipMethod.Message |> ignore
    tell room (room.Peer.Request "PUBLISH")
    let refusal = response room 405 SipMethod.Publish
    Expect.contains refusal.Allow SipMethod.Invite "Allow"
    tell room (room.Peer.Request("BYE", toTag = "x"))
    response room 481 SipMethod.Bye |> ignore
    leavesNothing room

/// The agent's own Allow, and the dispatcher's for what nobody takes.
let private allowsTheSame room =
    tell room (room.Peer.Request "OPTIONS")
    let own = (response room 200 SipMethod.Options).Allow
    tell room (room.Peer.Request "PUBLISH")
    let gathered = (response room 405 SipMethod.Publish).Allow
    Expect.equal (Set.ofSeq (Seq.map string gathered)) (Set.ofSeq (Seq.map string own)) "Allow"
    leavesNothing room

/// RFC 3261, 12.1.1: who is called by a sips URI answers with a sips Contact.
let private isSecure room =
    room.Agent.OnInvitation <-
        fun invitation ->
            invitation.Accept() |> ignore
            Task.CompletedTask

    tell room ((invite room).Replace("INVITE sip:", "INVITE sips:"))
    let accepted = response room 200 SipMethod.Invite
    let contact = (Seq.head accepted.Contacts).Uri.ToString()
    Expect.equal contact $"sips:alice@{local room.Dispatcher}" "Contact"

let private few =
    changed [
        "Methods", [| SipMethod.Invite |] :> obj
        "ReliableProvisionals", ReliableProvisionals.Never
    ]

let private inChain room =
    let passed = TaskCompletionSource<SipMethod>()

    let last =
        Receiver.From(
            Func<Received, Receipt>(fun received ->
                passed.SetResult received.Message.CSeq.Method
                received.Respond(received.CreateResponse 200) |> ignore
                Receipt.Handled)
        )

    room.Dispatcher.SetReceiver(Receiver.Chain(room.Agent, last))
    tell room (room.Peer.Request "SUBSCRIBE")
    response room 200 SipMethod.Subscribe |> ignore
    Expect.equal (wait passed.Task) SipMethod.Subscribe "what the agent passes goes on"
    tell room (room.Peer.Request "OPTIONS")
    response room 200 SipMethod.Options |> ignore
    leavesNothing room

let tests =
    testList "Answering" [
        testCase "180, 200, ACK, BYE" (inRoom isAnswered)
        testCase "ByeAsync waits for the ACK" (inRoom hangsUp)
        testCase "Reject" <| inRoom (isDeclined (fun one -> one.Reject()) 486 >> ignore)
        testCase "Redirect" (inRoom redirects)
        testCase "CANCEL: 487, told" (inRoom isTakenBack)
        testCase "no ACK: TimedOut" (inRoom isUnacknowledged)
        testCase "nobody answers: 480 after RingFor" (inRoom ringsOut)
        testCase "no handler: 480" (inRoom isNobody)
        testCase "a handler that throws: 500" (inRoom fails)
        testCase "MESSAGE outside of calls" (inRoom hearsMessages)
        testCase "OPTIONS, and what is not taken" (inRoom answersItself)
        testCase "one Allow" (inRoom allowsTheSame)
        testCase "one Allow, few methods" (inRoomOf few allowsTheSame)
        testCase "a sips URI: a sips Contact" (inRoom isSecure)
        testCase "in a chain" (inRoom inChain)
    ]
