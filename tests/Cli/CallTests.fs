// `sipfun call` and the calls of `sipfun answer`: what goes over the wire, what is printed, and the exit code,
// also when the other end misbehaves.
module SipFun.Tests.Cli.CallTests

open System
open Expecto
open SipFun
open SipFun.Tests.CSharpApi

let private calls (peer: Peer) options =
    Command.start ([ "call"; $"sip:bob@{peer.HostPort}" ] @ options)

let rec private next (peer: Peer) (method: SipMethod) =
    let request = peer.ReceiveRequest()
    if request.Method = method then request else next peer method

let private answer (peer: Peer) (request: SipRequest) (status: int) =
    let response =
        request.CreateResponse(status, "peer").WithHeader("Contact", $"<{peer.Uri}>")

    peer.Send(response, peer.From)

let private ends (command: SipFun.Tests.Running) code last =
    let ended = Command.finish command
    Expect.equal ended.ExitCode code $"%A{ended}"
    Expect.equal (List.last ended.Output) last "how it ended"
    ended

let private callsAndHangsUp () =
    use peer = new Peer()
    use command = calls peer [ "--from"; "sip:alice@example.com"; "--duration"; "0" ]
    let invite = next peer SipMethod.Invite
    Expect.equal (invite.From.Uri.ToString()) "sip:alice@example.com" "--from"
    Expect.equal invite.ContentType "application/sdp" "an offer"
    answer peer invite 180
    answer peer invite 200
    next peer SipMethod.Ack |> ignore
    answer peer (next peer SipMethod.Bye) 200
    let ended = ends command 0 "HungUp: 200 OK"
    let shown = ended.Output |> List.map (fun line -> line.Split("  ")[0])
    Expect.equal shown [ "180 Ringing"; "200 OK"; "HungUp: 200 OK" ] "each as it comes"

let private isLeft () =
    use peer = new Peer()
    use command = calls peer [ "--duration"; "60" ]
    let invite = next peer SipMethod.Invite
    answer peer invite 200
    next peer SipMethod.Ack |> ignore
    let contact = (Seq.head invite.Contacts).Uri

    peer.Send(
        peer
            .Request("BYE", contact.ToString(), callId = invite.CallId.Value)
            .Replace("From: <sip:peer@example.com>;tag=1", $"From: {invite.To};tag=peer")
            .Replace("To: <sip:us@example.com>", $"To: {invite.From}"),
        peer.From
    )

    ends command 0 "HungUpByPeer" |> ignore

let private isTakenBack () =
    use peer = new Peer()
    use command = calls peer [ "--cancel-after"; "1" ]
    let invite = next peer SipMethod.Invite
    answer peer invite 180
    answer peer (next peer SipMethod.Cancel) 200
    answer peer invite 487
    ends command 0 "Cancelled" |> ignore

let private isInterrupted () =
    use peer = new Peer()
    use command = calls peer []
    let invite = next peer SipMethod.Invite
    answer peer invite 180
    command.WaitForLine(fun line -> line.StartsWith "180") |> ignore
    command.Terminate()
    answer peer (next peer SipMethod.Cancel) 200
    answer peer invite 487
    let ended = Command.finish command
    Expect.equal ended.ExitCode 2 "stopped before an answer"

let private isRefused () =
    use peer = new Peer()
    use command = calls peer []
    peer.Send("no SIP at all", (let _ = peer.ReceiveRequest() in peer.From))
    let invite = next peer SipMethod.Invite
    answer peer invite 486
    ends command 1 "Rejected: 486 Busy Here" |> ignore

let private isSilent () =
    use peer = new Peer()
    use command = calls peer [ "--t1"; "5" ]
    let ended = ends command 2 "TimedOut"
    Expect.equal ended.Errors.Length 1 "one line"
    Expect.stringContains ended.Errors.Head "--t1" "what to do next"

