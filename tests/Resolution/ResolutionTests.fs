module SipFun.Tests.Resolution.ResolutionTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Resolution.Resolving

/// A world to resolve in: few names, so that records meet; all kinds of records and failures.
type World = {
    Lines: string list
    Uri: string
    Legs: string list
    Wishes: Wishes
    Seed: uint64
    /// Which of the open questions is answered next, each time.
    Picks: int list
}

let private names = [ for n in 1..7 -> $"h{n}.example.com" ]

let private services = [
    for name in names[0..1] do
        for prefix in [ "_sip._udp"; "_sip._tcp"; "_sips._tcp" ] -> $"{prefix}.{name}"
]

let private line =
    gen {
        let! name = Gen.elements names
        let! service = Gen.elements services
        let! either = Gen.elements (names @ services)
        let! target = Gen.elements ("." :: "192.0.2.77" :: "localhost" :: names @ names)
        let! n = Gen.choose (0, 5)
        let! kind = Gen.elements [ "SIP+D2U"; "SIP+D2T"; "SIPS+D2T"; "SIP+D2W"; "SIP+D2S" ]

        return!
            Gen.frequency [
                4, Gen.constant $"{name} NAPTR {n % 2} {n} s {kind} \"\" {service}"
                8, Gen.constant $"{service} SRV {n % 2} {n} {5060 * n} {target}"
                5, Gen.constant $"{name} A 192.0.2.{n + 1}"
                4, Gen.constant $"{name} AAAA 2001:db8::{n + 1}"
                4, Gen.constant $"{either} CNAME {target}"
                1, Gen.constant $"{name} A SERVFAIL"
                1, Gen.constant $"{service} SRV TIMEOUT"
                1, Gen.constant $"{name} NAPTR SERVFAIL"
                1, Gen.constant $"{name} AAAA REFUSED"
            ]
    }

let private legTexts = [
    "udp:192.0.2.200:5060"
    "tcp:192.0.2.200:5060"
    "udp:[2001:db8::200]:5060"
    "tls:[::1]:5061"
    "ws:127.0.0.1:80"
]

let private uris = [
    for scheme in [ "sip"; "sip"; "sip"; "sips" ] do
        for rest in [ ""; ""; ""; ":5070"; ";transport=tcp"; ";transport=ws" ] do
            for host in names[0..3] @ [ "localhost"; "192.0.2.9"; "x.example.com" ] do
                $"{scheme}:{host}{rest}"
]

let private world =
    gen {
        let! lines = Gen.choose (5, 60) >>= fun count -> Gen.listOfLength count line
        let! uri = Gen.elements uris
        let! legs = Gen.frequency [ 1, Gen.subListOf legTexts; 2, Gen.constant legTexts ]

        let! transports =
            Gen.listOf (Gen.elements [ Transport.Udp; Transport.Tcp; Transport.Tls ])

        let! only = Gen.subListOf [ 1; 2; 3 ]
        let! pinned = Gen.frequency [ 4, Gen.constant []; 1, Gen.constant only ]
        let! wished = Gen.frequency [ 4, Gen.constant []; 1, Gen.constant transports ]
        let! seed = Gen.choose (0, 1000)
        let! picks = Gen.listOfLength 40 (Gen.choose (0, 11))

        return {
            Lines = lines
            Uri = uri
            Legs = legs
            Wishes = { Wishes.none with Transports = wished; Legs = pinned }
            Seed = uint64 seed
            Picks = picks
        }
    }

type Worlds =
    static member World() = Arb.fromGen world

let private config = {
    FsCheckConfig.defaultConfig with
        maxTest = if SipFun.Tests.Suite.long then 50_000 else 1000
        arbitrary = [ typeof<Worlds> ]
}

let private law name (check: World -> bool) = testPropertyWithConfig config name check

let private story pick (world: World) =
    let rules = { rules with Seed = world.Seed }
    let legs = legs world.Legs

    Resolution.ofUri rules legs world.Wishes 1L (uri world.Uri)
    |> tellWith pick (answer (zone world.Lines)) legs rules

let private inTurn world = story (fun _ -> 0) world

/// Each time another of the open questions, by the world's own list.
let private shuffled (world: World) =
    let mutable picks = world.Picks

    let pick _ =
        match picks with
        | pick :: rest ->
            picks <- rest
            pick
        | [] -> 0

    story pick world

