// The DNS matrix (reliability.md, 4.8): what can go wrong with each kind of record, and for each row
// where the request goes, after how long, with how many questions, and whether the next delivery asks
// again. In virtual time, against a resolver that does as it is told.
module SipFun.Tests.Dispatcher.MatrixTests

open System
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Resolution
open SipFun.Tests.Dispatcher.Resolver

/// NAPTR leads to port 5071, SRV alone to 5072, the domain's own address to 5060.
let private lines = [
    "example.com NAPTR 1 1 s SIP+D2U \"\" _sip._udp.n.example.com"
    "_sip._udp.n.example.com SRV 1 1 5071 a.example.com"
    "_sip._udp.example.com SRV 1 1 5072 b.example.com"
    "a.example.com A 127.0.0.11"
    "b.example.com A 127.0.0.12"
    "example.com A 127.0.0.13"
]

let private second = 1000L<ms>
let private naptr = Resolving.question "NAPTR" "example.com"
let private srv = Resolving.question "SRV" "_sip._udp.n.example.com"
let private own = Resolving.question "SRV" "_sip._udp.example.com"
let private a = Resolving.question "A" "a.example.com"

/// What is not there may be believed for a minute, as its SOA record says.
let private zone: Script =
    fun question ->
        fromZone lines question
        |> List.map (fun (at, answer) -> at, { answer with NegativeTtl = 60 })

let private failed status = [ 0L<ms>, { Answer.failed status with NegativeTtl = 60 } ]
let private late answers = answers |> List.map (fun (_, answer) -> 6L * second, answer)

let private with' ttl answers =
    let aged (answer: Answer) = {
        answer with
            Records = answer.Records |> Array.map (fun record -> { record with Ttl = ttl })
    }

    answers |> List.map (fun (at, answer) -> at, aged answer)

/// Every name is an alias of itself, or of the other.
let private loop (question: Question) = [
    0L<ms>, Answer.ok [| { Name = question.Name; Ttl = 60; Data = AliasOf question.Name } |]
]

let private thousand (question: Question) =
    let data n =
        match question.Type with
        | DnsType.Naptr -> PointerTo(1, n, "s", "SIP+D2U", "", $"_sip._udp.n{n}.example.com")
        | DnsType.Srv -> ServiceAt(n, 0, 5071, (if n = 1 then "a.example.com" else $"h{n}.x"))
        | _ -> AddressOf(Address.ofV4 (0x7f010000u + uint32 n))

    [
        0L<ms>,
        Answer.ok [| for n in 1..1000 -> { Name = question.Name; Ttl = 60; Data = data n } |]
    ]

let private mixed (question: Question) = [
    0L<ms>,
    Answer.ok [|
        yield! (snd (List.head (zone question))).Records
        {
            Name = question.Name
            Ttl = 60
            Data = AddressOf(address "2001:db8::1")
        }
        {
            Name = question.Name
            Ttl = 60
            Data = AddressOf(address "127.0.0.66")
        }
        {
            Name = "evil.example"
            Ttl = 60
            Data = AddressOf(address "127.0.0.67")
        }
    |]
]

/// How one kind of question goes wrong.
let private faults: Map<string, Question -> (Duration * Answer) list> =
    Map.ofList [
        "fine", zone
        "SERVFAIL", (fun _ -> failed DnsStatus.ServFail)
        "NXDOMAIN", (fun _ -> failed DnsStatus.NxDomain)
        "REFUSED", (fun _ -> failed DnsStatus.Refused)
        "timeout", (fun _ -> [])
        "late", zone >> late
        "empty", (fun _ -> failed DnsStatus.NoData)
        "twice", (fun question -> zone question @ zone question)
        "TTL 0", zone >> with' 0
        "CNAME loop", loop
        "1000 records", thousand
        "mixed", mixed
    ]

