// A city on a simulated network, drawn from one seed: a proxy with a registrar and credentials, perhaps
// an edge before it, and user agents behind both. All of it is the production shell.
namespace SipFun.Tests.Simulation

open System
open System.Collections.Generic
open System.Threading.Tasks
open SipFun
open SipFun.Testing

/// Somebody with a user agent, which may end and begin again.
type Citizen = {
    Name: string
    Host: SimulatedHost
    /// How he reaches the proxy.
    Way: Transport
    mutable Dispatcher: Dispatcher
    mutable Agent: UserAgent
    Calls: List<Call>
}

/// What a city is like.
type Character = {
    Ways: Transport array
    HasEdge: bool
    /// Whom the proxy asks for credentials: nobody, who registers, or everybody.
    Asks: int
    RecordRoute: bool
    RewriteContact: bool
    HasNat: bool
    /// Only UDP, and every packet that comes is what was sent: what arrives twice is known to be so.
    IsPlain: bool
    /// Whether octets change on the way.
    IsNoisy: bool
}

type City = {
    Network: SimulatedNetwork
    Lots: Lots
    Character: Character
    Home: Dispatcher
    Proxies: StatelessProxy list
    Store: InMemoryLocationStore
    Citizens: Citizen array
    /// Everything that was begun, and has to end.
    Begun: List<struct (string * Task)>
    /// How often each message was seen by an application, and which were answered 2xx.
    Seen: Dictionary<struct (string * string), int>
    Confirmed: HashSet<string>
    /// Whose agents have ended once.
    Restarted: HashSet<string>
}

