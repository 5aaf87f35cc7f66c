// Client transactions against a reference that knows nothing of them but lists of instants (P-19), for any
// basic times (S-08); and what must not matter: the order of what is independent (P-21), the unit of
// time (P-24), and the deliveries beside (P-25).
module SipFun.Tests.Dispatcher.ReferenceTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

// ---- the reference ----

type private Expected = {
    Begun: Instant
    /// When its packets go out; those after its end are struck off.
    Sends: Instant list
    /// None once an INVITE rings.
    GivesUp: Instant voption
    Ended: (Instant * string) voption
}

/// After the first: 2xT1 more each time, up to a ceiling, as long as it is before the end.
let private copies (begun: Instant) (ceiling: Duration) (timers: Timers) =
    (begun, timers.T1)
    |> Seq.unfold (fun (at, interval) ->
        let next = at + interval

        if next < begun + timers.Long then
            Some(next, (next, min (2L * interval) ceiling))
        else
            None)
    |> List.ofSeq

let private begins (timers: Timers) isInvite now =
    let ceiling = if isInvite then Queue.never else timers.T2

    {
        Begun = now
        Sends = now :: copies now ceiling timers
        GivesUp = ValueSome(now + timers.Long)
        Ended = ValueNone
    }

/// What has happened by itself until now.
let private comesTo now each =
    match each.GivesUp, each.Ended with
    | ValueSome at, ValueNone when at <= now -> { each with Ended = ValueSome(at, "TimedOut") }
    | _ -> each

let private past now each = each.Sends |> List.filter (fun at -> at <= now)

let private rings (timers: Timers) isInvite now each =
    if isInvite then
        { each with Sends = past now each; GivesUp = ValueNone }
    else
        let isBefore (at: Instant) = at < each.Begun + timers.Long

        let slow =
            match each.Sends |> List.tryFind (fun at -> at > now) with
            | Some next ->
                Seq.initInfinite (fun n -> next + int64 n * timers.T2)
                |> Seq.takeWhile isBefore
                |> List.ofSeq
            | None -> []

        { each with Sends = past now each @ slow }

let private ends now word each = { each with Sends = past now each; Ended = ValueSome(now, word) }

let private happens timers isInvite now kind each =
    let each = comesTo now each

    match each.Ended, kind with
    | ValueSome _, _ -> each
    | _, 0 -> rings timers isInvite now each
    | _, 1 -> ends now "answered 200" each
    | _, 2 -> ends now "answered 486" each
    | _ -> ends now "Cancelled" each

// ---- the same for both ----

/// Something that happens to one of three deliveries, so much later; the first thing begins it.
type private Act = { After: Duration; Which: int; Kind: int }

let private isInvite which = which % 2 = 0
let private statuses = [| 180; 200; 486 |]

let private act =
    Gen.map3
        (fun after which kind -> { After = int64 after * 1L<ms>; Which = which; Kind = kind })
        (Gen.oneof [ Gen.choose (0, 6000); Gen.elements [ 0; 500; 1000; 2000; 4000; 16_000 ] ])
        (Gen.choose (0, 2))
        (Gen.choose (0, 3))

let private acts = Gen.listOf act |> Gen.map (List.truncate 30)

let private timersOf =
    gen {
        let! t1 = Gen.choose (1, 4000)
        let! more = Gen.choose (0, 20_000)
        let! t4 = Gen.choose (1, 10_000)

        return {
            T1 = int64 t1 * 1L<ms>
            T2 = int64 (t1 + more) * 1L<ms>
            T4 = int64 t4 * 1L<ms>
        }
    }

let private expected timers acts =
    let step (now: Instant, all) act =
        let now = now + act.After

        let each =
            match Map.tryFind act.Which all with
            | None -> begins timers (isInvite act.Which) now
            | Some each -> happens timers (isInvite act.Which) now act.Kind each

        now, Map.add act.Which each all

    let now, all = List.fold step (0L<ms>, Map.empty) acts
    Map.map (fun _ each -> comesTo (now + 1_000_000L<ms>) each) all

// ---- the real one ----

let private sent number rig =
    effects rig
    |> List.tryPick (fun (_, effect) ->
        match effect with
        | Effect.Transmit(each, _, _, bytes, _) when each = number ->
            Some(packet bytes :?> SipRequest)
        | _ -> None)

