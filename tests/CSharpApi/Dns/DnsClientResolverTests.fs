module SipFun.Tests.CSharpApi.Dns.DnsClientResolverTests

open System
open System.Diagnostics
open System.Net
open System.Net.Sockets
open System.Threading
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun

let private resolver (server: IPEndPoint) =
    DnsClientResolver(DnsClientOptions(Servers = [| server |]))

let private ask (resolver: DnsClientResolver) name kind =
    resolver.QueryAsync(DnsQuestion(name, kind), CancellationToken.None).Result

let private zone = [
    "--local=/example.test/"
    "--local-ttl=30"
    "--srv-host=_sip._udp.example.test,a.example.test,5070,10,60"
    "--srv-host=_sip._udp.example.test,b.example.test,5071,20,0"
    "--srv-host=_sip._tcp.example.test"
    "--host-record=a.example.test,192.0.2.1,2001:db8::1"
    "--host-record=b.example.test,192.0.2.2"
    "--cname=c.example.test,b.example.test"
    "--naptr-record=example.test,10,20,s,SIP+D2U,,_sip._udp.example.test"
    for n in 1..100 do
        $"--host-record=many.example.test,198.51.100.{n}"
]

let private withZone check () = Dnsmasq.withZone zone (fun server -> check (resolver server))

let private ttl = TimeSpan.FromSeconds 30.0

let private told (record: DnsRecord) =
    match record with
    | :? SrvRecord as r -> $"{r.Name} {r.Ttl} SRV {r.Priority} {r.Weight} {r.Port} {r.Target}"
    | :? AddressRecord as r -> $"{r.Name} {r.Ttl} {r.Address}"
    | :? CnameRecord as r -> $"{r.Name} {r.Ttl} CNAME {r.CanonicalName}"
    | :? NaptrRecord as r ->
        $"{r.Name} {r.Ttl} NAPTR {r.Order} {r.Preference} {r.Flags} {r.Service} {r.Replacement}"
    | r -> string r

let private telling name kind (resolver: DnsClientResolver) =
    let answer = ask resolver name kind
    Expect.equal answer.Status DnsStatus.Ok name
    answer.Records |> Seq.map told |> Seq.sort |> List.ofSeq

let private gives name kind expected resolver =
    Expect.equal (telling name kind resolver) expected name

let private fails name kind expected resolver =
    let answer = ask resolver name kind
    Expect.equal answer (DnsAnswer.Failed expected) name

/// A server that does to each question what it is told.
let private withServer (serve: Socket -> unit) (check: IPEndPoint -> unit) =
    use socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

    socket.Bind(IPEndPoint(IPAddress.Loopback, 0))

    match socket.LocalEndPoint with
    | :? IPEndPoint as local ->
        Task.Run(fun () -> serve socket) |> ignore
        check local
    | _ -> failtest "no port"

/// It hears and says nothing.
let private withSilence check = withServer ignore check

/// The header of the question, then bytes that are no message.
let private babble (socket: Socket) =
    let buffer = Array.zeroCreate 2048

    try
        while true do
            let mutable from: EndPoint = IPEndPoint(IPAddress.Any, 0)
            let length = socket.ReceiveFrom(buffer, &from)
            let answer = Array.init length (fun i -> if i < 2 then buffer[i] else 0xffuy)
            socket.SendTo(answer, from) |> ignore
    with
    | :? SocketException
    | :? ObjectDisposedException -> ()

let private within (seconds: float) action =
    let clock = Stopwatch.StartNew()
    action ()
    Expect.isLessThan clock.Elapsed.TotalSeconds seconds "in time"

