// sipp (Debian: sip-tester) with one of our scenarios, and what it counted.
module SipFun.Tests.Interop.Sipp

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.NetworkInformation
open System.Threading
open Expecto
open SipFun.Tests
open SipFun.Tests.CSharpApi.Dns

let private scenarios = Path.Combine(__SOURCE_DIRECTORY__, "scenarios")

/// A program on the path, or where Debian keeps those of the system.
let find program =
    match Environment.GetEnvironmentVariable "PATH" with
    | null -> None
    | path ->
        Seq.append (path.Split Path.PathSeparator) [ "/usr/sbin" ]
        |> Seq.map (fun folder -> Path.Combine(folder, program))
        |> Seq.tryFind File.Exists

let private path = find "sipp"

/// Every message counter by its column: "0_OPTIONS_Recv", "0_OPTIONS_Retrans".
let private counts (folder: string) =
    let rows =
        Directory.GetFiles(folder, "*_counts.csv")
        |> Array.exactlyOne
        |> File.ReadAllLines
        |> Array.map (fun row -> row.Split ';')

    Array.zip rows[0] (Array.last rows)
    |> Array.choose (fun (name, text) ->
        match Int32.TryParse text with
        | true, count when name <> "" -> Some(name, count)
        | _ -> None)
    |> Map.ofArray

let private own scenario (port: int) = [
    "-sf"
    $"{scenario}.xml"
    "-i"
    "127.0.0.1"
    "-p"
    string port
    "-m"
    "1"
    "-nostdin"
    "-trace_counts"
    "-trace_err"
    "-error_file"
    "errors.log"
    "-fd"
    "1"
    "-timeout"
    "30s"
    "-timeout_error"
]

/// What sipp says of itself when it failed.
let private complaint folder =
    let file = Path.Combine(folder, "errors.log")
    if File.Exists file then File.ReadAllText file else "nothing"

/// A folder of its own, which goes when the test has ended.
let inFolder run =
    let folder = Directory.CreateTempSubdirectory "sipfun-sipp-"

    try
        run folder.FullName
    finally
        folder.Delete true

type Protocol =
    | Udp
    | Tcp
    /// TCP to or from something that speaks TLS for it, as the Via says.
    | TcpUnderTls

let private place folder protocol scenario =
    let text = File.ReadAllText(Path.Combine(scenarios, scenario + ".xml"))

    let text =
        if protocol = TcpUnderTls then
            text.Replace("[transport]", "TLS")
        else
            text

    File.WriteAllText(Path.Combine(folder, scenario + ".xml"), text)

let private start folder path protocol scenario port arguments =
    place folder protocol scenario
    let mode = [ "-t"; (if protocol = Udp then "u1" else "t1") ]
    new Running(path, own scenario port @ mode @ arguments, folder)

let private start' folder path scenario port =
    place folder Udp scenario

    let arguments =
        own scenario port |> List.map (fun word -> if word = "1" then "1000000" else word)

    new Running(path, arguments, folder)

let private finish folder (sipp: Running) =
    Expect.equal (sipp.WaitForExit()) 0 $"sipp is content; it says: {complaint folder}"
    counts folder

let private isBound protocol port () =
    let all = IPGlobalProperties.GetIPGlobalProperties()

    match protocol with
    | Udp -> all.GetActiveUdpListeners()
    | _ -> all.GetActiveTcpListeners()
    |> Array.exists (fun local -> local.Port = port)

/// As soon as a program has bound its port; what is sent before that is lost.
let waitUntilBound protocol (program: Running) port =
    let clock = Stopwatch.StartNew()
    let isLate () = clock.Elapsed > TimeSpan.FromSeconds 10.0

    while not (SpinWait.SpinUntil(isBound protocol port, 50) || program.HasExited || isLate ()) do
        ()

let private skip () = skiptest "sipp is not installed (Debian: sip-tester)"

/// sipp waits for one call; the check makes it. Gives what sipp counted.
let asServerBy protocol scenario (check: IPEndPoint -> unit) =
    match path with
    | None -> skip ()
    | Some path ->
        inFolder (fun folder ->
            let port = Dnsmasq.freePort ()
            use sipp = start folder path protocol scenario port []
            waitUntilBound protocol sipp port
            check (IPEndPoint(IPAddress.Loopback, port))
            finish folder sipp)

/// So many sipps wait for calls until they are killed: where each is, and what kills it.
let asServers scenario count (check: (IPEndPoint * (unit -> unit)) list -> unit) =
    match path with
    | None -> skip ()
    | Some path ->
        let rec start started =
            if List.length started = count then
                started |> List.rev |> check
            else
                inFolder (fun folder ->
                    let port = Dnsmasq.freePort ()
                    use sipp = start' folder path scenario port
                    waitUntilBound Udp sipp port
                    start ((IPEndPoint(IPAddress.Loopback, port), sipp.Kill) :: started))

        start []

/// sipp makes one call, with further arguments. Gives what sipp counted.
let asClientWith arguments protocol scenario (server: IPEndPoint) =
    match path with
    | None -> skip ()
    | Some path ->
        inFolder (fun folder ->
            let port = Dnsmasq.freePort ()
            use sipp = start folder path protocol scenario port (arguments @ [ string server ])
            finish folder sipp)

let asClientBy protocol scenario server = asClientWith [] protocol scenario server
let asServer scenario check = asServerBy Udp scenario check
let asClient scenario server = asClientBy Udp scenario server
