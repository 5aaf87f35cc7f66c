// Requests within a call, of either end (RFC 3261, 12.2 and 14), and exchanges outside.
module SipFun.Tests.CSharpApi.UserAgent.WithinTests

open System
open System.Collections.Generic
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

let private hangUp room (call: Call) =
    let leaving = call.ByeAsync()
    answer room (request room SipMethod.Bye) 200
    Expect.equal (wait leaving).Kind CallEndKind.HungUp "how it ended"
    leavesNothing room

let private reInvites room =
    let call, invite = answered room
    let next, theirs = SipBody.Sdp "v=0\r\ns=2\r\n", SipBody.Sdp "v=0\r\ns=3\r\n"
    let changing = call.ReInviteAsync next
    let again = request room SipMethod.Invite
    Expect.equal (again.CSeq.Number, string again.ToTag) (invite.CSeq.Number + 1u, "peer") "within"
    answerWith room again 200 "peer" [] theirs
    Expect.equal (wait changing).StatusCode 200 "its response"
    request room SipMethod.Ack |> ignore
    Expect.equal (call.LocalBody, call.RemoteBody) (next, theirs) "both changed"
    hangUp room call

/// By any method of ours; at once, so that a later change of the other end is not undone.
let private changesBodies (method: SipMethod) room =
    let call, _ = answered room
    let next, theirs = SipBody.Sdp "v=0\r\ns=2\r\n", SipBody.Sdp "v=0\r\ns=3\r\n"
    let changing = call.SendAsync(method, SendOptions(Body = next))
    answerWith room (request room method) 200 "peer" [] theirs
    Expect.equal (wait changing).StatusCode 200 "its response"
    Expect.equal (call.LocalBody, call.RemoteBody) (next, theirs) "both changed"
    hangUp room call

let private isBusyChanging room =
    let call, _ = answered room
    let changing = call.ReInviteAsync offer
    let again = request room SipMethod.Invite

    Expect.throwsT<InvalidOperationException>
        (fun () -> wait (call.UpdateAsync offer) |> ignore)
        "one change at a time (14.1)"

    answer room again 488
    Expect.equal (wait changing).StatusCode 488 "refused"
    Expect.isNull call.LocalBody "nothing changed"
    hangUp room call

let private asks room =
    let call, _ = answered room
    let asking = call.SendAsync(SipMethod.Info, SendOptions(Body = SipBody.Text "5"))
    let info = request room SipMethod.Info
    Expect.equal (string (SipBody.Of info)) "5" "the body"
    answer room info 200
    Expect.equal (wait asking).StatusCode 200 "its response"

    Expect.throwsT<ArgumentException>
        (fun () -> wait (call.SendAsync SipMethod.Bye) |> ignore)
        "the agent's own method"

    hangUp room call