// Columns: fault; of; where the request goes first, or the failure; after how many seconds; how many
// questions were asked; how many the next delivery asks two seconds later.
let private table =
    """
fine         | NAPTR | 127.0.0.11:5071 | 0 | 3  | 0
SERVFAIL     | NAPTR | 127.0.0.12:5072 | 0 | 3  | 0
NXDOMAIN     | NAPTR | 127.0.0.12:5072 | 0 | 3  | 0
REFUSED      | NAPTR | 127.0.0.12:5072 | 0 | 3  | 0
timeout      | NAPTR | 127.0.0.12:5072 | 5 | 3  | 0
late         | NAPTR | 127.0.0.12:5072 | 5 | 3  | 2
empty        | NAPTR | 127.0.0.12:5072 | 0 | 3  | 0
twice        | NAPTR | 127.0.0.11:5071 | 0 | 3  | 0
TTL 0        | NAPTR | 127.0.0.11:5071 | 0 | 3  | 1
CNAME loop   | NAPTR | 127.0.0.12:5072 | 0 | 3  | 0
1000 records | NAPTR | 127.0.0.12:5072 | 0 | 8  | 0
mixed        | NAPTR | 127.0.0.11:5071 | 0 | 3  | 0
SERVFAIL     | SRV   | 127.0.0.13:5060 | 0 | 4  | 0
NXDOMAIN     | SRV   | 127.0.0.13:5060 | 0 | 4  | 0
REFUSED      | SRV   | 127.0.0.13:5060 | 0 | 4  | 0
timeout      | SRV   | 127.0.0.13:5060 | 5 | 3  | 1
late         | SRV   | 127.0.0.13:5060 | 5 | 3  | 1
empty        | SRV   | 127.0.0.13:5060 | 0 | 4  | 0
twice        | SRV   | 127.0.0.11:5071 | 0 | 3  | 0
TTL 0        | SRV   | 127.0.0.11:5071 | 0 | 3  | 1
CNAME loop   | SRV   | 127.0.0.13:5060 | 0 | 4  | 0
1000 records | SRV   | 127.0.0.11:5071 | 0 | 12 | 0
mixed        | SRV   | 127.0.0.11:5071 | 0 | 3  | 0
SERVFAIL     | A     | DnsFailure      | 0 | 3  | 0
NXDOMAIN     | A     | NameNotFound    | 0 | 3  | 0
REFUSED      | A     | DnsFailure      | 0 | 3  | 0
timeout      | A     | TimedOut        | 5 | 3  | 0
late         | A     | TimedOut        | 5 | 3  | 0
empty        | A     | NoAddress       | 0 | 3  | 0
TTL 0        | A     | 127.0.0.11:5071 | 0 | 3  | 1
CNAME loop   | A     | DnsFailure      | 0 | 3  | 0
1000 records | A     | 127.1.0.1:5071  | 0 | 3  | 0
mixed        | A     | 127.0.0.11:5071 | 0 | 3  | 0
"""

let private rows =
    table.Split('\n', StringSplitOptions.RemoveEmptyEntries)
    |> Array.map (fun line -> line.Split '|' |> Array.map _.Trim())
    |> List.ofArray

let private isOf kind (question: Question) =
    match kind with
    | "NAPTR" -> question.Type = DnsType.Naptr
    | "SRV" -> question.Type = DnsType.Srv
    | _ -> question.Type = DnsType.A

let private first number world =
    let sent =
        effects world.Rig
        |> List.tryPick (fun (at, effect) ->
            match effect with
            | Effect.Transmit(each, _, hop, _, _) when each = number ->
                Some(at, $"{Address.toString hop.Address}:{hop.Port}")
            | Effect.Complete(each, Unresolved failure, _, _) when each = number ->
                Some(at, string failure.Fault)
            | _ -> None)

    match sent with
    | Some(at, what) -> what, int (at / second)
    | None -> "nothing", -1

let private check (row: string[]) =
    let broken: Script =
        fun question ->
            if isOf row[1] question then
                faults[row[0]] question
            else
                zone question

    let number, world =
        deliverTo "sip:b@example.com" "c1" "OPTIONS" (world broken start)

    let world = runFor (20L * second) world
    let where, after = first number world
    let questions = (asked world.Rig).Length
    let resolved = { world with Rig = { world.Rig with Log = [] }; Seen = 0 }

    // A fresh world up to two seconds after the first packet, or the failure.
    let _, again =
        deliverTo "sip:b@example.com" "c1" "OPTIONS" (Resolver.world broken start)

    let again = runFor (int64 after * second + 2L * second) again
    let before = (asked again.Rig).Length
    let _, again = deliverTo "sip:b@example.com" "c2" "OPTIONS" again
    let more = (asked (runFor 0L<ms> again).Rig).Length - before
    let name = $"{row[0]} of {row[1]}"
    same (where, after) (row[2], int row[3]) $"{name}: where and when"
    same questions (int row[4]) $"{name}: questions"
    Expect.isLessThanOrEqual questions ResolutionBounds.Questions "at most twelve"
    same more (int row[5]) $"{name}: the next delivery's questions"
    Expect.isEmpty (asked (runFor (60L * second) resolved).Rig) $"{name}: no copy asks again"

let tests =
    testList "Matrix" [
        testCase "there are at least thirty rows"
        <| fun () -> Expect.isGreaterThanOrEqual rows.Length 30 "rows"

        for row in rows do
            testCase $"{row[0]} of {row[1]}" (fun () -> check row)
    ]
