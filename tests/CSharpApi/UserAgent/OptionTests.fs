// Reliable provisional responses (RFC 3262) and session timers (RFC 4028), as options of the face.
module SipFun.Tests.CSharpApi.UserAgent.OptionTests

open System
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

let private reliable (rseq: int) = [ "Require", "100rel"; "RSeq", string rseq ]

let private hangUp room (call: Call) =
    let leaving = call.ByeAsync()
    answer room (request room SipMethod.Bye) 200
    Expect.equal (wait leaving).Kind CallEndKind.HungUp "how it ended"
    leavesNothing room

/// RFC 3262, 4: each once, in order, with the RSeq and the CSeq that it acknowledges.
let private pracks room =
    let call, invite = call room
    Expect.contains invite.Supported "100rel" "offered"
    let early = SipBody.Sdp "v=0\r\ns=early\r\n"
    answerWith room invite 183 "peer" (reliable 7) early
    let prack = request room SipMethod.Prack
    let rack = nonNull prack.RAck
    Expect.equal (rack.RSeq, rack.CSeq) (7u, invite.CSeq) "what it acknowledges"
    Expect.equal (status (wait call.Ringing)) 183 "told"
    Expect.equal call.RemoteBody early "the early answer"
    answer room prack 200
    answer room invite 200
    request room SipMethod.Ack |> ignore
    Expect.equal (status (wait call.Answered)) 200 "Answered"
    hangUp room call

let private neverPracks room =
    let call, invite =
        callWith room (CallOptions(ReliableProvisionals = ReliableProvisionals.Never))

    Expect.isFalse (Seq.contains "100rel" invite.Supported) "not offered"
    answer room invite 486
    Expect.equal (ended call).Kind CallEndKind.Rejected "how it ended"
    leavesNothing room

let private requires room =
    let options = CallOptions(ReliableProvisionals = ReliableProvisionals.Required)
    let call, invite = callWith room options
    Expect.contains invite.Require "100rel" "required"
    answerWith room invite 420 "peer" [ "Unsupported", "100rel" ] null
    Expect.equal (ended call).Kind CallEndKind.Rejected "the peer has it not"
    leavesNothing room

let private invited room text =
    let heard = TaskCompletionSource<Invitation>()

    room.Agent.OnInvitation <-
        fun invitation ->
            heard.SetResult invitation
            Task.CompletedTask

    tell room text
    wait heard.Task

let private supporting tag (text: string) =
    text.Replace("Max-Forwards: 70", $"Max-Forwards: 70\r\nSupported: {tag}")

let private inDialog room (method: string) (cseq: int) (response: SipResponse) fields =
    room.Peer
        .Request(method, $"sip:alice@{local room.Dispatcher}", callId = response.CallId.Value)
        .Replace("To: <sip:us@example.com>", $"To: {response.To}")
        .Replace("Max-Forwards: 70", "Max-Forwards: 70" + fields)
    |> numbered cseq

/// RFC 3262, 3: repeated until its PRACK, and a 2xx waits where it bore an answer.
let private isPracked room =
    let invitation = invited room (invite room |> supporting "100rel")
    invitation.Progress offer
    let progress = response room 183 SipMethod.Invite
    let rseq = nonNull (progress.GetHeader "RSeq")
    Expect.contains progress.Require "100rel" "reliable"
    let call = invitation.Accept offer
    room.Time.Advance(TimeSpan.FromMilliseconds 500.0)
    let again = response room 183 SipMethod.Invite
    Expect.equal (again.GetHeader "RSeq") rseq "the same again, and no 200 before its PRACK"
    tell room (inDialog room "PRACK" 2 progress $"\r\nRAck: {rseq} 1 INVITE")
    response room 200 SipMethod.Prack |> ignore
    let accepted = response room 200 SipMethod.Invite
    tell room (inDialog room "ACK" 1 accepted "")
    Expect.isNotNull (wait call.Acknowledged) "Acknowledged"
    hangUp room call

/// RFC 3262, 3 and 5: it must be reliable and must have an offer, so that Ring alone says nothing.
let private isRequired room =
    let text =
        (invite room).Replace("Max-Forwards: 70", "Max-Forwards: 70\r\nRequire: 100rel")

    let invitation = invited room text
    invitation.Ring()
    invitation.Progress(offer, 180)
    let progress = response room 180 SipMethod.Invite
    Expect.equal (SipBody.Of progress) offer "the first has the offer"
    let rseq = nonNull (progress.GetHeader "RSeq")
    tell room (inDialog room "PRACK" 2 progress $"\r\nRAck: {rseq} 1 INVITE")
    response room 200 SipMethod.Prack |> ignore
    let call = invitation.Accept()
    let accepted = response room 200 SipMethod.Invite
    tell room (inDialog room "ACK" 1 accepted "")
    wait call.Acknowledged |> ignore
    hangUp room call

