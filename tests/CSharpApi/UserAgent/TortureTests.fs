// RFC 4475's messages at a user agent: that column of expected.tsv, row by row, each as one datagram to a whole
// user agent on a simulated network.
module SipFun.Tests.CSharpApi.UserAgent.TortureTests

open System
open System.Net
open System.Text
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Testing
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse
open SipFun.Tests.Message

let private agentAt = "198.51.100.1"

/// Takes every call with SDP, and every other request that it is asked about.
let private serve (dispatcher: Dispatcher) =
    let options = UserAgentOptions(Address = alice, Accept = [| "application/sdp" |])
    let agent = new UserAgent(dispatcher, options)

    agent.OnInvitation <-
        fun invitation ->
            invitation.Accept offer |> ignore
            Task.CompletedTask

    agent.OnRequest <-
        fun request ->
            request.Respond()
            Task.CompletedTask

    dispatcher.SetReceiver agent

let private from (network: SimulatedNetwork) name =
    network.Trace
    |> Seq.filter (fun packet -> packet.From = name)
    |> Seq.map (fun packet -> packet.Bytes.ToArray())
    |> List.ofSeq

/// Everything that the agent sent within a minute of what the peer sent, oldest first. What happens before
/// says what that is.
let private after (packet: byte[]) (prepare: Dispatcher -> SimulatedNetwork -> byte[] -> byte[]) =
    let network = new SimulatedNetwork(1UL)
    let host = network.AddHost("agent", agentAt)
    let peer = network.AddHost("peer", "198.51.100.2")
    let dispatcher = network.Run(host.StartDispatcherAsync())
    serve dispatcher
    let local = IPEndPoint(peer.Addresses[0], 5060)
    let link = new Inside.DatagramLink(network, peer, local)
    let bytes = prepare dispatcher network packet
    let before = (from network "agent").Length
    network.Wires.Post(link, IPEndPoint(host.Addresses[0], 5060), bytes)
    network.RunFor(TimeSpan.FromMinutes 1.0)
    let sent = List.skip before (from network "agent")
    network.DisposeAsync().AsTask().Wait()
    sent

let private asItIs _ _ packet = packet

/// Datagrams that end before the empty line get it, as the archive lost it.
let private whole (packet: byte[]) =
    if (Encoding.Latin1.GetString packet).Contains "\r\n\r\n" then
        packet
    else
        Array.append packet "\r\n"B

let private packetOf = dict Corpus.rfc4475.Value
let private text (packet: byte[]) = Encoding.Latin1.GetString packet

/// The final response; none: it was dropped. What the parser refuses the dispatcher answers.
let private final name =
    after (whole packetOf[name]) asItIs
    |> List.map text
    |> List.tryFind (fun packet -> not (packet.StartsWith "SIP/2.0 1"))

let private field (name: string) (response: string) =
    response.Split "\r\n"
    |> Array.filter (fun line -> line.StartsWith(name + ": "))
    |> Array.map (fun line -> line.Substring(name.Length + 2))
    |> String.concat ", "

/// Of "501 with Allow", "405 or as a registrar", ...: whether this status is one of those.
let private isAllowed (row: string[]) (status: string) =
    let wanted = row[6]

    match wanted with
    | "-" -> status = "405"
    // It is within a dialog that nobody here knows (12.2.2).
    | _ when row[0] = "wsinv.dat" -> status = "481"
    | _ when wanted.StartsWith "handle normally" -> status = "200"
    | _ when wanted.StartsWith "drop" -> status = "drop"
    | _ -> wanted.Contains status || (wanted.Contains "RFC 2543 rules" && status = "200")

/// What a response must bear beside its status.
let private bears (row: string[]) response =
    match row[0] with
    | _ when row[6].Contains "with Allow" ->
        Expect.stringContains (field "Allow" response) "INVITE" "Allow"
    | "bext01.dat" ->
        Expect.equal ("420, Unsupported: " + field "Unsupported" response) row[6] "which"
    | "invut.dat" -> Expect.equal (field "Accept" response) "application/sdp" "Accept"
    | "sdp01.dat" -> Expect.equal (field "Content-Type" response) "" "no SDP in any answer"
    | "insuf.dat" -> Expect.equal (field "Call-ID" response) "" "built without"
    | _ -> ()

let private answers (row: string[]) () =
    match final row[0] with
    | None -> Expect.isTrue (isAllowed row "drop") "it was dropped"
    | Some response ->
        Expect.isTrue (isAllowed row (response.Substring(8, 3))) $"it came to {response}"
        bears row response

/// Responses are taken by the request that waits for them.
let private isTaken (row: string[]) () =
    let heard = Collections.Generic.List<SipResponse>()

    let ask (dispatcher: Dispatcher) (network: SimulatedNetwork) (packet: byte[]) =
        let uri = SipUri.Parse "sip:peer@198.51.100.2"
        let request = dispatcher.CreateRequest(SipMethod.Invite, uri)
        let options = DeliverOptions(OnResponse = Action<_>(heard.Add))
        dispatcher.Deliver(request, options) |> ignore
        network.RunFor(TimeSpan.FromMilliseconds 10.0)
        let sent = SipMessage.Parse(ReadOnlyMemory(List.last (from network "agent")))
        let response = SipMessage.Parse(ReadOnlyMemory packet) :?> SipResponse
        response.WithTopVia(sent.TopVia).Bytes.ToArray()

    Expect.equal (final row[0]) None "without a request of ours nothing is said to it"
    after packetOf[row[0]] ask |> ignore
    let line = Array.head ((text packetOf[row[0]]).Split "\r\n")
    let phrase = Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(line.Substring 12))
    Expect.equal [ for one in heard -> one.ReasonPhrase ] [ phrase ] "its words"

let tests =
    testList "RFC 4475" [
        for row in Corpus.table "rfc4475/expected.tsv" do
            if row[0] <> "test.dat" then
                let law = if row[6].StartsWith "match" then isTaken else answers
                testCase $"{row[0]}: {row[6]}" (law row)
    ]