let private served =
    testList "against dnsmasq" [
        testCase "SRV, with priority, weight, port and TTL"
        <| withZone (
            gives "_sip._udp.example.test" DnsType.Srv [
                "_sip._udp.example.test. 00:00:30 SRV 10 60 5070 a.example.test."
                "_sip._udp.example.test. 00:00:30 SRV 20 0 5071 b.example.test."
            ]
        )

        testCase "A and AAAA"
        <| withZone (fun resolver ->
            resolver |> gives "a.example.test" DnsType.A [ "a.example.test. 00:00:30 192.0.2.1" ]

            resolver
            |> gives "a.example.test" DnsType.Aaaa [ "a.example.test. 00:00:30 2001:db8::1" ])

        testCase "CNAME, with what it leads to"
        <| withZone (
            gives "c.example.test" DnsType.A [
                "b.example.test. 00:00:30 192.0.2.2"
                "c.example.test. 00:00:30 CNAME b.example.test."
            ]
        )

        testCase "NAPTR"
        <| withZone (
            gives "example.test" DnsType.Naptr [
                "example.test. 00:00:30 NAPTR 10 20 s SIP+D2U _sip._udp.example.test."
            ]
        )

        testCase "a missing name, a missing type, a domain the server knows nothing of"
        <| withZone (fun resolver ->
            resolver |> fails "gone.example.test" DnsType.A DnsStatus.NxDomain
            resolver |> fails "b.example.test" DnsType.Aaaa DnsStatus.NoData
            resolver |> fails "example.org" DnsType.A DnsStatus.Refused)

        testCase "an answer too long for a datagram comes over TCP"
        <| withZone (fun resolver ->
            Expect.equal (telling "many.example.test" DnsType.A resolver).Length 100 "all of them")

        testCase "many questions at one time"
        <| withZone (fun resolver ->
            let ask _ =
                let question = DnsQuestion("a.example.test", DnsType.A)
                resolver.QueryAsync(question, CancellationToken.None)

            let answers = (Task.WhenAll(Seq.init 200 ask)).Result
            let good = answers |> Array.filter (fun answer -> answer.Status = DnsStatus.Ok)
            Expect.equal good.Length 200 "each answered")
    ]

/// A server that is there and says nothing: a socket whose questions the test takes.
type private Mute() =
    let socket =
        new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)

    do
        socket.ReceiveTimeout <- 20_000
        socket.Bind(IPEndPoint(IPAddress.Loopback, 0))

    member _.EndPoint =
        match socket.LocalEndPoint with
        | :? IPEndPoint as local -> local
        | _ -> failtest "no port"

    /// Waits for a question.
    member _.Hear() = socket.Receive(Array.zeroCreate<byte> 2048) |> ignore
    member _.HasHeard = socket.Available > 0

    interface IDisposable with
        member _.Dispose() = socket.Dispose()

/// Two mute servers before others, in virtual time.
let private behindTwo others check =
    use first = new Mute()
    use second = new Mute()
    let clock = FakeTimeProvider()
    let servers = [| yield! [ first.EndPoint; second.EndPoint ]; yield! others |]
    let options = DnsClientOptions(Servers = servers, TimeProvider = clock)
    let resolver = DnsClientResolver options

    let ask () =
        resolver.QueryAsync(DnsQuestion("a.example.test", DnsType.A), CancellationToken.None)

    check first second clock options ask

let private turns =
    testList "turns" [
        testCase "two dead servers of three do not use up the time, and are not asked again"
        <| fun () ->
            Dnsmasq.withZone zone (fun server ->
                behindTwo [ server ] (fun first second clock options ask ->
                    let turn = options.AnswerWithin / 3.0
                    let asked: Task<DnsAnswer> = ask ()
                    first.Hear()
                    clock.Advance turn
                    second.Hear()
                    Expect.isFalse asked.IsCompleted "nobody has answered yet"
                    clock.Advance turn
                    Expect.equal asked.Result.Status DnsStatus.Ok "the third"
                    Expect.equal (ask ()).Result.Status DnsStatus.Ok "once more"
                    Expect.isFalse (first.HasHeard || second.HasHeard) "the third at once"))

        testCase "all are dead: each has its turn before the time is up"
        <| fun () ->
            use third = new Mute()

            behindTwo [ third.EndPoint ] (fun first second clock options ask ->
                let asked: Task<DnsAnswer> = ask ()

                for server in [ first; second; third ] do
                    server.Hear()
                    Expect.isFalse asked.IsCompleted "not yet"
                    clock.Advance(options.AnswerWithin / 3.0)

                Expect.equal asked.Result.Status DnsStatus.TimedOut "in five seconds")

        testCase "one that refuses is passed over; when all others are silent, it is the reason"
        <| fun () ->
            Dnsmasq.withZone [] (fun refusing ->
                Dnsmasq.withZone zone (fun server ->
                    let of' servers = DnsClientResolver(DnsClientOptions(Servers = servers))
                    let good = of' [| refusing; server |]
                    Expect.equal (ask good "a.example.test" DnsType.A).Status DnsStatus.Ok "next"))

            Dnsmasq.withZone [] (fun refusing ->
                behindTwo [ refusing ] (fun first second clock options ask ->
                    let asked: Task<DnsAnswer> = ask ()

                    for server in [ first; second ] do
                        server.Hear()
                        clock.Advance(options.AnswerWithin / 3.0)

                    // Once more to the silent ones, as far as the time goes.
                    first.Hear()
                    clock.Advance(options.AnswerWithin / 3.0)
                    Expect.equal asked.Result.Status DnsStatus.Refused "the reason"))
    ]

