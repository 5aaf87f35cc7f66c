// `--user` and `--password`, and `sipfun register`.
module SipFun.Tests.Cli.LoginTests

open Expecto
open SipFun
open SipFun.Tests.CSharpApi

let private challenge =
    "WWW-Authenticate", "Digest realm=\"home\", nonce=\"n1\", qop=\"auth\", algorithm=SHA-256"

let private login = [ "--user"; "alice"; "--password"; "secret" ]

let private register (peer: Peer) arguments =
    [
        "register"
        "sip:alice@home.test"
        "--contact"
        "sip:alice@192.0.2.1"
        "--registrar"
        $"sip:{peer.HostPort}"
    ]
    @ arguments

let private answer (peer: Peer) (request: SipRequest) (status: int) fields =
    let response =
        List.fold
            (fun (response: SipResponse) (name: string, value: string) ->
                response.WithAddedHeader(name, value))
            (request.CreateResponse(status, "peer"))
            fields

    peer.Send(response, peer.From)

let private logsIn () =
    use peer = new Peer()

    use command =
        Command.start ([ "send"; "OPTIONS"; $"sip:bob@{peer.HostPort}" ] @ login)

    let first = peer.ReceiveRequest()
    Expect.isEmpty (first.GetHeaders "Authorization") "not before it is asked for"
    answer peer first 401 [ challenge ]
    let second = peer.ReceiveRequest()
    Expect.equal second.CSeq.Number (first.CSeq.Number + 1u) "the next CSeq"
    Expect.equal (second.Authorization[0].GetParameter "username") "alice" "who"
    answer peer second 200 []
    let ended = Command.finish command
    Expect.equal ended.ExitCode 0 $"%A{ended}"

let private isRefused () =
    use peer = new Peer()

    use command =
        Command.start ([ "send"; "OPTIONS"; $"sip:bob@{peer.HostPort}" ] @ login)

    answer peer (peer.ReceiveRequest()) 401 [ challenge ]
    answer peer (peer.ReceiveRequest()) 401 [ challenge ]
    let ended = Command.finish command
    Expect.equal ended.ExitCode 1 "a final response that is no 2xx"

let private registers () =
    use peer = new Peer()
    use command = Command.start (register peer (login @ [ "--expires"; "60" ]))
    let first = peer.ReceiveRequest()
    Expect.equal first.Method SipMethod.Register "the method"
    Expect.equal (first.To.Uri.ToString()) "sip:alice@home.test" "the address of record"
    Expect.equal (first.Contacts[0].Uri.ToString()) "sip:alice@192.0.2.1" "the contact"
    answer peer first 423 [ "Min-Expires", "120" ]
    let second = peer.ReceiveRequest()
    Expect.equal (List.ofSeq (second.GetHeaders "Expires")) [ "120" ] "as long as is wanted"
    Expect.equal second.CallId first.CallId "the same registration"
    Expect.equal second.CSeq.Number (first.CSeq.Number + 1u) "the next CSeq"
    answer peer second 200 [ "Contact", "<sip:alice@192.0.2.1>;expires=118" ]
    let ended = Command.finish command
    Expect.equal ended.ExitCode 0 $"%A{ended}"
    Expect.contains ended.Output "bound to sip:alice@192.0.2.1, 118 s" "the bindings"

/// RFC 3261, 10.2.8 is about bindings that are made: what is taken away is never asked for longer.
let private isNeverBoundInstead () =
    use peer = new Peer()
    use command = Command.start (register peer [ "--expires"; "0" ])
    answer peer (peer.ReceiveRequest()) 423 [ "Min-Expires", "60" ]
    let ended = Command.finish command
    Expect.equal ended.ExitCode 1 $"%A{ended}"
    Expect.isFalse peer.HasMore "nothing more was sent"

let private usage () =
    let line = Command.fails 64 [ "send"; "OPTIONS"; "sip:a@b"; "--user"; "alice" ]
    Expect.stringContains line "--password" "what is missing"
    use peer = new Peer()
    let login = [ "--user"; "a\nb"; "--password"; "c" ]
    Command.fails 64 (register peer login) |> ignore

let tests =
    testList "Login" [
        testCase "a challenge is answered with the next CSeq" logsIn
        testCase "credentials that are refused are not sent again" isRefused
        testCase "register: 423 is answered with Min-Expires, the bindings are printed" registers
        testCase "register --expires 0: a 423 does not bind" isNeverBoundInstead
        testCase "--user without --password" usage
    ]