let private isNotPracked room =
    let invitation = invited room (invite room |> supporting "100rel")
    invitation.Progress offer
    pass room invitation.Call.Ended
    let over = ended invitation.Call
    Expect.equal (over.Kind, over.Status) (CallEndKind.Declined, Nullable 504) "64*T1 without"
    leavesNothing room

/// The agent has heard our answer: nothing of its own is under way in the call.
let private isHeard room (invite: SipRequest) =
    let isQuiet (call: Core.Call) = call.Ours.IsNone

    let isDone () = Core.AgentState.callsOf invite.CallId room.Agent.State |> List.forall isQuiet

    Expect.isTrue (Threading.SpinWait.SpinUntil(isDone, Patience.span)) "heard"

/// The agent's next refresh after this one, when its time has come.
let rec private refreshAfter room (cseq: CSeq) =
    advanceUntil room.Time (fun () -> room.Peer.HasMore)

    match room.Peer.Receive() with
    | :? SipRequest as request when request.CSeq.Number > cseq.Number -> request
    | _ -> refreshAfter room cseq

/// RFC 4028, 7.2 and 10: at half of the interval, again and again.
let private refreshes room =
    let call, invite = call room
    Expect.equal (nonNull invite.SessionExpires).Seconds 120u "asked for"

    let granted = [
        "Session-Expires", "120;refresher=uac"
        "Require", "timer"
        "Allow", "UPDATE"
    ]

    answerWith room invite 200 "peer" granted null
    wait call.Answered |> ignore
    request room SipMethod.Ack |> ignore

    let rec keep left (last: SipRequest) =
        if left > 0 then
            let again = refreshAfter room last.CSeq
            Expect.equal again.Method SipMethod.Update "as the peer allows it"
            Expect.equal (nonNull again.SessionExpires).Seconds 120u "the interval"
            answerWith room again 200 "peer" granted null
            isHeard room invite
            keep (left - 1) again

    let start = room.Time.GetUtcNow()
    keep 3 invite
    let passed = room.Time.GetUtcNow() - start
    Expect.isGreaterThanOrEqual passed (TimeSpan.FromSeconds 180.0) "at half the interval"
    Expect.isFalse call.Ended.IsCompleted "it goes on"
    hangUp room call

/// Who says he refreshes and does not has vanished: BYE.
let private expires room =
    let call, invite = call room
    answerWith room invite 200 "peer" [ "Session-Expires", "120;refresher=uas" ] null
    wait call.Answered |> ignore
    request room SipMethod.Ack |> ignore
    pass room call.Ended
    Expect.equal (ended call).Kind CallEndKind.SessionExpired "how it ended"
    answer room (request room SipMethod.Bye) 200
    leavesNothing room

/// RFC 4028, 6: 422 names what the peer accepts.
let private isTooShort room =
    let call, invite = call room
    answerWith room invite 422 "peer" [ "Min-SE", "300" ] null
    request room SipMethod.Ack |> ignore
    let again = request room SipMethod.Invite
    Expect.equal (nonNull again.SessionExpires).Seconds 300u "as long as is wanted"
    answer room again 486
    Expect.equal (ended call).Kind CallEndKind.Rejected "its answer counts"
    leavesNothing room

/// RFC 4028, 9: what the caller asks for is granted, and kept.
let private grants room =
    let text = (invite room |> supporting "timer")

    let text =
        text.Replace("Max-Forwards: 70", "Max-Forwards: 70\r\nSession-Expires: 90")

    let invitation = invited room text
    let call = invitation.Accept()
    let accepted = response room 200 SipMethod.Invite
    Expect.equal (nonNull accepted.SessionExpires).Seconds 90u "granted"
    tell room (inDialog room "ACK" 1 accepted "")
    wait call.Acknowledged |> ignore
    pass room call.Ended
    Expect.equal (ended call).Kind CallEndKind.SessionExpired "the caller does not refresh"
    answer room (request room SipMethod.Bye) 200
    leavesNothing room

let private timed =
    changed [ "SessionTimer", Nullable(TimeSpan.FromSeconds 120.0) :> obj ]

let tests =
    testList "Options" [
        testCase "a reliable 183 gets its PRACK" (inRoom pracks)
        testCase "ReliableProvisionals.Never" (inRoom neverPracks)
        testCase "ReliableProvisionals.Required: 420" (inRoom requires)
        testCase "Progress is repeated until its PRACK, and the 2xx waits" (inRoom isPracked)
        testCase "a caller that requires PRACK and has no offer" (inRoom isRequired)
        testCase "no PRACK: 504" (inRoom isNotPracked)
        testCase "SessionTimer: refreshed at half the interval" (inRoomOf timed refreshes)
        testCase "SessionTimer: nobody refreshes" (inRoomOf timed expires)
        testCase "SessionTimer: 422" (inRoomOf timed isTooShort)
        testCase "the caller's session timer" (inRoom grants)
    ]