let private isGoneAfterAnswer () =
    use peer = new Peer()
    use command = calls peer [ "--t1"; "20" ]
    answer peer (next peer SipMethod.Invite) 200
    next peer SipMethod.Bye |> ignore
    let ended = ends command 2 "HungUp: TimedOut"
    Expect.equal ended.Errors.Length 1 "one line"

/// RFC 3261, 8.2.6.2: a response of another From tag is nobody's.
let private isAnsweredAmiss () =
    use peer = new Peer()
    use command = calls peer [ "--t1"; "5" ]
    let invite = next peer SipMethod.Invite
    let response = invite.CreateResponse(200, "peer").ToString()
    peer.Send(response.Replace($"tag={invite.FromTag}", "tag=other"), peer.From)
    let ended = ends command 2 "Unusable: 200 OK"
    Expect.equal ended.Errors.Length 1 "one line"

let private isCancelledInSilence () =
    use peer = new Peer()
    use command = calls peer [ "--t1"; "5"; "--cancel-after"; "1" ]
    let ended = ends command 2 "Cancelled: TimedOut"
    Expect.equal ended.Errors.Length 1 "one line"

let private isSentElsewhere () =
    use peer = new Peer()
    use command = calls peer []
    let invite = next peer SipMethod.Invite
    let moved = invite.CreateResponse(302, "peer")
    let contacts = "<sip:one@192.0.2.1>;q=0.5, <sip:two@192.0.2.2>"
    peer.Send(moved.WithHeader("Contact", contacts), peer.From)
    let ended = ends command 1 "moved to sip:two@192.0.2.2"
    Expect.contains ended.Output "Redirected: 302 Moved Temporarily" "how it ended"

let private wantsLogin () =
    use peer = new Peer()
    use command = calls peer []
    answer peer (next peer SipMethod.Invite) 401
    let ended = ends command 1 "Rejected: 401 Unauthorized"
    Expect.stringContains ended.Errors.Head "--user" "what to do next"

/// RFC 3311, 5.2: an offer in an UPDATE has its answer in the 200.
let private isUpdated () =
    use peer = new Peer()
    use command = calls peer [ "--duration"; "60" ]
    let invite = next peer SipMethod.Invite
    answer peer invite 200
    next peer SipMethod.Ack |> ignore

    let within (method: string) =
        peer
            .Request(method, (Seq.head invite.Contacts).Uri.ToString(), "", invite.CallId.Value)
            .Replace("From: <sip:peer@example.com>;tag=1", $"From: {invite.To};tag=peer")
            .Replace("To: <sip:us@example.com>", $"To: {invite.From}")

    let offer = "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
    let update = within("UPDATE").Replace("Content-Length: 0\r\n\r\n", offer)
    peer.Send(update.Replace("branch=z9hG4bK", "branch=z9hG4bKu"), peer.From)
    let accepted = peer.ReceiveResponse()
    Expect.equal (accepted.StatusCode, accepted.ContentType) (200, "application/sdp") "its answer"
    peer.Send((within "BYE").Replace("branch=z9hG4bK", "branch=z9hG4bKb"), peer.From)
    ends command 0 "HungUpByPeer" |> ignore

let private usage () =
    let line = Command.fails 64 [ "call"; "sip:bob@127.0.0.1"; "--from"; "tel:+1" ]
    Expect.stringContains line "--from" "which option"
    let login = [ "--user"; "a\nb"; "--password"; "c" ]
    Command.fails 64 ([ "call"; "sip:bob@127.0.0.1" ] @ login) |> ignore

/// The network's DNS is silent: Ctrl-C and SIGTERM end it at once all the same.
let private isInterruptedEarly () =
    use dns = new Peer()

    use command =
        Command.start [ "call"; "sip:bob@nowhere.test"; "--dns"; dns.HostPort ]

    dns.ReceiveBytes() |> ignore
    command.Terminate()
    let ended = Command.finish command
    Expect.equal (ended.ExitCode, ended.Errors.Length) (2, 1) $"%A{ended}"

