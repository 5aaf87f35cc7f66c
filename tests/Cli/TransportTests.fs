// The command over tcp, tls, ws and wss: `send` and `ping` against `answer` on the same transport.
module SipFun.Tests.Cli.TransportTests

open Expecto
open SipFun.Tests

let private isSecure transport = transport = "tls" || transport = "wss"

let private certificates (pem: Pem) = [ "--cert"; pem.Certificate; "--key"; pem.Key ]

/// The URI that leads to a port of localhost by this transport (RFC 3261, 19.1.1; RFC 7118, 5.2).
let private uri transport (port: string) =
    match transport with
    | "tls" -> $"sips:bob@localhost:{port}"
    | "wss" -> $"sips:bob@localhost:{port};transport=ws"
    | _ -> $"sip:bob@localhost:{port};transport={transport}"

let private withServer (pem: Pem) transport check =
    let options = if isSecure transport then certificates pem else []

    Command.whileAnsweringOn transport options (fun server ->
        check (uri transport (server.Substring(server.LastIndexOf ':' + 1))))

let private trusting (pem: Pem) transport = if isSecure transport then [ "--ca"; pem.Ca ] else []

let private answers transport () =
    use pem = new Pem([ "localhost" ])

    let told =
        withServer pem transport (fun uri ->
            let trust = trusting pem transport
            let output = Command.succeeds 0 ([ "send"; "OPTIONS"; uri; "--explain" ] @ trust)
            Expect.stringStarts output.Head "200 OK" "the answer"
            let story = String.concat "\n" output
            Expect.stringContains story $"{transport}:127.0.0.1:" "explained"
            let output = Command.succeeds 0 ([ "send"; "MESSAGE"; uri ] @ trust)
            Expect.stringStarts output.Head "200 OK" "a MESSAGE too"

            let pings =
                Command.succeeds 0 ([ "ping"; uri; "--count"; "2"; "--interval"; "10" ] @ trust)

            Expect.contains pings "2 sent, 2 answered, 0% loss" "pinged")

    let methods = told |> List.map (fun line -> line.Split(' ')[0])
    Expect.equal methods [ "OPTIONS"; "MESSAGE"; "OPTIONS"; "OPTIONS" ] "what was answered"

/// Over IPv4 alone: localhost has a second address, at which nobody listens.
let private refused transport uri options =
    Command.fails 2 ([ "send"; "OPTIONS"; uri; "--listen"; $"{transport}:127.0.0.1:0" ] @ options)

let private distrusts transport () =
    use pem = new Pem([ "localhost" ])

    withServer pem transport (fun uri ->
        let line = refused transport uri []
        Expect.stringContains line "--ca FILE" "what to do next")
    |> ignore

let private othersName () =
    use pem = new Pem([ "elsewhere.example" ])

    withServer pem "tls" (fun uri ->
        let line = refused "tls" uri [ "--ca"; pem.Ca ]
        Expect.stringContains line "the name that its certificate bears" "what to do next")
    |> ignore

/// A server that speaks something else.
let private confused () =
    Command.whileAnsweringOn "tcp" [] (fun server ->
        let line = Command.fails 2 [ "send"; "OPTIONS"; $"sip:bob@{server};transport=ws" ]
        Expect.stringContains line "Check that ws is spoken there" "what to do next")
    |> ignore

let private wrong (pem: Pem) = [
    [ "answer"; "--listen"; "tls:127.0.0.1:0" ], "--cert and --key"
    [ "answer"; "--listen"; "tls:127.0.0.1:0"; "--key"; pem.Key ], "--cert FILE too"
    [ "answer"; "--listen"; "tcp:127.0.0.1:0"; "--cert"; pem.Certificate ], "--listen tls:"
    [ "answer"; "--listen"; "wss:127.0.0.1:0"; "--cert"; pem.Certificate ], "private key"
    [ "answer"; "--listen"; "wss:127.0.0.1:0"; "--cert"; pem.File "none.pem" ], "none.pem"
    [ "send"; "OPTIONS"; "sips:bob@127.0.0.1"; "--ca"; pem.Key ], "no PEM certificate"
    [ "answer"; "--listen"; "sctp:127.0.0.1:0" ], "wss:[::1]:0"
    [ "answer"; "--listen"; "4:127.0.0.1:0" ], "wss:[::1]:0"
]

let private isTold () =
    use pem = new Pem([ "localhost" ])

    for arguments, hint in wrong pem do
        Expect.stringContains (Command.fails 64 arguments) hint "what to do next"

let tests =
    testList "Transports" [
        for transport in [ "tcp"; "tls"; "ws"; "wss" ] do
            testCase $"send and ping over {transport}, against answer" (answers transport)
        for transport in [ "tls"; "wss" ] do
            testCase
                $"{transport}: an unknown authority is refused, and --ca named"
                (distrusts transport)
        testCase "tls: a certificate of another name is refused" othersName
        testCase "ws at a port of tcp: one line that says so" confused
        testCase "wrong certificates and transports end with 64" isTold
    ]