let private does act rig =
    let number = int64 act.Which + 1L
    let method = if isInvite act.Which then "INVITE" else "OPTIONS"

    match sent number rig with
    | None ->
        let message = request method $"call-{act.Which}"
        give (Deliver { order number message with Destination = ValueSome peer }) rig
    | Some _ when act.Kind = 3 -> give (CancelDelivery(ByNumber number)) rig
    | Some request -> receive (request.CreateResponse(statuses[act.Kind], "peer")) rig

let private started timers = { withSettings { settings with Timers = timers } with Number = 100L }

let private run timers acts =
    acts
    |> List.fold (fun rig act -> runFor act.After rig |> does act) (started timers)
    |> runFor 1_000_000L<ms>

let private isAck bytes = isRequest "ACK" (packet bytes)

let private sendsOf number rig = [
    for at, effect in effects rig do
        match effect with
        | Effect.Transmit(each, _, _, bytes, _) when each = number && not (isAck bytes) -> at
        | _ -> ()
]

let private endOf number rig =
    outcomes rig
    |> List.filter (fun (_, each, _) -> each = number)
    |> List.map (fun (at, _, outcome) ->
        int64 at * 1L<ms>,
        match outcome with
        | Outcome.Answered response -> $"answered {response.StatusCode}"
        | other -> string other)

/// What was seen of each delivery: its packets and its end.
let private story rig = [
    for number in [ 1L; 2L; 3L ] do
        number, sendsOf number rig, endOf number rig
]

let private told expected =
    [ 0; 1; 2 ]
    |> List.map (fun which ->
        match Map.tryFind which expected with
        | None -> int64 which + 1L, [], []
        | Some each ->
            let ended =
                match each.Ended with
                | ValueSome ended -> [ ended ]
                | ValueNone -> []

            int64 which + 1L, each.Sends, ended)

/// `count` times as slow.
let private slower (count: int64) acts =
    acts |> List.map (fun act -> { act with After = count * act.After })

let private times (count: int64) (timers: Timers) = {
    T1 = count * timers.T1
    T2 = count * timers.T2
    T4 = count * timers.T4
}

/// With an INVITE that rings nothing ends by itself within the run: left out of what is scaled.
let private scaled (count: int64) story =
    story
    |> List.map (fun (number, sends, ends) ->
        number,
        List.map (fun (at: Instant) -> count * at) sends,
        List.map (fun (at: Instant, word: string) -> count * at, word) ends)

let private holds name property =
    testPropertyWithConfig
        {
            FsCheckConfig.defaultConfig with
                maxTest = Histories.config.maxTest
        }
        name
        property

let tests =
    testList "Reference" [
        holds "P-19: packets and outcomes are those of a list of instants"
        <| Prop.forAll (Arb.fromGen acts) (fun acts ->
            story (run timers acts) = told (expected timers acts))

        holds "S-08: and for any T1, T2 and T4"
        <| Prop.forAll (Arb.fromGen (Gen.zip timersOf acts)) (fun (timers, acts) ->
            let far = acts |> List.map (fun act -> { act with After = min act.After timers.T1 })
            story (run timers far) = told (expected timers far))

        holds "P-21: what happens to two deliveries at one instant may happen in either order"
        <| Prop.forAll (Arb.fromGen (Gen.zip acts (Gen.zip act act))) (fun (acts, (a, b)) ->
            let a, b = { a with After = 0L<ms> }, { b with After = 0L<ms> }

            a.Which = b.Which
            || story (run timers (acts @ [ a; b ])) = story (run timers (acts @ [ b; a ])))

        holds "P-24: twice as slow, all of it happens twice as late"
        <| Prop.forAll (Arb.fromGen acts) (fun acts ->
            scaled 2L (story (run timers acts)) = story (run (times 2L timers) (slower 2L acts)))

        holds "P-25: without one delivery the others tell the same story"
        <| Prop.forAll (Arb.fromGen acts) (fun acts ->
            let waits (act: Act) = if act.Which = 1 then [] else [ act ]
            // Its acts go, the time that passed before them stays.
            let rest =
                acts
                |> List.fold
                    (fun (kept, waited) act ->
                        match waits { act with After = act.After + waited } with
                        | [] -> kept, waited + act.After
                        | some -> kept @ some, 0L<ms>)
                    ([], 0L<ms>)
                |> fst

            let others = List.filter (fun (number, _, _) -> number <> 2L)
            others (story (run timers rest)) = others (story (run timers acts)))
    ]