let private eachOther () =
    let told =
        Command.whileAnswering [ "--ring"; "1" ] (fun server ->
            let output = Command.succeeds 0 [ "call"; $"sip:bob@{server}" ]
            Expect.equal (List.last output) "HungUp: 200 OK" "the caller hangs up")

    let shown = told |> List.map (fun line -> line.Split(": ") |> Array.last)
    Expect.equal shown [ "180 Ringing"; "200 OK"; "HungUpByPeer" ] "told"

let private hangsUp () =
    Command.whileAnswering [ "--hangup-after"; "1" ] (fun server ->
        let output = Command.succeeds 0 [ "call"; $"sip:bob@{server}"; "--duration"; "60" ]
        Expect.equal (List.last output) "HungUpByPeer" "the called hangs up")
    |> ignore

let private isBusy () =
    Command.whileAnswering [ "--status"; "486" ] (fun server ->
        let output = Command.succeeds 1 [ "call"; $"sip:bob@{server}" ]
        Expect.equal output [ "Rejected: 486 Busy Here" ] "as asked")
    |> ignore

/// A caller that never acknowledges is waited for 64*T1, and the next one is answered all the same.
let private isUnacknowledged () =
    use answering =
        Command.start [ "answer"; "--listen"; "udp:127.0.0.1:0"; "--t1"; "5" ]

    let listening = "listening udp:"
    let line = answering.WaitForLine(fun line -> line.StartsWith listening)
    let server = line.Substring listening.Length
    answering.WaitForLine(fun line -> line = "ready") |> ignore
    use peer = new Peer()

    let invite =
        (peer.Request "INVITE")
            .Replace("Content-Length: 0", $"Contact: <{peer.Uri}>\r\nContent-Length: 0")

    peer.Send(invite, Net.IPEndPoint.Parse server)
    answering.WaitForLine(fun line -> line.EndsWith ": TimedOut") |> ignore
    Command.succeeds 0 [ "send"; "OPTIONS"; $"sip:bob@{server}" ] |> ignore
    answering.Terminate()
    Expect.equal (answering.WaitForExit()) 0 "SIGTERM ends it cleanly"

/// SIGTERM while a 2xx waits for its ACK, which no BYE may overtake (RFC 3261, 15).
let private isStoppedBeforeAck () =
    use peer = new Peer()

    Command.whileAnswering [] (fun server ->
        let invite =
            (peer.Request "INVITE")
                .Replace("Content-Length: 0", $"Contact: <{peer.Uri}>\r\nContent-Length: 0")

        peer.Send(invite, Net.IPEndPoint.Parse server)

        while peer.ReceiveResponse().StatusCode < 200 do
            ())
    |> ignore

let tests =
    testList "Call" [
        testCase "INVITE, 180, 200, ACK, BYE: 0" callsAndHangsUp
        testCase "the other end hangs up: 0" isLeft
        testCase "--cancel-after, 487: 0" isTakenBack
        testCase "SIGTERM takes the call back: 2" isInterrupted
        testCase "garbage, then 486: 1" isRefused
        testCase "silence: 2, one line" isSilent
        testCase "no answer to the BYE: 2, one line" isGoneAfterAnswer
        testCase "a 200 of another From tag: 2" isAnsweredAmiss
        testCase "--cancel-after, and silence: 2" isCancelledInSilence
        testCase "302: 1, and where to" isSentElsewhere
        testCase "401 without a login: 1, one line" wantsLogin
        testCase "an UPDATE with an offer is answered" isUpdated
        testCase "what does not fit: 64" usage
        testCase "SIGTERM while the DNS is silent: 2" isInterruptedEarly
        testCase "answer: SIGTERM before the ACK: 0" isStoppedBeforeAck
        testCase "answer --ring and call" eachOther
        testCase "answer --hangup-after" hangsUp
        testCase "answer --status 486: 1" isBusy
        testCase "answer: a caller without ACK is told, and it goes on" isUnacknowledged
    ]
