// The three terminals of the README in one process: a proxy with its registrar, who answers, who calls.
module SipFun.Tests.Cli.DomainTests

open System.IO
open Expecto

let private domain = [ "--registrar"; "--domain"; "example.test" ]
let private through proxy = [ "--outgoing-proxy"; $"sip:{proxy}" ]

let private call proxy more = [ "call"; "sip:bob@example.test" ] @ through proxy @ more

let private bob = [ "--aor"; "sip:bob@example.test" ]

let private inFolder check =
    let folder = Directory.CreateTempSubdirectory "sipfun-domain-"

    try
        check (fun name -> Path.Combine(folder.FullName, name))
    finally
        folder.Delete true

/// The call, and the ladder of it from what each of them recorded.
let private isDrawn () =
    inFolder (fun file ->
        let record name = [ "--record"; file $"{name}.jsonl" ]

        Command.whileProxying (domain @ record "proxy") (fun proxy ->
            Command.whileAnswering (bob @ through proxy @ record "bob") (fun _ ->
                let output = Command.succeeds 0 (call proxy (record "alice"))
                Expect.equal (List.last output) "HungUp: 200 OK" "the call")
            |> ignore

            let missed = Command.run (call proxy [])
            Expect.stringContains (List.last missed.Output) "480" "SIGTERM took the binding back")

        let files = [ for name in [ "alice"; "proxy"; "bob" ] -> file $"{name}.jsonl" ]
        let drawn = String.concat "\n" (Command.succeeds 0 ("ladder" :: files))

        for word in [ "REGISTER"; "INVITE"; "200 OK"; "ACK"; "BYE" ] do
            Expect.stringContains drawn word "in the ladder")

let private logsIn () =
    Command.whileProxying (domain @ [ "--user"; "bob:secret" ]) (fun proxy ->
        let answer more = [ "answer"; "--listen"; "udp:127.0.0.1:0" ] @ bob @ through proxy @ more

        Command.fails 1 (answer []) |> ignore
        Command.fails 1 (answer [ "--user"; "bob"; "--password"; "wrong" ]) |> ignore
        let login = [ "--user"; "bob"; "--password"; "secret" ]

        let told =
            Command.whileServingOn "udp" "answer" (bob @ through proxy @ login) ignore

        Expect.equal told [ "ready" ] "registered first")

let private isRedirected () =
    Command.whileProxying (domain @ [ "--redirect" ]) (fun proxy ->
        Command.whileAnswering (bob @ through proxy) (fun server ->
            let told = Command.run (call proxy [])
            Expect.stringContains (List.last told.Output) $"sip:bob@{server}" "by Contact"
            Expect.exists told.Output (fun line -> line.Contains "302") $"%A{told.Output}")
        |> ignore)

let private isUsage () =
    for options in
        [
            [ "--registrar"; "sip:example.test" ]
            [ "--user"; "bob"; "--password"; "secret" ]
        ] do
        Command.fails 64 ([ "answer"; "--listen"; "udp:127.0.0.1:0" ] @ options) |> ignore

    Command.fails 64 [ "proxy"; "--listen"; "udp:127.0.0.1:0"; "--redirect" ] |> ignore

let tests =
    testList "answer --aor" [
        testCase "is called by his name through the proxy; the ladder of it" isDrawn
        testCase "--user: a registrar that asks" logsIn
        testCase "proxy --redirect: 302 to where he is" isRedirected
        testCase "what belongs to a registration needs one" isUsage
    ]