let private alone =
    testList "alone" [
        testCase "no server listening: an answer all the same"
        <| fun () ->
            let options =
                DnsClientOptions(
                    Servers = [| IPEndPoint(IPAddress.Loopback, Dnsmasq.freePort ()) |],
                    TryWithin = TimeSpan.FromMilliseconds 100.0
                )

            within 4.0 (fun () ->
                DnsClientResolver options |> fails "example.test" DnsType.A DnsStatus.TimedOut)

        testCase "a server that answers nonsense, again and again, is as good as none"
        <| fun () ->
            withServer babble (fun server ->
                let options =
                    DnsClientOptions(
                        Servers = [| server |],
                        AnswerWithin = TimeSpan.FromSeconds 1.0
                    )

                within 4.0 (fun () ->
                    let answer = ask (DnsClientResolver options) "example.test" DnsType.A

                    Expect.contains
                        [ DnsStatus.ServFail; DnsStatus.TimedOut ]
                        answer.Status
                        "fails"))

        testCase "a silent server: TimedOut after the tries"
        <| fun () ->
            withSilence (fun server ->
                let options =
                    DnsClientOptions(
                        Servers = [| server |],
                        TryWithin = TimeSpan.FromMilliseconds 100.0,
                        Retries = 1
                    )

                within 4.0 (fun () ->
                    DnsClientResolver options |> fails "example.test" DnsType.A DnsStatus.TimedOut))

        testCase "a silent server: TimedOut at the limit, by the clock that was given"
        <| fun () ->
            withSilence (fun server ->
                let clock = FakeTimeProvider()
                let options = DnsClientOptions(Servers = [| server |], TimeProvider = clock)
                let question = DnsQuestion("example.test", DnsType.A)
                let task = DnsClientResolver(options).QueryAsync(question, CancellationToken.None)
                Expect.isFalse (task.Wait 50) "it waits"

                within 1.5 (fun () ->
                    clock.Advance options.AnswerWithin
                    Expect.equal task.Result.Status DnsStatus.TimedOut "the limit"))

        testCase "cancellation throws, and nothing else does"
        <| fun () ->
            withSilence (fun server ->
                use cancel = new CancellationTokenSource()
                let question = DnsQuestion("example.test", DnsType.A)
                let task = (resolver server).QueryAsync(question, cancel.Token)
                cancel.Cancel()
                let wait () = task.GetAwaiter().GetResult() |> ignore
                Expect.throwsT<OperationCanceledException> wait "cancelled")

        testCase "a name that cannot stand in a question does not exist"
        <| fun () ->
            let resolver = resolver (IPEndPoint(IPAddress.Loopback, Dnsmasq.freePort ()))

            for name in [ String('a', 64); "a..b"; String.replicate 100 "abc." ] do
                fails name DnsType.A DnsStatus.NxDomain resolver

        testCase "the system's servers: an answer of some kind, even where there are none"
        <| fun () ->
            let options = DnsClientOptions(AnswerWithin = TimeSpan.FromSeconds 1.0)
            let answer = ask (DnsClientResolver options) "name.invalid" DnsType.A
            Expect.isEmpty answer.Records "no records"
            Expect.notEqual answer.Status DnsStatus.Ok "not found"

        testCase "misuse is refused at once"
        <| fun () ->
            for options in
                [
                    DnsClientOptions(TryWithin = TimeSpan.Zero)
                    DnsClientOptions(AnswerWithin = TimeSpan.FromSeconds -1.0)
                    DnsClientOptions(Retries = -1)
                    DnsClientOptions(Servers = [| Unchecked.defaultof<IPEndPoint> |])
                ] do
                let create () = DnsClientResolver options |> ignore
                Expect.throws create (string options)
    ]

let tests = testSequenced <| testList "DnsClientResolver" [ served; turns; alone ]
