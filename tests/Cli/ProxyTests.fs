// `sipfun proxy`: a call through it, credentials, and its end.
module SipFun.Tests.Cli.ProxyTests

open System.IO
open System.Net
open Expecto
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Registrar

let private called code options (last: string) =
    Command.whileAnswering [] (fun server ->
        Command.whileProxying options (fun proxy ->
            let arguments = [ "call"; $"sip:bob@{server}"; "--outgoing-proxy"; $"sip:{proxy}" ]

            let ended = Command.run arguments
            Expect.equal ended.ExitCode code $"%A{ended}"
            Expect.stringContains (List.last ended.Output) last "how it ended"))
    |> ignore

let tests =
    testList "proxy" [
        testCase "a call through it, which stays on the path"
        <| fun () -> called 0 [ "--record-route" ] "HungUp: 200 OK"

        testCase "--user: who shows no credentials is asked for them"
        <| fun () -> called 1 [ "--user"; "alice:secret" ] "407"

        testCase "--user: every method is asked for, whoever begins nothing too; --realm names it"
        <| fun () ->
            Command.whileAnswering [] (fun server ->
                Command.whileProxying [ "--user"; "alice:secret"; "--realm"; "here" ] (fun proxy ->
                    let ended =
                        Command.run [
                            "ping"
                            $"sip:bob@{server}"
                            "--count"
                            "1"
                            "--outgoing-proxy"
                            $"sip:{proxy}"
                        ]

                    Expect.stringContains (String.concat " " ended.Output) "407" "OPTIONS"))
            |> ignore

        testCase "--user: who shows them may call"
        <| fun () ->
            Command.whileAnswering [] (fun server ->
                Command.whileProxying [ "--user"; "alice:secret"; "--record-route" ] (fun proxy ->
                    Command.succeeds 0 [
                        "call"
                        $"sip:bob@{server}"
                        "--outgoing-proxy"
                        $"sip:{proxy}"
                        "--user"
                        "alice"
                        "--password"
                        "secret"
                    ]
                    |> ignore))
            |> ignore

        testCase "--registrar: who has registered is called by his name; nobody else is there"
        <| fun () ->
            Command.whileAnswering [] (fun server ->
                Command.whileProxying [ "--registrar"; "--domain"; "example.test" ] (fun proxy ->
                    let register = [
                        "register"
                        "sip:bob@example.test"
                        "--contact"
                        $"sip:bob@{server}"
                        "--registrar"
                        "sip:example.test"
                        "--outgoing-proxy"
                        $"sip:{proxy}"
                    ]

                    Command.succeeds 0 register |> ignore
                    let call name = [ "call"; name; "--outgoing-proxy"; $"sip:{proxy}" ]
                    let ended = Command.succeeds 0 (call "sip:bob@example.test")
                    Expect.equal (List.last ended) "HungUp: 200 OK" "he is there"
                    let missed = Command.run (call "sip:carol@example.test")
                    Expect.stringContains (List.last missed.Output) "480" "she is not"
                    let far = Command.run (call "sip:dave@elsewhere.test")
                    Expect.stringContains (List.last far.Output) "404" "nor is it a relay"))
            |> ignore

        testCase "--registrar: no device gets a name that the proxy could not route (RFC 5627)"
        <| fun () ->
            Command.whileProxying [ "--registrar"; "--domain"; "example.test" ] (fun proxy ->
                use peer = new Peer()
                let contact = $"<sip:bob@{peer.EndPoint}>;+sip.instance=\"<urn:x:1>\""
                let fields = [ "Contact", contact; "Supported", "gruu" ]
                peer.Send(Registering.register peer "bob" fields, IPEndPoint.Parse proxy)
                let bound = peer.ReceiveResponse().Contacts[0]
                Expect.isNotNull (bound.GetParameter "+sip.instance") "the device is bound"
                Expect.isFalse (bound.HasParameter "pub-gruu") "by no public name"
                Expect.isFalse (bound.HasParameter "temp-gruu") "nor by a temporary one")
            |> ignore

        testCase "what makes no sense is told in one line"
        <| fun () ->
            for arguments in
                [
                    [ "--user"; "alice" ]
                    [ "--registrar" ]
                    [ "--domain"; "example.test" ]
                    [ "--secret"; "/nowhere/at/all" ]
                ] do
                Command.fails 64 ("proxy" :: arguments) |> ignore

            let file = Path.GetTempFileName()

            try
                File.WriteAllText(file, "short")
                Command.fails 64 [ "proxy"; "--secret"; file ] |> ignore
            finally
                File.Delete file
    ]
