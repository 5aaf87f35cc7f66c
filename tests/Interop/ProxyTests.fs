// sipp calls sipp through our proxy: in process over UDP and TCP, and as the command.
module SipFun.Tests.Interop.ProxyTests

open System.Collections.Generic
open System.Net
open Expecto
open SipFun
open SipFun.Tests
open SipFun.Tests.Cli
open SipFun.Tests.CSharpApi

let private domains (target: SipUri) =
    let map = Dictionary<string, SipUri>()
    map["example.test"] <- target
    map

/// A proxy that leads example.test to this server, while the check runs.
let private withProxyTo target (check: Dispatcher -> unit) =
    let dispatcher =
        House.start (
            DispatcherOptions(
                Legs = [| LegOptions.Udp "127.0.0.1:0"; LegOptions.Tcp "127.0.0.1:0" |],
                DomainProxies = domains target
            )
        )

    try
        let options = Proxy.ProxyHouse.options [ "RecordRoute", true ]
        dispatcher.SetReceiver(new StatelessProxy(dispatcher, options))
        check dispatcher
        House.settle dispatcher
        Expect.isTrue (Core.State.idle dispatcher.Engine.Loop.State) "nothing is kept (16.11)"
    finally
        House.finish dispatcher

let private between uac uas from to' () =
    Sipp.asServerBy to' uas (fun server ->
        withProxyTo (AgentHouse.uriBy to' "bob" server) (fun dispatcher ->
            let leg = dispatcher.GetLegs(transport = AgentHouse.transportOf from)[0]
            Sipp.asClientBy from uac leg.LocalEndPoint |> ignore))
    |> ignore

let private byCommand uac uas () =
    Sipp.asServer uas (fun server ->
        let options = [ "--record-route"; "--domain-proxy"; $"example.test=sip:bob@{server}" ]

        Command.whileProxying options (fun proxy ->
            Sipp.asClient uac (IPEndPoint.Parse proxy) |> ignore))
    |> ignore

let tests =
    testList "sipp, our proxy, sipp" [
        for from, to' in [ Sipp.Udp, Sipp.Udp; Sipp.Tcp, Sipp.Udp; Sipp.Udp, Sipp.Tcp ] do
            testCase $"Record-Route, and BYE by it, %A{from} to %A{to'}"
            <| between "uac-proxied" "uas-proxied" from to'

            testCase $"CANCEL, %A{from} to %A{to'}"
            <| between "uac-proxied-cancel" "uas-cancel" from to'

        testCase "the command: Record-Route, and BYE by it" (byCommand "uac-proxied" "uas-proxied")
        testCase "the command: CANCEL" (byCommand "uac-proxied-cancel" "uas-cancel")
    ]
