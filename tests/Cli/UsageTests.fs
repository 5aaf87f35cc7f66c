// What is typed wrongly ends with 64 and one line that says how to type it.
module SipFun.Tests.Cli.UsageTests

open Expecto

let private wrong = [
    [], "sipfun --help"
    [ "sned" ], "sipfun --help"
    [ "send"; "OPTIONS" ], "URI"
    [ "send"; "OPTIONS"; "bob" ], "sip:user@host"
    [ "send"; "OPT IONS"; "sip:a@b" ], "METHOD"
    [ "send"; "OPTIONS"; "sip:a@b"; "--t1"; "0" ], "--t1"
    [ "send"; "OPTIONS"; "sip:a@b"; "--t1"; "x" ], "Write a number"
    [ "send"; "OPTIONS"; "sip:a@b"; "--from"; "<" ], "--from"
    [ "send"; "OPTIONS"; "sip:a@b"; "--header"; "no colon" ], "Name: value"
    [ "send"; "OPTIONS"; "sip:a@b"; "--header"; "CSeq: 1 BYE" ], "CSeq"
    [ "send"; "OPTIONS"; "sip:a@b"; "--body"; "/no/such/file" ], "--body"
    [ "send"; "CANCEL"; "sip:127.0.0.1:9" ], "INVITE"
    [ "ping"; "sip:a@b"; "--count"; "-1" ], "--count"
    [ "ping"; "sip:a@b"; "--bogus" ], "sipfun ping --help"
    [ "resolve"; "sip:a@b"; "--transport"; "sctp" ], "udp, tcp, tls, ws and wss"
    [ "resolve"; "sip:a@b"; "--seed"; "-3" ], "--seed"
    [ "resolve"; "sip:a@b"; "--dns"; "name" ], "127.0.0.1:53"
    [ "resolve"; "sip:a@b"; "--domain-proxy"; "example.com" ], "example.com=sip:"
    [
        "resolve"
        "sip:a@b"
        "--domain-proxy"
        "a=sip:b"
        "--domain-proxy"
        "A=sip:c"
    ],
    "twice"
    [ "answer"; "--listen"; "tcp:127.0.0.1" ], "udp:127.0.0.1:5060"
    [ "answer"; "--status"; "180" ], "200 to 699"
    [ "demo"; "now" ], "sipfun demo --help"
]

let private isTold (arguments: string list, hint: string) =
    testCase (String.concat " " ("sipfun" :: arguments)) (fun () ->
        Expect.stringContains (Command.fails 64 arguments) hint "what to do next")

let private isHelped (arguments: string list) =
    testCase (String.concat " " ("sipfun" :: arguments)) (fun () ->
        Expect.stringContains (String.concat "\n" (Command.succeeds 0 arguments)) "Usage:" "help")

let tests =
    testList "Usage" [
        yield! List.map isTold wrong
        for command in [ "send"; "ping"; "resolve"; "answer"; "demo" ] do
            isHelped [ command; "--help" ]
        isHelped [ "--help" ]
        testCase "sipfun --version" (fun () ->
            Expect.equal (Command.succeeds 0 [ "--version" ]) [ "0.1.0" ] "version")
    ]