module City =
    let names = [| "alice"; "bob"; "carol" |]

    let private homeAt = "10.0.0.9"
    let private edgeAt = "10.0.0.8"

    let private transportOf way =
        match way with
        | Transport.Udp -> "udp"
        | Transport.Tcp -> "tcp"
        | Transport.Tls -> "tls"
        | _ -> "ws"

    let uri (user: string) way =
        let domain = $"sip:{user}example.test"

        SipUri.Parse(
            if way = Transport.Udp then
                domain
            else
                $"{domain};transport={transportOf way}"
        )

    let private leg (address: string) way =
        match way with
        | Transport.Udp -> LegOptions.Udp $"{address}:5060"
        | Transport.Tcp -> LegOptions.Tcp $"{address}:5060"
        | Transport.Tls -> LegOptions.Tls $"{address}:5061"
        | _ -> LegOptions.Ws $"{address}:80"

    let private every = [| Transport.Udp; Transport.Tcp; Transport.Tls; Transport.Ws |]

    let private legs address ways = [|
        for way in every do
            if Array.contains way ways then
                leg address way
    |]

    let private startOn (host: SimulatedHost) ways =
        host.StartDispatcherAsync(DispatcherOptions(Legs = legs (string host.Addresses[0]) ways))

    /// In a plain city there is one way only: who fails over sends twice (RFC 3263, 4.3).
    let private zone (dns: SimulatedDns) character =
        dns.Zone.AddAddress("example.test", homeAt) |> ignore
        dns.Zone.AddAddress("home.example.test", homeAt) |> ignore
        let streams = [ "_sip._tcp", 5060; "_sips._tcp", 5061 ]

        for service, port in ("_sip._udp", 5060) :: (if character.IsPlain then [] else streams) do
            dns.Zone.AddSrv($"{service}.example.test", "home.example.test", port) |> ignore

    let private proxyOn dispatcher character domains store (secret: byte) =
        new StatelessProxy(
            dispatcher,
            StatelessProxyOptions(
                Domains = domains,
                Locations = store,
                RecordRoute = character.RecordRoute,
                RewriteContact = character.RewriteContact,
                AllowForeign = Array.isEmpty domains,
                Secret = ReadOnlyMemory(Array.create 16 secret)
            )
        )

    /// Who comes before the registrar: somebody who asks for credentials.
    let private guards character proxy : IReceiver list =
        if character.Asks = 0 then
            []
        else
            let users =
                dict [ for name in names -> name, DigestSecret.FromPassword $"secret of {name}" ]

            [
                DigestAuthenticator(
                    DigestAuthenticatorOptions(
                        Realm = "example.test",
                        Users = Dictionary users,
                        IsProxy = (character.Asks = 2),
                        Methods = (if character.Asks = 1 then [| SipMethod.Register |] else [||]),
                        DialogsOf = proxy
                    )
                )
            ]

    let private buildHome (network: SimulatedNetwork) character =
        let dispatcher = network.Run(startOn (network.AddHost("home", homeAt)) every)
        let store = new InMemoryLocationStore(timeProvider = network.Time)
        let domains = [| "example.test" |]
        let proxy = proxyOn dispatcher character domains store 7uy

        let registrar = new Registrar(RegistrarOptions(Domains = domains, Store = store))

        let chain: IReceiver array = [| yield! guards character proxy; registrar; proxy |]
        dispatcher.SetReceiver(Receiver.Chain chain)
        struct (dispatcher, store, proxy)

    let private buildEdge (network: SimulatedNetwork) character =
        let dispatcher = network.Run(startOn (network.AddHost("edge", edgeAt)) every)
        let proxy = proxyOn dispatcher character [||] null 8uy
        dispatcher.SetReceiver proxy
        proxy

    let private outgoing character way : SipUri | null =
        if character.HasEdge then
            let transport = transportOf way

            let port =
                if way = Transport.Ws then 80
                elif way = Transport.Tls then 5061
                else 5060

            SipUri.Parse $"sip:{edgeAt}:{port};transport={transport};lr"
        else
            null

    let private agentOn (lots: Lots) character (name: string) way dispatcher =
        let agent =
            new UserAgent(
                dispatcher,
                UserAgentOptions(
                    Address = NameAddr.Parse $"<sip:{name}@example.test>",
                    Registrar = uri "" way,
                    OutgoingProxy = outgoing character way,
                    Credentials = [| DigestCredentials(name, $"secret of {name}") |],
                    ReliableProvisionals =
                        lots.Pick [| ReliableProvisionals.Never; ReliableProvisionals.Offered |],
                    SessionTimer =
                        (if lots.Happens 0.3 then
                             Nullable(TimeSpan.FromSeconds 90.0)
                         else
                             Nullable()),
                    ForkPolicy = lots.Pick [| ForkPolicy.FirstWins; ForkPolicy.All |],
                    FollowRedirects = lots.Below 2
                )
            )

        dispatcher.SetReceiver agent
        agent

    /// A citizen's agent, begun now.
    let settle (city: City) (citizen: Citizen) =
        task {
            let ways = Array.distinct [| Transport.Udp; Transport.Tcp; citizen.Way |]
            let! dispatcher = startOn citizen.Host ways
            citizen.Dispatcher <- dispatcher
            citizen.Agent <- agentOn city.Lots city.Character citizen.Name citizen.Way dispatcher
        }

    let private citizen (network: SimulatedNetwork) (lots: Lots) character index =
        let name, way = names[index], character.Ways[index]
        let host = network.AddHost(name, $"10.0.0.{index + 1}")

        if character.HasNat && index = 2 then
            host.PutBehindNat "203.0.113.1"

        let ways = Array.distinct [| Transport.Udp; Transport.Tcp; way |]
        let dispatcher = network.Run(startOn host ways)

        {
            Name = name
            Host = host
            Way = way
            Dispatcher = dispatcher
            Agent = agentOn lots character name way dispatcher
            Calls = List()
        }

    let private drawn (lots: Lots) =
        let isPlain = lots.Happens 0.4

        {
            Ways =
                Array.init names.Length (fun _ ->
                    if isPlain then Transport.Udp else lots.Pick every)
            HasEdge = lots.Happens 0.4
            Asks = lots.Below 3
            RecordRoute = lots.Happens 0.6
            RewriteContact = lots.Happens 0.3
            HasNat = not isPlain && lots.Happens 0.3
            IsPlain = isPlain
            IsNoisy = not isPlain && lots.Happens 0.3
        }

    /// How good the ways are; a plain city loses and delays, but changes nothing.
    let weather (lots: Lots) character =
        LinkConditions(
            Delay = TimeSpan.FromMilliseconds(float (lots.Pick [| 1; 20; 150 |])),
            Jitter = TimeSpan.FromMilliseconds(float (lots.Pick [| 0; 10; 200 |])),
            Loss = lots.Pick [| 0.0; 0.02; 0.1; 0.3 |],
            Duplication = lots.Pick [| 0.0; 0.0; 0.1 |],
            Reordering = lots.Pick [| 0.0; 0.0; 0.1 |],
            Corruption = (if character.IsNoisy then 0.02 else 0.0),
            Mtu =
                (if character.IsPlain then
                     Nullable()
                 else
                     lots.Pick [| Nullable(); Nullable 1280 |]),
            ReportsUnreachable = lots.Happens 0.5
        )

    /// A city of this character; the rest is drawn.
    let buildAs character (lots: Lots) =
        let network =
            new SimulatedNetwork(
                SimulatedNetworkOptions(Seed = lots.Next(), PlainStreams = true, TraceLimit = 400)
            )

        zone network.Dns character
        let struct (home, store, proxy) = buildHome network character
        let edge = if character.HasEdge then [ buildEdge network character ] else []

        {
            Network = network
            Lots = lots
            Character = character
            Home = home
            Proxies = proxy :: edge
            Store = store
            Citizens = Array.init names.Length (citizen network lots character)
            Begun = List()
            Seen = Dictionary()
            Confirmed = HashSet()
            Restarted = HashSet()
        }

    let build seed =
        let lots = Lots seed
        buildAs (drawn lots) lots

    let dispatchers city = [
        for proxy in city.Proxies do
            proxy.Dispatcher
        for citizen in city.Citizens do
            citizen.Dispatcher
    ]
