// Kamailio as a proxy, and as registrar and proxy: its users are alice and bob, their password is "secret", and whoever calls
// one of them gets to his binding.
module SipFun.Tests.Interop.Kamailio

open System.IO
open System.Net
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi.Dns

let private head port modules = [
    "debug=0"
    "log_stderror=yes"
    "children=1"
    "tcp_children=1"
    "auto_aliases=no"
    $"listen=udp:127.0.0.1:{port}"
    $"listen=tcp:127.0.0.1:{port}"
    for name in [ "tm"; "sl"; "rr"; "pv"; "siputils" ] @ modules do
        $"loadmodule \"{name}.so\""
]

let private registrar = [
    "modparam(\"usrloc\", \"db_mode\", 0)"
    "request_route {"
    "    if (method == \"REGISTER\") {"
    "        if (!pv_www_authenticate(\"home\", \"secret\", \"0\")) {"
    "            www_challenge(\"home\", \"1\");"
    "            exit;"
    "        }"
    "        save(\"location\");"
    "        exit;"
    "    }"
    "    if (method == \"CANCEL\") { t_relay(); exit; }"
    "    if (has_totag()) { loose_route(); t_relay(); exit; }"
    "    record_route();"
    "    if (!lookup(\"location\")) { sl_send_reply(\"404\", \"Not Found\"); exit; }"
    "    t_relay();"
    "}"
]

/// Calls go there; what belongs to them by the Route.
let private relay (target: SipUri) = [
    "request_route {"
    "    if (has_totag()) { loose_route(); t_relay(); exit; }"
    "    if (method != \"CANCEL\") record_route();"
    $"    $du = \"{target}\";"
    "    t_relay();"
    "}"
]

let private run modules script (check: IPEndPoint -> unit) =
    match Sipp.find "kamailio" with
    | None -> skiptest "kamailio is not installed"
    | Some path ->
        Sipp.inFolder (fun folder ->
            let port = Dnsmasq.freePort ()
            let file = Path.Combine(folder, "kamailio.cfg")
            File.WriteAllLines(file, head port modules @ script)
            let memory = [ "-m"; "32"; "-M"; "4" ]
            let arguments = [ "-f"; file; "-DD"; "-E"; "-Y"; folder; "-w"; folder ] @ memory
            // Ended with all of its processes at once: asked to end, it may wait for them for ever.
            use server = new Running(path, arguments, folder)
            Sipp.waitUntilBound Sipp.Tcp server port
            check (IPEndPoint(IPAddress.Loopback, port)))

/// A registrar of its own, at this address.
let withRegistrar check = run [ "usrloc"; "registrar"; "auth" ] registrar check

/// A proxy that stays on the path of calls and leads them all there.
let withRelayTo target check = run [] (relay target) check
