// Resolving against a zone written as text, so that a test reads like the zone and its outcome.
module SipFun.Tests.Resolution.Resolving

open SipFun
open SipFun.Core

let uri (text: string) = SipUri.Parse text

let address text =
    match Address.parse text with
    | ValueSome address -> address
    | ValueNone -> failwith $"not an address: {text}"

let transport (text: string) =
    match TransportName.tryParse text with
    | ValueSome transport -> transport
    | ValueNone -> failwith $"not a transport: {text}"

/// "udp:192.0.2.1:5060" or "tcp:[::1]:5060".
let hop (text: string) =
    let first, last = text.IndexOf ':', text.LastIndexOf ':'
    let host = text.Substring(first + 1, last - first - 1)

    Hop.create
        (transport (text.Substring(0, first)))
        (address host)
        (int (text.Substring(last + 1)))

/// Legs by number, from 1.
let legs texts : Leg list =
    texts
    |> List.mapi (fun at text ->
        let hop = hop text

        {
            Number = at + 1
            Transport = hop.Transport
            Address = hop.Address
            Port = hop.Port
            SentBy = text
            Networks = []
            PathMtu = 0
        })

/// One leg of each transport, IPv4.
let everyLeg =
    legs [
        for name in [ "udp"; "tcp"; "tls"; "ws"; "wss" ] -> $"{name}:192.0.2.200:5060"
    ]

let udp4 = legs [ "udp:192.0.2.200:5060" ]
let udp46 = legs [ "udp:192.0.2.200:5060"; "udp:[2001:db8::200]:5060" ]

let rules = { DomainProxies = Map.empty; OutgoingProxy = ValueNone; Seed = 1UL }

let anything = Wishes.none

type Zone = { Records: Record list; Failures: Map<Question, DnsStatus> }

let private data (words: string list) =
    match words with
    | [ "A"; text ]
    | [ "AAAA"; text ] -> AddressOf(address text)
    | [ "CNAME"; name ] -> AliasOf(Question.normal name)
    | [ "SRV"; priority; weight; port; target ] ->
        ServiceAt(int priority, int weight, int port, Question.normal target)
    | [ "NAPTR"; order; preference; flags; service; regexp; replacement ] ->
        PointerTo(
            int order,
            int preference,
            flags.Trim '"',
            service.Trim '"',
            regexp.Trim '"',
            Question.normal replacement
        )
    | words -> failwith $"not a record: {words}"

let private status (word: string) =
    match word with
    | "SERVFAIL" -> Some DnsStatus.ServFail
    | "REFUSED" -> Some DnsStatus.Refused
    | "TIMEOUT" -> Some DnsStatus.TimedOut
    | _ -> None

let question (kind: string) name =
    Question.create name (System.Enum.Parse<DnsType>(kind, ignoreCase = true))

/// Lines such as "a.example.com A 192.0.2.1", "c.example.com A SERVFAIL",
/// "b.example.com CNAME a.example.com", "_sip._udp.example.com SRV 10 60 5060 a.example.com" and
/// "example.com NAPTR 10 20 s SIP+D2U "" _sip._udp.example.com".
let zone (lines: string list) =
    let add (zone: Zone) (line: string) =
        match line.Split(' ', System.StringSplitOptions.RemoveEmptyEntries) |> List.ofArray with
        | [ name; kind; word ] when (status word).IsSome -> {
            zone with
                Failures = Map.add (question kind name) (status word).Value zone.Failures
          }
        | name :: words -> {
            zone with
                Records =
                    zone.Records @ [ { Name = Question.normal name; Ttl = 60; Data = data words } ]
          }
        | [] -> zone

    lines |> List.fold add { Records = []; Failures = Map.empty }

let private isWanted kind data =
    match kind, data with
    | DnsType.A, AddressOf a -> a.Family = Family.V4
    | DnsType.Aaaa, AddressOf a -> a.Family = Family.V6
    | DnsType.Srv, ServiceAt _
    | DnsType.Naptr, PointerTo _
    | _, AliasOf _ -> true
    | _ -> false

/// As an authoritative server answers: an alias is not followed.
let answer zone (question: Question) =
    let named = zone.Records |> List.filter (fun r -> r.Name = question.Name)

    let below =
        zone.Records |> List.exists (fun r -> r.Name.EndsWith("." + question.Name))

    match Map.tryFind question zone.Failures with
    | Some status -> Answer.failed status
    | None when named.IsEmpty && not below -> Answer.failed DnsStatus.NxDomain
    | None ->
        named |> List.filter (fun r -> isWanted question.Type r.Data) |> Array.ofList |> Answer.ok

/// How a resolution went.
type Story = {
    Outcome: Result<Hop list, ResolutionFailure>
    /// In the order in which they were asked.
    Questions: Question list
    Decisions: Decision list
}

/// Answers the open questions one at a time; `pick` chooses which is next among so many.
let rec private go pick answerTo legs rules (story: Story) opened (struct (progress, decisions)) =
    let story = { story with Decisions = story.Decisions @ decisions }

    match progress with
    | Resolved hops -> { story with Outcome = Ok hops }
    | Failed failure -> { story with Outcome = Error failure }
    | Waiting(resolution, questions) ->
        let opened: Question list = opened @ questions

        if opened.IsEmpty then
            failwith "it waits for nothing"

        let next = opened[(pick opened.Length: int) % opened.Length]

        Resolution.answered rules legs next (answerTo next) resolution
        |> go
            pick
            answerTo
            legs
            rules
            { story with Questions = story.Questions @ questions }
            (opened |> List.filter ((<>) next))

let private untold = { Outcome = Ok []; Questions = []; Decisions = [] }

let tellWith pick answerTo legs rules first = go pick answerTo legs rules untold [] first

/// Resolves a URI, each question answered from the zone in turn.
let tell lines legs text =
    Resolution.ofUri rules legs anything 1L (uri text)
    |> tellWith (fun _ -> 0) (answer (zone lines)) legs rules

let texts story =
    match story.Outcome with
    | Ok hops -> hops |> List.map Hop.toString
    | Error failure -> [ $"{failure.Stage}: {failure.Fault}" ]

let asked story = story.Questions |> List.map Question.toString

/// The hops of a URI as text, or stage and fault.
let hops lines legs text = texts (tell lines legs text)
