// A dispatcher with legs of streams: what the shell would say of connections, said by hand.
module SipFun.Tests.Dispatcher.Streams

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

let legOf transport number text port = { leg number text port with Transport = transport }

let tcpLeg = legOf Transport.Tcp 2 "127.0.0.1" 5060
let tlsLeg = legOf Transport.Tls 3 "127.0.0.1" 5061
let over transport text port = Hop.create transport (address text) port
let tcpPeer = over Transport.Tcp "127.0.0.7" 5070
let start = withLegs [ own; tcpLeg; tlsLeg ]

/// Delivers to a hop.
let sendTo hop message rig =
    deliverWith (fun order -> { order with Destination = ValueSome hop }) message rig

/// The connections asked for, in order, by leg and hop.
let connects rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Connect(leg, hop) -> leg, hop
        | _ -> ()
]

let disconnects rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Disconnect(_, flow) -> flow
        | _ -> ()
]

/// Each packet given to a connection: of which connection, to where, what.
let written rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Transmit(_, _, hop, bytes, _) -> hop.Flow, packet bytes
        | _ -> ()
]

let callIds rig = written rig |> List.map (fun (_, message) -> message.CallId.ToString())

/// The number of the connection asked for last.
let lastFlow rig =
    match List.tryLast (connects rig) with
    | Some(_, hop) -> hop.Flow
    | None -> failtest "no connection was asked for"

let opened rig = give (FlowOpened(lastFlow rig)) rig

let closed fault rig = give (FlowClosed(lastFlow rig, fault, "so the test says")) rig

let refused rig = closed TransportFault.ConnectionRefused rig

/// A peer connects to us from its ephemeral port.
let acceptAs names leg transport text port flow rig =
    let source = { over transport text port with Flow = flow }
    give (FlowAccepted(leg, source, names)) rig

/// A message over a connection that was accepted.
let arrive leg transport text port flow message rig =
    let own, rig = number rig
    let source = { over transport text port with Flow = flow }
    give (Received(own, leg, source, message)) rig

/// The peer answers the last request of this method over the connection it came by.
let answerOver flow method (status: int) rig =
    let response = (lastRequest method rig).CreateResponse(status, "peer-tag")
    let own, rig = number rig
    give (Received(own, 2, { tcpPeer with Flow = flow }, response)) rig
