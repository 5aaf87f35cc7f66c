// A user agent over real sockets, UDP and TCP, for peers that are programs of others.
module SipFun.Tests.Interop.AgentHouse

open System
open System.Net
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Tests.CSharpApi

let login = DigestCredentials("alice", "secret")

let offer =
    SipBody.Sdp "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"

/// What baresip wants to hear: a stream that it may send to.
let audio =
    SipBody.Sdp(offer.ToString() + "m=audio 9 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")

let private legs = [| LegOptions.Udp "127.0.0.1:0"; LegOptions.Tcp "127.0.0.1:0" |]

let transportOf protocol = if protocol = Sipp.Udp then Transport.Udp else Transport.Tcp

/// Where the agent is reached by this protocol.
let localBy protocol (agent: UserAgent) =
    let legs = agent.Dispatcher.GetLegs(transport = transportOf protocol)
    legs[0].LocalEndPoint

/// Somebody at a peer's address, or "" for itself, reached by this protocol.
let uriBy protocol (user: string) (server: IPEndPoint) =
    let uri =
        SipUri.Parse(if user = "" then $"sip:{server}" else $"sip:{user}@{server}")

    if protocol = Sipp.Udp then
        uri
    else
        uri.WithParameter("transport", "tcp")

/// Runs a check with an agent; it and its dispatcher end afterwards.
let withAgent (address: string) (redirects: int) (check: UserAgent -> unit) =
    let dispatcher = House.start (DispatcherOptions(Legs = legs))

    try
        let options =
            UserAgentOptions(
                Address = NameAddr.Parse address,
                Credentials = [| login |],
                FollowRedirects = redirects
            )

        let agent = new UserAgent(dispatcher, options)
        dispatcher.SetReceiver agent
        check agent
        Expect.isEmpty agent.Calls "no call is left"
        House.wait (task { do! agent.DisposeAsync() })
    finally
        House.finish dispatcher

/// How the call ended.
let ends kind (call: Call) =
    let over = House.wait call.Ended
    Expect.equal over.Kind kind $"{over}: {call.Explain()}"

let answered (call: Call) =
    match House.wait call.Answered with
    | null -> failtest $"not answered: {House.wait call.Ended}"
    | response -> response

/// Waits for the call that comes in, and answers it so.
let invited (agent: UserAgent) (answer: Invitation -> unit) =
    let heard = TaskCompletionSource<Call>()

    agent.OnInvitation <-
        fun invitation ->
            try
                answer invitation
                heard.TrySetResult invitation.Call |> ignore
            with error ->
                heard.TrySetException error |> ignore

            Task.CompletedTask

    heard.Task

/// Each further offer gets an answer.
let agreeing (agent: UserAgent) =
    agent.OnRequest <-
        fun request ->
            request.Respond(200, offer)
            Task.CompletedTask
