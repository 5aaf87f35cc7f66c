// `sipfun resolve`: the candidates in order, for a person and for a script.
module SipFun.Tests.Cli.ResolveTests

open Expecto
open SipFun.Tests.CSharpApi.Dns

let private zone = [
    "--local=/example.test/"
    "--srv-host=_sip._udp.example.test,b.example.test,5071,20,0"
    "--srv-host=_sip._udp.example.test,a.example.test,5070,10,60"
    "--host-record=a.example.test,127.0.0.1"
    "--host-record=b.example.test,127.0.0.2"
    for n in 1..4 do
        $"--srv-host=_sip._udp.drawn.test,d{n}.example.test,5060,10,10"
        $"--host-record=d{n}.example.test,127.0.1.{n}"
]

let private candidates (output: string list) = [
    for hop in Command.json(output).GetProperty("candidates").EnumerateArray() do
        $"""{hop.GetProperty "transport"}:{hop.GetProperty "address"}:{hop.GetProperty "port"}"""
]

let private resolve uri arguments =
    Command.succeeds 0 ([ "resolve"; uri; "--json" ] @ arguments) |> candidates

let private withoutDns = [
    "sip:127.0.0.1:5062", [], [ "udp:127.0.0.1:5062" ]
    "sip:127.0.0.1", [ "--transport"; "udp" ], [ "udp:127.0.0.1:5060" ]
    "sip:bob@localhost", [ "--listen"; "udp:127.0.0.1:0" ], [ "udp:127.0.0.1:5060" ]
    "sip:bob@example.com", [ "--outgoing-proxy"; "sip:127.0.0.1:5070" ], [ "udp:127.0.0.1:5070" ]
    "sip:bob@a.example.com",
    [ "--domain-proxy"; "*.example.com=sip:127.0.0.1:5080" ],
    [ "udp:127.0.0.1:5080" ]
]

let private asks () =
    Dnsmasq.withZone zone (fun server ->
        Expect.equal
            (resolve "sip:bob@example.test" [ "--dns"; string server ])
            [ "udp:127.0.0.1:5070"; "udp:127.0.0.2:5071" ]
            "by priority")

let private draws () =
    Dnsmasq.withZone zone (fun server ->
        let draw seed = resolve "sip:drawn.test" [ "--dns"; string server; "--seed"; seed ]
        Expect.equal (draw "7") (draw "7") "the same seed, the same order"
        Expect.equal (draw "7").Length 4 "all of them"

        let firsts = [ "1"; "2"; "3"; "4" ] |> List.map (draw >> List.head)
        Expect.isGreaterThan (List.distinct firsts).Length 1 "another seed, another order")

let private rich = [
    "--local=/rich.test/"
    "--naptr-record=rich.test,10,20,s,SIP+D2U,,_sip._udp.rich.test"
    "--naptr-record=rich.test,10,10,s,SIP+D2S,,_sip._sctp.rich.test"
    "--srv-host=_sip._udp.rich.test,a.rich.test,5070,10,60"
    "--srv-host=_sip._udp.rich.test,b.rich.test,5071,20,0"
    "--host-record=a.rich.test,127.0.0.1,::1"
    "--host-record=b.rich.test,127.0.0.2"
]

/// What the issue asks to be shown: NAPTR, weighted SRV, A and AAAA.
let private explains () =
    Dnsmasq.withZone rich (fun server ->
        let legs = [ "--listen"; "udp:127.0.0.1:0"; "--listen"; "udp:[::1]:0" ]
        let arguments = [ "resolve"; "sip:bob@rich.test"; "--dns"; string server ] @ legs
        let found = Command.succeeds 0 (arguments @ [ "--json" ])

        Expect.equal
            (candidates found)
            [ "udp:::1:5070"; "udp:127.0.0.1:5070"; "udp:127.0.0.2:5071" ]
            "IPv6 first, then by priority"

        let steps = (Command.json found).GetProperty("steps").EnumerateArray() |> List.ofSeq

        let ofKind kind =
            steps |> List.filter (fun step -> step.GetProperty("kind").GetString() = kind)

        Expect.equal (ofKind "naptr").Length 1 "taken"
        Expect.equal (ofKind "naptr_skipped").Length 1 "SCTP"
        Expect.equal (ofKind "answer").Length (ofKind "query").Length "each was answered"
        let best = (Command.json found).GetProperty("candidates")[0]
        let leg = string ((best.GetProperty "legs")[0])
        Expect.equal (leg.Substring(0, 10)) "udp:[::1]:" "from its leg"
        let drawn = (ofKind "srv")[0]
        Expect.equal (drawn.GetProperty("name").GetString()) "_sip._udp.rich.test" "whose draw"
        Expect.equal (drawn.GetProperty("weight").GetInt32()) 60 "its weight"
        Expect.isTrue (drawn.GetProperty("draw").GetInt32() <= 60) "its draw"
        let text = Command.succeeds 0 arguments

        Expect.exists
            text
            (fun line -> line.Contains "NAPTR SIP+D2U to _sip._udp.rich.test")
            "NAPTR"

        Expect.exists text (fun line -> line.Contains "SCTP is not spoken here") "why not")

let private isMissing () =
    Dnsmasq.withZone zone (fun server ->
        let arguments = [ "resolve"; "sip:none.example.test"; "--json"; "--dns"; string server ]
        let ended = Command.run arguments
        Expect.equal (ended.ExitCode, candidates ended.Output) (2, []) "no candidates"
        Expect.equal ended.Errors.Length 1 "one line on stderr"
        Expect.stringContains ended.Errors.Head "does not exist" "why")

let private isReadable () =
    let output = Command.succeeds 0 [ "resolve"; "sip:127.0.0.1:5062" ]
    Expect.stringStarts output[1] "1  udp:127.0.0.1:5062  udp:" "the table"
    Expect.exists output (fun line -> line.Contains "the host is numeric") "why"

let tests =
    testList "Resolve" [
        for uri, arguments, expected in withoutDns do
            testCase (String.concat " " (uri :: arguments)) (fun () ->
                Expect.equal (resolve uri arguments) expected "candidates")
        testCase "--dns: by SRV and A, in order of priority" asks
        testCase "NAPTR, weighted SRV, A and AAAA, with every reason, as text and JSON" explains
        testCase "--seed fixes the draws" draws
        testCase "a name that does not exist: exit code 2" isMissing
        testCase "a person reads a table and the reasons" isReadable
    ]
