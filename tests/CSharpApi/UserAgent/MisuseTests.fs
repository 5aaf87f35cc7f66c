// What cannot be sent, or not be read where it arrives, is refused at the call, never inside the step: by an
// exception of the method itself, before anything is on the wire.
module SipFun.Tests.CSharpApi.UserAgent.MisuseTests

open System
open System.Collections.Generic
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

let private unfit = [
    "No name", "1"
    "Subject", "a\r\nVia: b"
    "Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKa"
    "f", "<sip:a@b>;tag=1"
    "CSeq", "2 INVITE"
    "Max-Forwards", "5"
    "Content-Type", "application/sdp"
    "Contact", "<<<"
    "m", "*"
    "Contact", "<mailto:a@b>"
    "Route", "<<<"
    "Require", "a b"
    "Session-Expires", "soon"
    "Event", ""
]

let private header (name: string, value: string) : IReadOnlyList<KeyValuePair<string, string>> = [|
    KeyValuePair(name, value)
|]

let private refuses name (act: unit -> unit) =
    let isRefused =
        try
            act ()
            false
        with :? ArgumentException ->
            true

    Expect.isTrue isRefused name

let private heard room =
    let heard = TaskCompletionSource<Invitation>()

    room.Agent.OnInvitation <-
        fun invitation ->
            heard.SetResult invitation
            Task.CompletedTask

    tell room (invite room)
    wait heard.Task

let private headers room =
    let agent, peer = room.Agent, room.Peer.Uri
    let call, _ = answered room
    let invitation = heard room

    for name, value in unfit do
        let fields = header (name, value)
        let what = $"{name}: {value}"
        refuses what (fun () -> agent.CallAsync(peer, CallOptions(Headers = fields)) |> ignore)
        let send = SendOptions(Headers = fields)
        refuses what (fun () -> agent.SendAsync(SipMethod.Message, peer, send) |> ignore)
        refuses what (fun () -> call.SendAsync(SipMethod.Info, send) |> ignore)
        let binding = RegisterOptions(Registrar = peer, Headers = fields)
        refuses what (fun () -> agent.RegisterAsync binding |> ignore)
        refuses what (fun () -> invitation.Accept(null, fields) |> ignore)

        if name <> "Contact" && name <> "m" || value = "<<<" then
            refuses what (fun () -> invitation.Reject(486, null, fields))

    settle room.Dispatcher
    invitation.Accept() |> ignore
    response room 200 SipMethod.Invite |> ignore
    Expect.isFalse call.Ended.IsCompleted "it goes on"

/// RFC 3428, 4: who sends a MESSAGE is not reached by it.
let private contactOfMessage room =
    let call, _ = answered room
    let send = SendOptions(Headers = header ("m", "<sip:alice@example.com>"))
    let within () = wait (call.SendAsync(SipMethod.Message, send)) |> ignore
    let outside () = wait (room.Agent.SendAsync(SipMethod.Message, room.Peer.Uri, send)) |> ignore
    refuses "within" within
    refuses "outside" outside
    Expect.isFalse call.Ended.IsCompleted "it goes on"

let private bodies room =
    let agent, peer = room.Agent, room.Peer.Uri

    for kind in [ ""; "sdp"; "a/b\r\nX: c" ] do
        let body = SipBody(kind, offer.Bytes)
        refuses kind (fun () -> agent.CallAsync(peer, CallOptions(Body = body)) |> ignore)
        refuses kind (fun () -> agent.CallAsync(peer, CallOptions(AckBody = body)) |> ignore)
        let send = SendOptions(Body = body)
        refuses kind (fun () -> agent.SendAsync(SipMethod.Message, peer, send) |> ignore)

    let short = CallOptions(SessionTimer = TimeSpan.FromSeconds 89.0)
    refuses "too short (RFC 4028, 5)" (fun () -> agent.CallAsync(peer, short) |> ignore)
    settle room.Dispatcher
    Expect.isFalse room.Peer.HasMore "nothing was sent"

let private ofOptions: (string * obj) list = [
    "Product", "a\r\nb"
    "Extensions", [| "a b" |]
    "Extensions", [| "a,b" |]
    "Accept", [| "sdp" |]
    "Contact", (NameAddr.Parse "<mailto:a@b>")
    "Credentials", [| DigestCredentials("a\r\nb", "c") |]
    "Credentials", (Array.zeroCreate<DigestCredentials> 1)
    "Methods", (Array.zeroCreate<SipMethod> 1)
]

let private options room =
    for name, value in ofOptions do
        refuses name (fun () -> new UserAgent(room.Dispatcher, changed [ name, value ]) |> ignore)

    refuses "DigestClient" (fun () -> DigestClient([| DigestCredentials("a\nb", "c") |]) |> ignore)

/// RFC 3261, 8.1.1.8: who is called over a secure way answers over one.
let private secureContact room =
    refuses "a sip Contact" (fun () ->
        room.Agent.CallAsync(SipUri.Parse "sips:bob@127.0.0.1") |> ignore)

let private afterTheEnd room =
    wait (task { do! room.Agent.DisposeAsync() })

    Expect.throwsT<ObjectDisposedException>
        (fun () -> room.Agent.CallAsync room.Peer.Uri |> ignore)
        "at once"

let private fixedContact =
    changed [ "Contact", NameAddr.Parse "<sip:alice@192.0.2.1>" :> obj ]

let tests =
    testList "Misuse" [
        testCase "header fields" (inRoom headers)
        testCase "a Contact in a MESSAGE" (inRoom contactOfMessage)
        testCase "bodies and times" (inRoom bodies)
        testCase "options" (inRoom options)
        testCase "a sip Contact for a sips call" (inRoomOf fixedContact secureContact)
        testCase "after the end" (inRoom afterTheEnd)
    ]
