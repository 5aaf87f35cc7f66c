// A real DNS server on loopback for as long as one test runs: Debian's dnsmasq, ended by its
// own handle.
module SipFun.Tests.CSharpApi.Dns.Dnsmasq

open System
open System.Diagnostics
open System.IO
open System.Net
open System.Net.Sockets
open Expecto

let private places = [ "/usr/sbin/dnsmasq"; "/usr/bin/dnsmasq"; "/usr/local/sbin/dnsmasq" ]

let private bound (kind: SocketType) (port: int) =
    let socket = new Socket(AddressFamily.InterNetwork, kind, ProtocolType.Unspecified)
    // A port that only waits for the rest of a connection that has ended is not free.
    socket.ExclusiveAddressUse <- true
    socket.Bind(IPEndPoint(IPAddress.Loopback, port))
    socket

/// A port on loopback that is free, for UDP and for TCP, and lies below those that the kernel gives
/// to whoever asks for port 0: nobody takes it until the program that it is for has started.
let rec freePort () =
    let port = Random.Shared.Next(12_000, 32_000)

    try
        use _ = bound SocketType.Stream port
        use _ = bound SocketType.Dgram port
        port
    with :? SocketException ->
        freePort ()

/// The server's own settings come first: nothing of the machine's is read or asked.
let private own (port: int) = [
    "--keep-in-foreground"
    "--log-facility=-"
    "--conf-file=/dev/null"
    "--no-resolv"
    "--no-hosts"
    "--pid-file="
    "--bind-interfaces"
    "--listen-address=127.0.0.1"
    "--edns-packet-max=512"
    $"--user={Environment.UserName}"
    $"--port={port}"
]

let private start path port zone =
    let info = ProcessStartInfo(path: string)
    info.RedirectStandardError <- true
    own port @ zone |> List.iter info.ArgumentList.Add

    match Process.Start info with
    | null -> failtest "dnsmasq did not start"
    | server -> server

/// It says so on stderr, once it listens.
let rec private isReady (server: Process) =
    match server.StandardError.ReadLine() with
    | null -> false
    | line -> line.Contains "started, version" || isReady server

let private stop (server: Process) =
    if not server.HasExited then
        server.Kill()

    server.WaitForExit()
    server.Dispose()

/// Runs a check against a server of this zone; skips it, visibly, where there is no dnsmasq.
let withZone (zone: string list) (check: IPEndPoint -> unit) =
    match places |> List.tryFind File.Exists with
    | None -> skiptest "dnsmasq is not installed (Debian: dnsmasq-base)"
    | Some path ->
        let port = freePort ()
        let server = start path port zone

        try
            if not (isReady server) then
                failtest $"dnsmasq did not listen: {server.StandardError.ReadToEnd()}"

            check (IPEndPoint(IPAddress.Loopback, port))
        finally
            stop server
