// `sipfun registrar`: what it says, whom it registers, how it ends.
module SipFun.Tests.Cli.RegistrarTests

open System.Text.Json
open Expecto

/// The lines after `ready` of a registrar with these options, while the check runs against its address
/// and port.
let private whileRegistering options (check: string -> unit) =
    use registrar =
        Command.start ([ "registrar"; "--listen"; "udp:127.0.0.1:0" ] @ options)

    let listening = "listening udp:"
    let line = registrar.WaitForLine(fun line -> line.StartsWith listening)
    registrar.WaitForLine(fun line -> line = "ready") |> ignore
    check (line.Substring listening.Length)
    registrar.Terminate()
    Expect.equal (registrar.WaitForExit()) 0 "SIGTERM ends it cleanly"
    registrar.Output |> List.skip 2

let private register server more =
    [
        "register"
        "sip:alice@home.test"
        "--contact"
        "sip:alice@192.0.2.1"
        "--registrar"
        $"sip:{server}"
    ]
    @ more

let private binds () =
    let lines =
        whileRegistering [ "--domain"; "home.test" ] (fun server ->
            Command.succeeds 0 (register server []) |> ignore
            Command.succeeds 0 (register server [ "--expires"; "0" ]) |> ignore)

    Expect.hasLength lines 2 "a line each"

    Expect.stringStarts
        lines[0]
        "sip:alice@home.test added sip:alice@192.0.2.1 for 3600 s, from udp:127.0.0.1:"
        "who and where"

    Expect.equal lines[1] "sip:alice@home.test removed sip:alice@192.0.2.1" "and no more"

let private limits () =
    let options = [ "--domain"; "home.test"; "--min-expires"; "120"; "--max-expires"; "600" ]

    let lines =
        whileRegistering options (fun server ->
            let brief = Command.succeeds 0 (register server [ "--expires"; "60" ])
            Expect.stringStarts brief.Head "423 Interval Too Brief" "too brief"
            Command.succeeds 0 (register server []) |> ignore)

    Expect.stringContains lines[0] "for 120 s" "asked again, for longer"
    Expect.stringContains lines[1] "for 600 s" "shortened"

let private asks () =
    let options = [ "--domain"; "other.test"; "--domain"; "home.test"; "--user"; "alice:se:cret" ]

    let lines =
        whileRegistering options (fun server ->
            let stranger = Command.run (register server [])
            Expect.equal stranger.ExitCode 1 $"401: %A{stranger}"
            let login = [ "--user"; "alice"; "--password"; "se:cret" ]
            Command.succeeds 0 (register server login) |> ignore)

    Expect.hasLength lines 1 "one of them"

let private speaksJson () =
    let options = [ "--domain"; "home.test"; "--min-expires"; "120" ]

    whileRegistering options (fun server ->
        let lines = Command.succeeds 0 (register server [ "--expires"; "60"; "--json" ])
        use report = JsonDocument.Parse(List.exactlyOne lines)
        let field (name: string) = report.RootElement.GetProperty name
        Expect.equal ((field "status").GetInt32()) 200 "asked again"
        let binding = (field "bindings")[0]
        Expect.equal (string (binding.GetProperty "uri")) "sip:alice@192.0.2.1" "which"
        Expect.equal ((binding.GetProperty "expires").GetInt32()) 120 "how long"
        let stranger = [ "register"; "sip:a@b.test"; "--contact"; "sip:a@192.0.2.1"; "--json" ]
        let refused = Command.run (stranger @ [ "--registrar"; $"sip:{server}" ])
        use report = JsonDocument.Parse(List.head refused.Output)
        Expect.equal (string (report.RootElement.GetProperty "status")) "404" "not its domain"
        let none = report.RootElement.GetProperty "bindings"
        Expect.equal none.ValueKind JsonValueKind.Null "nothing is known")
    |> ignore

let tests =
    testList "registrar" [
        testCase "binds and removes, and says so" binds
        testCase "has limits of time" limits
        testCase "register --json tells the bindings as data" speaksJson
        testCase "asks for credentials, for several domains" asks

        testCase "wrong usage is told"
        <| fun () ->
            Command.fails 64 [ "registrar" ] |> ignore
            Command.fails 64 [ "registrar"; "--domain"; "no host" ] |> ignore

            Command.fails 64 [ "registrar"; "--domain"; "a.test"; "--max-expires"; "5" ] |> ignore
    ]
