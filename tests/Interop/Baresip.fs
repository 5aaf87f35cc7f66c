// baresip (Debian: baresip-core) as a telephone that takes every call, and calls at its start.
module SipFun.Tests.Interop.Baresip

open System
open System.IO
open System.Net
open Expecto
open SipFun.Tests
open SipFun.Tests.CSharpApi.Dns

/// Two seconds of silence, 8 kHz, for it to send.
let private silence () =
    let samples = 16_000
    use memory = new MemoryStream()
    use writer = new BinaryWriter(memory)
    writer.Write("RIFF"B)
    writer.Write(36 + 2 * samples)
    writer.Write("WAVEfmt "B)
    writer.Write 16
    writer.Write 1s
    writer.Write 1s
    writer.Write 8000
    writer.Write 16000
    writer.Write 2s
    writer.Write 16s
    writer.Write("data"B)
    writer.Write(2 * samples)
    writer.Write(Array.zeroCreate<byte>(2 * samples))
    memory.ToArray()

let private modules =
    let below folder =
        if Directory.Exists folder then
            Directory.GetDirectories folder
        else
            [||]

    below "/usr/lib"
    |> Seq.append [ "/usr/lib"; "/usr/local/lib" ]
    |> Seq.map (fun folder -> Path.Combine(folder, "baresip/modules"))
    |> Seq.tryFind Directory.Exists

/// What it shows of itself over TLS, and whom it believes.
let private certificates folder = [
    $"sip_certificate {folder}/own.pem"
    $"sip_cafile {folder}/root.pem"
]

let private configure folder (account: string) =
    File.WriteAllBytes(Path.Combine(folder, "in.wav"), silence ())
    File.WriteAllText(Path.Combine(folder, "contacts"), "")
    File.WriteAllText(Path.Combine(folder, "accounts"), account + "\n")
    let own, key, root = Stunnel.pems ()
    File.WriteAllText(Path.Combine(folder, "own.pem"), own + "\n" + key)
    File.WriteAllText(Path.Combine(folder, "root.pem"), root)

    File.WriteAllLines(
        Path.Combine(folder, "config"),
        [
            $"module_path {Option.toObj modules}"
            $"sip_listen 127.0.0.1:{Dnsmasq.freePort ()}"
            yield! certificates folder
            "module g711.so"
            "module aufile.so"
            "module_tmp account.so"
            "module_app menu.so"
            $"audio_source aufile,{folder}/in.wav"
            $"audio_player aufile,{folder}/out.wav"
            $"audio_alert aufile,{folder}/alert.wav"
        ]
    )

/// This user, whose password is "secret"; does this at its start, and ends by itself after half a
/// minute.
let withUser (uri: string) (parameters: string) commands (check: Running -> unit) =
    match Sipp.find "baresip", modules with
    | Some path, Some _ ->
        Sipp.inFolder (fun folder ->
            let login = "auth_pass=secret;regint=600;answermode=auto"
            configure folder $"<{uri}>;{login}{parameters}"
            let arguments = [ "-f"; folder; "-t"; "30" ] @ commands
            use baresip = new Running(path, arguments, folder)

            try
                check baresip
            with error ->
                let said = String.Join('\n', baresip.Output @ baresip.Errors)
                raise (AggregateException($"baresip said:\n{said}", error))

            baresip.Terminate()
            baresip.WaitForExit() |> ignore)
    | _ -> skiptest "baresip is not installed (Debian: baresip-core)"

/// bob, registered there by this protocol.
let withBob protocol (server: IPEndPoint) commands check =
    let uri = AgentHouse.uriBy protocol "bob" server
    withUser (uri.ToString()) ";auth_user=bob" commands check

let isBound (line: string) = line.Contains "200 OK" && line.Contains "binding"
let isEstablished (line: string) = line.Contains "Call established"
let isOver (line: string) = line.Contains "session closed" || line.Contains "terminated"
