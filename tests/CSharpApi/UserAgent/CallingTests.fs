// Calls that this end makes (RFC 3261, 13.2), seen by the application and on the wire.
module SipFun.Tests.CSharpApi.UserAgent.CallingTests

open System
open System.Threading
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

let private wholeCall room =
    let heard = TaskCompletionSource<SipResponse>()

    let call, invite =
        callWith room (CallOptions(Body = offer, OnProgress = Action<_>(heard.SetResult)))

    Expect.equal (invite.From.Uri.ToString()) "sip:alice@example.com" "who"
    let contact = (Seq.head invite.Contacts).Uri.ToString()
    Expect.equal contact $"sip:alice@{local room.Dispatcher}" "where this end is reached"
    Expect.equal (SipBody.Of invite) offer "the offer"
    answer room invite 180
    Expect.equal (status (wait call.Ringing)) 180 "Ringing"
    Expect.equal (status (wait heard.Task)) 180 "OnProgress"
    let answer' = SipBody.Sdp "v=0\r\ns=answer\r\n"
    answerWith room invite 200 "peer" [] answer'
    Expect.equal (status (wait call.Answered)) 200 "Answered"
    Expect.equal (request room SipMethod.Ack).CSeq.Number invite.CSeq.Number "its ACK"
    Expect.equal (call.LocalBody, call.RemoteBody) (offer, answer') "both bodies"
    Expect.equal room.Agent.Calls.Count 1 "under way"

    match call.Dialog with
    | null -> failtest "no dialog"
    | dialog -> Expect.equal dialog.RemoteTarget room.Peer.Uri "the dialog"

    let leaving = call.ByeAsync()
    let bye = request room SipMethod.Bye
    Expect.equal bye.CSeq.Number (invite.CSeq.Number + 1u) "the next CSeq"
    answer room bye 200
    let over = wait leaving
    Expect.equal over.Kind CallEndKind.HungUp "how it ended"
    Expect.equal (status over.Response) 200 "the answer"
    let last = nonNull call.Dialog
    Expect.equal last.LocalSequence bye.CSeq.Number "the dialog as it stood last"
    Expect.stringContains (call.Explain()) "200 OK" "its story"
    leavesNothing room

let private isLeft room =
    let call, invite = answered room
    tell room (within room invite "BYE" 1)
    response room 200 SipMethod.Bye |> ignore
    let over = ended call
    Expect.equal over.Kind CallEndKind.HungUpByPeer "how it ended"
    Expect.isNotNull over.Bye "by what"
    leavesNothing room

let private isRefused (status: int) kind room =
    let call, invite = call room
    answerWith room invite status "peer" [ "X", "1" ] null
    request room SipMethod.Ack |> ignore
    let over = ended call
    Expect.equal over.Kind kind "how it ended"
    Expect.equal (AgentHouse.status over.Response) status "by what"
    Expect.isNull (wait call.Answered) "never answered"
    Expect.isNull (wait call.Ringing) "never rang"
    leavesNothing room

let private follows room =
    use other = new Peer()
    let call, invite = call room
    let elsewhere = $"<sip:other@{other.HostPort}>"

    let moved = invite.CreateResponse(302, "peer").WithHeader("Contact", elsewhere)

    room.Peer.Send(moved, local room.Dispatcher)
    let again = other.ReceiveRequest()
    Expect.equal (again.RequestUri.User, again.CallId) ("other", invite.CallId) "the next target"
    Expect.equal call.Target.User "other" "told"
    other.Answer(again, 603)
    Expect.equal (ended call).Kind CallEndKind.Rejected "how it ended"
    leavesNothing room

let private isCancelled room =
    let call, invite = call room
    let leaving = call.CancelAsync()
    answer room invite 180
    let cancel = request room SipMethod.Cancel
    Expect.equal cancel.CSeq.Number invite.CSeq.Number "of this INVITE"
    answer room cancel 200
    answer room invite 487
    let over = wait leaving
    Expect.equal over.Kind CallEndKind.Cancelled "how it ended"
    Expect.equal (status over.Response, over.Outcome) (487, null) "by what"
    leavesNothing room

let private isCancelledInSilence room =
    let call, _ = call room
    let leaving = call.CancelAsync()
    pass room leaving
    let over = wait leaving
    Expect.equal (over.Kind, isNull over.Response) (CallEndKind.Cancelled, true) "how it ended"
    Expect.isTrue (over.Outcome :? DeliveryOutcome.TimedOut) "nobody said so"
    leavesNothing room

/// RFC 3261, 8.2.6.2: what a response copies tells whose it is.
let private isAnsweredAmiss change room =
    let call, invite = call room
    let text = invite.CreateResponse(200, "peer").ToString() |> change invite
    tell room text
    pass room call.Ended
    let over = ended call
    Expect.equal (over.Kind, status over.Response) (CallEndKind.Unusable, 200) "how it ended"
    Expect.isNull (wait call.Answered) "it was never answered"
    leavesNothing room

/// RFC 3261, 12.1.2: a 2xx without To tag is one whose tag is null.
let private isAnsweredUntagged room =
    let call, invite = call room
    answerWith room invite 200 null [] null
    Expect.equal (status (wait call.Answered)) 200 "Answered"
    Expect.isNull (request room SipMethod.Ack).ToTag "its ACK"
    let asking = call.SendAsync SipMethod.Info
    let info = request room SipMethod.Info
    Expect.isNull info.ToTag "a request of ours"
    answer room info 200
    Expect.equal (wait asking).StatusCode 200 "its response"
    tell room ((within room invite "BYE" 1).Replace(";tag=peer", ""))
    response room 200 SipMethod.Bye |> ignore
    Expect.equal (ended call).Kind CallEndKind.HungUpByPeer "and one of theirs"
    leavesNothing room

let private withOtherTag (invite: SipRequest) (text: string) =
    text.Replace($"tag={invite.FromTag}", "tag=other")

let private withOtherNumber _ (text: string) = numbered 99 text

/// RFC 3261, 9.1 and 15: the 2xx that crosses the CANCEL gets its ACK and a BYE.
let private crosses room =
    let call, invite = call room
    answer room invite 180
    wait call.Ringing |> ignore
    let leaving = call.CancelAsync()
    answer room invite 200
    request room SipMethod.Ack |> ignore
    let bye = request room SipMethod.Bye
    answer room bye 200
    Expect.equal (wait leaving).Kind CallEndKind.Cancelled "how it ended"
    leavesNothing room

let private isSilent room =
    let call, _ = call room
    pass room call.Ended
    Expect.equal (ended call).Kind CallEndKind.TimedOut "Timer B"
    leavesNothing room

let private isNowhere room =
    let call =
        wait (room.Agent.CallAsync(SipUri.Parse "sip:bob@127.0.0.1;transport=ws"))

    let over = ended call
    Expect.equal over.Kind CallEndKind.Unreachable "there is no such leg"
    Expect.isNotNull over.Outcome "why"
    leavesNothing room

let private ringsTooLong room =
    let call, invite =
        callWith room (CallOptions(AnswerWithin = TimeSpan.FromSeconds 5.0))

    answer room invite 180
    wait call.Ringing |> ignore
    room.Time.Advance(TimeSpan.FromSeconds 5.0)
    answer room (request room SipMethod.Cancel) 200
    answer room invite 487
    Expect.equal (ended call).Kind CallEndKind.Cancelled "how it ended"
    leavesNothing room

let private tokenFirst room =
    use source = new CancellationTokenSource()
    source.Cancel()
    let calling = room.Agent.CallAsync(room.Peer.Uri, null, source.Token)
    cancelled calling
    settle room.Dispatcher
    Expect.isFalse room.Peer.HasMore "nothing was sent"
    leavesNothing room

let private forksAll room =
    let forked = TaskCompletionSource<Call>()

    let first, invite =
        callWith
            room
            (CallOptions(ForkPolicy = ForkPolicy.All, OnForked = Action<_>(forked.SetResult)))

    answerWith room invite 200 "one" [] null
    answerWith room invite 200 "two" [] null
    let second = wait forked.Task
    Expect.equal (toTag (wait second.Answered)) "two" "a call of its own"
    Expect.equal (toTag (wait first.Answered)) "one" "beside the first"
    Expect.equal room.Agent.Calls.Count 2 "both under way"

    for call in [ first; second ] do
        let leaving = call.ByeAsync()
        answer room (request room SipMethod.Bye) 200
        Expect.equal (wait leaving).Kind CallEndKind.HungUp "each ends"

    leavesNothing room

let private forksFirst room =
    let first, invite = call room
    answerWith room invite 200 "one" [] null
    answerWith room invite 200 "two" [] null
    let bye = request room SipMethod.Bye
    Expect.equal bye.ToTag "two" "the second is hung up"
    answer room bye 200
    let leaving = first.ByeAsync()
    answer room (request room SipMethod.Bye) 200
    Expect.equal (wait leaving).Kind CallEndKind.HungUp "the first goes on until then"
    leavesNothing room

/// A further call that nobody takes is not left standing.
let private forksUnheard room =
    let first, invite = callWith room (CallOptions(ForkPolicy = ForkPolicy.All))
    answerWith room invite 200 "one" [] null
    answerWith room invite 200 "two" [] null
    let bye = request room SipMethod.Bye
    Expect.equal bye.ToTag "two" "the second is hung up"
    answer room bye 200
    let leaving = first.ByeAsync()
    answer room (request room SipMethod.Bye) 200
    Expect.equal (wait leaving).Kind CallEndKind.HungUp "the first goes on until then"
    leavesNothing room

let private credentials =
    changed [ "Credentials", [| DigestCredentials("alice", "secret") |] :> obj ]

let private logsIn room =
    let call, invite = call room
    let challenge = "Digest realm=\"home\", nonce=\"n1\", qop=\"auth\""
    answerWith room invite 407 "peer" [ "Proxy-Authenticate", challenge ] null
    request room SipMethod.Ack |> ignore
    let again = request room SipMethod.Invite
    let who = again.ProxyAuthorization[0].GetParameter "username"
    Expect.equal (who, again.CSeq.Number) ("alice", invite.CSeq.Number + 1u) "with credentials"
    answer room again 486
    Expect.equal (ended call).Kind CallEndKind.Rejected "its answer counts"
    leavesNothing room

let tests =
    testList "Calling" [
        testCase "INVITE, 180, 200, ACK, BYE" (inRoom wholeCall)
        testCase "the other end hangs up" (inRoom isLeft)
        testCase "486 is Rejected" (inRoom (isRefused 486 CallEndKind.Rejected))
        testCase "302 is Redirected" (inRoom (isRefused 302 CallEndKind.Redirected))
        testCase "302 is followed when asked" (inRoomOf (changed [ "FollowRedirects", 1 ]) follows)
        testCase "CancelAsync: a CANCEL after the 180, then 487" (inRoom isCancelled)
        testCase "CancelAsync, and nobody answers" (inRoom isCancelledInSilence)
        testCase "a 2xx of another From tag is Unusable" (inRoom (isAnsweredAmiss withOtherTag))
        testCase "a 2xx of another CSeq is Unusable" (inRoom (isAnsweredAmiss withOtherNumber))
        testCase "a 2xx without To tag answers the call" (inRoom isAnsweredUntagged)
        testCase "CancelAsync crosses a 200: ACK and BYE" (inRoom crosses)
        testCase "silence is TimedOut" (inRoom isSilent)
        testCase "no leg reaches the target: Unreachable" (inRoom isNowhere)
        testCase "AnswerWithin takes the call back" (inRoom ringsTooLong)
        testCase "a token set before sends nothing" (inRoom tokenFirst)
        testCase "ForkPolicy.All: each 2xx is a call" (inRoom forksAll)
        testCase "ForkPolicy.All without a handler: BYE" (inRoom forksUnheard)
        testCase "ForkPolicy.FirstWins: further ones get ACK and BYE" (inRoom forksFirst)
        testCase "407 is answered with credentials" (inRoomOf credentials logsIn)
    ]