let private outcome (story: Story) =
    match story.Outcome with
    | Ok hops -> Choice1Of2 hops
    | Error failure -> Choice2Of2(failure.Stage, failure.Fault, failure.Detail)

let private reaches (world: World) (hop: Hop) =
    not (LegChoice.able (legs world.Legs) world.Wishes hop).IsEmpty

let private waiting =
    match Resolution.ofUri rules udp46 anything 1L (uri "sip:h1.example.com:5060") with
    | struct (Waiting(resolution, questions), _) -> struct (resolution, questions)
    | _ -> failwith "it should wait"

let tests =
    testList "Resolution" [
        law "R1: the hops, or the failure, do not depend on the order of answers"
        <| fun world -> outcome (inTurn world) = outcome (shuffled world)

        law "R1: nor do the questions"
        <| fun world -> set (inTurn world).Questions = set (shuffled world).Questions

        law "R2: no question is asked twice, and there are at most 12"
        <| fun world ->
            let asked = (shuffled world).Questions
            List.distinct asked = asked && asked.Length <= ResolutionBounds.Questions

        law "R3: each hop comes once, and some allowed leg reaches it"
        <| fun world ->
            match (inTurn world).Outcome with
            | Ok hops ->
                not hops.IsEmpty
                && List.distinct hops = hops
                && hops.Length <= ResolutionBounds.Hops
                && List.forall (reaches world) hops
            | Error failure -> failure.Detail.EndsWith '.'

        law "P-29: sips never ends on a hop without TLS, and every TLS hop has a name to verify"
        <| fun world ->
            match (inTurn world).Outcome with
            | Ok hops ->
                hops
                |> List.forall (fun hop ->
                    let isSecure = TransportName.isSecure hop.Transport

                    isNull hop.VerifyName <> isSecure
                    && (isSecure || not (world.Uri.StartsWith "sips")))
            | Error _ -> true

        testCase "the worlds are not dull: hops, failures and waiting of every kind come up"
        <| fun () ->
            let worlds = Gen.sampleWithSeed (Rnd(2026UL, 11UL)) 50 2000 world
            let stories = worlds |> Seq.map inTurn |> List.ofSeq

            let faults =
                stories
                |> List.choose (fun s ->
                    match s.Outcome with
                    | Error f -> Some f.Fault
                    | _ -> None)

            let found = stories |> List.filter (fun s -> s.Outcome.IsOk)
            Expect.isGreaterThan found.Length 300 "found"
            Expect.isGreaterThan (List.distinct faults).Length 5 $"{List.countBy id faults}"
            let lengths = stories |> List.countBy _.Questions.Length |> Map.ofList

            Expect.isTrue
                (Map.containsKey ResolutionBounds.Questions lengths)
                (sprintf "%A" (Map.toList lengths))

        testCase "an answer to another question, or a second one, changes nothing"
        <| fun () ->
            let struct (resolution, questions) = waiting
            let other = Question.create "other.example.com" DnsType.A
            let ok = Answer.failed DnsStatus.NoData

            match Resolution.answered rules udp46 other ok resolution with
            | struct (Waiting(same, []), []) -> Expect.equal same resolution "the same"
            | _ -> failtest "it should wait on"

            let struct (progress, _) =
                Resolution.answered rules udp46 questions.Head ok resolution

            match progress with
            | Waiting(next, []) ->
                match Resolution.answered rules udp46 questions.Head ok next with
                | struct (Waiting(same, []), []) -> Expect.equal same next "the same"
                | _ -> failtest "it should wait on"
            | _ -> failtest "one more is open"

        testCase "a resolution whose legs went away fails, and says so"
        <| fun () ->
            let struct (resolution, questions) = waiting
            let answer = Answer.failed DnsStatus.NoData
            let first = Resolution.answered rules udp46 questions[0] answer resolution

            match first with
            | struct (Waiting(next, _), _) ->
                match Resolution.answered rules [] questions[1] answer next with
                | struct (Failed failure, _) ->
                    Expect.equal failure.Fault ResolutionFault.NoLeg "no leg any more"
                | _ -> failtest "it should have failed"
            | _ -> failtest "it should wait"

        testCase "a name of one family and legs of both: both are asked at once (RFC 7984, 3.1)"
        <| fun () ->
            let struct (_, questions) = waiting

            Expect.equal
                (questions |> List.map Question.toString)
                [ "AAAA h1.example.com"; "A h1.example.com" ]
                "together"
    ]