/// RFC 3515: REFER and what comes of it are the application's, to the letter.
let private refers room =
    let call, invite = answered room
    let heard = TaskCompletionSource<IncomingRequest>()

    call.OnRequest <-
        fun incoming ->
            heard.SetResult incoming
            incoming.Respond()
            Task.CompletedTask

    let to' = [| KeyValuePair("Refer-To", "<sip:carol@example.com>") |]
    let referring = call.SendAsync(SipMethod.Refer, SendOptions(Headers = to'))
    let refer = request room SipMethod.Refer
    Expect.equal (string (refer.GetHeader "Refer-To")) "<sip:carol@example.com>" "to whom"
    Expect.equal (refer.CSeq.Number, refer.ToTag) (invite.CSeq.Number + 1u, "peer") "within"
    Expect.equal refer.Contacts.Count 1 "RFC 3515, 2.1: it has a Contact"
    answer room refer 202
    Expect.equal (wait referring).StatusCode 202 "its response"

    let notify =
        (within room invite "NOTIFY" 1)
            .Replace(
                "Content-Length: 0\r\n\r\n",
                "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n"
                + "Content-Type: message/sipfrag\r\nContent-Length: 14\r\n\r\nSIP/2.0 200 OK"
            )

    tell room notify
    response room 200 SipMethod.Notify |> ignore
    let incoming = wait heard.Task
    Expect.isTrue (obj.ReferenceEquals(incoming.Call, call)) "of this call"
    Expect.equal (string (incoming.Request.GetHeader "Event")) "refer" "Event"

    Expect.equal
        (string (incoming.Request.GetHeader "Subscription-State"))
        "terminated;reason=noresource"
        "Subscription-State"

    Expect.equal (nonNull incoming.Body).ContentType "message/sipfrag" "the type"
    Expect.equal (string incoming.Body) "SIP/2.0 200 OK" "how it went"
    hangUp room call

let private onlySdp = changed [ "Accept", [| "application/sdp" |] :> obj ]

let private saying (type': string) (text: string) =
    text.Replace(
        "Content-Length: 0\r\n\r\n",
        $"Content-Type: {type'}\r\nContent-Length: 1\r\n\r\nx"
    )

/// RFC 3261, 8.2.3 and 21.4.13: outside of calls, for a call, and within one.
let private acceptsOnlySdp room =
    let isTold _ = failtest "the application hears nothing"
    room.Agent.OnInvitation <- isTold
    room.Agent.OnRequest <- isTold

    let refused method text =
        tell room (saying "text/plain" text)
        let refusal = response room 415 method
        Expect.equal (string (refusal.GetHeader "Accept")) "application/sdp" $"{method}: what is"

    refused SipMethod.Message (room.Peer.Request "MESSAGE")
    refused SipMethod.Invite (AgentHouse.invite room)
    let call, invite = answered room
    refused SipMethod.Info (within room invite "INFO" 1)
    let heard = TaskCompletionSource<string>()

    call.OnRequest <-
        fun incoming ->
            heard.SetResult(string incoming.Body)
            incoming.Respond()
            Task.CompletedTask

    tell room (within room invite "INFO" 2 |> saying "application/sdp")
    response room 200 SipMethod.Info |> ignore
    Expect.equal (wait heard.Task) "x" "what is accepted is heard"
    hangUp room call

let private isChanged room =
    let call, invite = answered room
    let heard = TaskCompletionSource<SipBody | null>()

    call.OnRequest <-
        fun incoming ->
            heard.SetResult incoming.Body
            incoming.Respond(200, offer)
            Task.CompletedTask

    let text =
        (within room invite "INVITE" 1)
            .Replace(
                "Content-Length: 0\r\n\r\n",
                "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
            )

    tell room text
    let accepted = response room 200 SipMethod.Invite
    Expect.equal (wait heard.Task) offer "heard"
    Expect.equal (SipBody.Of accepted) offer "answered"
    tell room ((within room invite "ACK" 1))
    settle room.Dispatcher
    Expect.equal (call.LocalBody, call.RemoteBody) (offer, offer) "both changed"
    hangUp room call

let private isNotHeard room =
    let call, invite = answered room
    tell room (within room invite "INVITE" 1)
    response room 488 SipMethod.Invite |> ignore
    tell room (within room invite "INFO" 2)
    response room 480 SipMethod.Info |> ignore
    hangUp room call

let private fallsToAgent room =
    let call, invite = answered room
    let heard = TaskCompletionSource<Call | null>()

    room.Agent.OnRequest <-
        fun incoming ->
            heard.SetResult incoming.Call
            incoming.Respond()
            Task.CompletedTask

    tell room (within room invite "INFO" 1)
    response room 200 SipMethod.Info |> ignore
    Expect.isTrue (obj.ReferenceEquals(wait heard.Task, call)) "of this call"
    hangUp room call

let private isLost room =
    let call, _ = answered room
    let asking = call.SendAsync SipMethod.Info
    answer room (request room SipMethod.Info) 481
    Expect.equal (wait asking).StatusCode 481 "its response"
    Expect.equal (ended call).Kind CallEndKind.Lost "12.2.1.2"

    Expect.throwsT<InvalidOperationException>
        (fun () -> wait (call.SendAsync SipMethod.Info) |> ignore)
        "nothing more in it"

let private sendsOutside room =
    let sending = room.Agent.MessageAsync(room.Peer.Uri, "hello")
    let message = request room SipMethod.Message
    Expect.equal (string (SipBody.Of message)) "hello" "the text"
    Expect.isNull (message.GetHeader "Contact") "RFC 3428, 4"
    answer room message 202
    Expect.equal (wait sending).StatusCode 202 "its response"
    let asking = room.Agent.OptionsAsync room.Peer.Uri
    answer room (request room SipMethod.Options) 404
    Expect.equal (wait asking).StatusCode 404 "whatever it is"
    leavesNothing room

let private isUnanswered room =
    let asking = room.Agent.OptionsAsync room.Peer.Uri
    room.Peer.Receive() |> ignore
    pass room asking

    try
        wait asking |> ignore
        failtest "nobody answered"
    with :? DeliveryException as error ->
        Expect.isTrue (error.Outcome :? DeliveryOutcome.TimedOut) "Timer F"
        Expect.stringContains (error.Delivery.Explain()) "timed out" "its story"

    leavesNothing room

let private isAbandoned room =
    use source = new CancellationTokenSource()
    let asking = room.Agent.OptionsAsync(room.Peer.Uri, source.Token)
    room.Peer.Receive() |> ignore
    source.Cancel()
    cancelled asking
    leavesNothing room

let tests =
    testList "Within" [
        testCase "ReInviteAsync" (inRoom reInvites)
        testCase "SendAsync: INVITE" (inRoom (changesBodies SipMethod.Invite))
        testCase "SendAsync: UPDATE" (inRoom (changesBodies SipMethod.Update))
        testCase "a change beside a change is refused" (inRoom isBusyChanging)
        testCase "SendAsync: INFO" (inRoom asks)
        testCase "SendAsync: REFER, and its NOTIFY" (inRoom refers)
        testCase "Accept: 415 to everything else" (inRoomOf onlySdp acceptsOnlySdp)
        testCase "the other end's re-INVITE" (inRoom isChanged)
        testCase "without a handler: 488 and 480" (inRoom isNotHeard)
        testCase "the agent's handler hears what the call's does not" (inRoom fallsToAgent)
        testCase "481 ends the call" (inRoom isLost)
        testCase "MESSAGE and OPTIONS outside of calls" (inRoom sendsOutside)
        testCase "no response is an exception" (inRoom isUnanswered)
        testCase "a token stops the waiting" (inRoom isAbandoned)
    ]
