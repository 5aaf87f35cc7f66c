// Laws D1 to D7, Q1 and Q2 after random histories: whatever comes, in whatever order, however late.
module SipFun.Tests.Dispatcher.LawsTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig

/// One thing that happens; numbers choose among what there is.
type Event =
    | Send of method: int * call: int
    | Respond of status: int * packet: int
    | Fail of packet: int
    | Word of packet: int
    | Ask of method: int * branch: int
    | Receipt of kind: int * offer: int
    | Reply of status: int * offer: int
    | Cancel of number: int
    | CancelCall of call: int
    | Wait of duration: int
    | Late of duration: int

let private methods = [| "INVITE"; "OPTIONS"; "CANCEL"; "ACK"; "BYE" |]
let private statuses = [| 100; 180; 200; 302; 486; 503 |]

let private event =
    let up to' = Gen.choose (0, to')

    Gen.frequency [
        4, Gen.map2 (fun m c -> Send(m, c)) (up 4) (up 2)
        6, Gen.map2 (fun s p -> Respond(s, p)) (up 5) (up 20)
        1, Gen.map Fail (up 20)
        2, Gen.map Word (up 20)
        3, Gen.map2 (fun m b -> Ask(m, b)) (up 4) (up 3)
        3, Gen.map2 (fun k o -> Receipt(k, o)) (up 2) (up 10)
        3, Gen.map2 (fun s o -> Reply(s, o)) (up 5) (up 10)
        1, Gen.map Cancel (up 20)
        1, Gen.map CancelCall (up 2)
        4, Gen.map Wait (Gen.elements [ 0; 1; 100; 499; 500; 501; 4000; 20_000 ])
        2, Gen.map Late (Gen.elements [ 1; 700; 5000; 40_000; 400_000 ])
    ]

type Histories =
    static member Events() : Arbitrary<Event> = Arb.fromGen event

let private config = {
    FsCheckConfig.defaultConfig with
        maxTest = (if SipFun.Tests.Suite.long then 100_000 else 1_000)
        endSize = 80
        arbitrary = [ typeof<Histories> ]
}

let private pick index items =
    match items with
    | [] -> None
    | _ -> Some(List.item (index % List.length items) items)

let private requestsSent rig = [
    for _, _, message in wire rig do
        match message with
        | :? SipRequest as request -> request
        | _ -> ()
]

let private transmits rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Transmit(number, _, hop, _, report) -> number, hop, report
        | _ -> ()
]

let private give1 rig event =
    match event with
    | Send(method, call) -> snd (deliver (request methods[method] $"call-{call}") rig)
    | Respond(status, packet) ->
        match pick packet (requestsSent rig) with
        | Some sent when sent.Method <> SipMethod.Ack ->
            receive (sent.CreateResponse(statuses[status], "peer")) rig
        | _ -> rig
    | Fail packet ->
        match pick packet (transmits rig) with
        | Some(number, hop, _) ->
            give (Input.Failed(number, hop, TransportFault.SendFailed, "no")) rig
        | None -> rig
    | Word packet ->
        match transmits rig |> List.filter (fun (_, _, report) -> report) |> pick packet with
        | Some(number, _, _) -> give (Transmitted number) rig
        | None -> rig
    | Ask(method, branch) ->
        let via = $"SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKin{branch}"
        receive (incoming via methods[method] (if method = 3 then "our-tag" else "")) rig
    | Receipt(kind, offer) ->
        match pick offer (offered rig) with
        | Some(number, _) -> give (Receipted(number, enum<SipFun.Receipt> kind)) rig
        | None -> rig
    | Reply(status, offer) ->
        match
            offered rig |> List.filter (fun (_, r) -> r.Method <> SipMethod.Ack) |> pick offer
        with
        | Some(_, request) -> snd (respond statuses[status] request rig)
        | None -> rig
    | Cancel number -> give (CancelDelivery(ByNumber(int64 number))) rig
    | CancelCall call -> give (CancelDelivery(ByCallId(CallId.Parse $"call-{call}"))) rig
    | Wait duration -> runFor (int64 duration * 1L<ms>) rig
    | Late duration -> { rig with Now = rig.Now + int64 duration * 1L<ms> } |> give Tick

let private told rig = outcomes rig |> List.map (fun (_, number, _) -> number)

/// After its outcome nothing mentions a delivery but the ACK, what a 2xx brings, and the farewell.
let private quietAfterOutcome rig =
    let rec walk ended effects =
        match effects with
        | [] -> true
        | (_, effect) :: rest ->
            match effect with
            | Effect.Complete(number, _, _, _) ->
                not (Set.contains number ended) && walk (Set.add number ended) rest
            | Effect.Transmit(number, _, _, bytes, _) when Set.contains number ended ->
                isRequest "ACK" (packet bytes) && walk ended rest
            | Effect.HandUp(number, response) when Set.contains number ended ->
                response.IsSuccess && walk ended rest
            | Effect.TellSent(number, _) -> not (Set.contains number ended) && walk ended rest
            | _ -> walk ended rest

    walk Set.empty (effects rig)

let private law name check =
    testPropertyWithConfig config name (fun (events: Event list) ->
        let rig = List.fold give1 (receiving start) events
        check events rig)

let private drained rig =
    // Every word the shell owes, then time enough for everything but a phone that rings.
    let words =
        transmits rig
        |> List.filter (fun (_, _, report) -> report)
        |> List.fold (fun rig (number, _, _) -> give (Transmitted number) rig) rig

    let cancelled =
        [ 0..2 ]
        |> List.fold
            (fun rig call -> give (CancelDelivery(ByCallId(CallId.Parse $"call-{call}"))) rig)
            words

    runFor 1_000_000L<ms> cancelled

let tests =
    testList "Laws" [
        law "D1, D2: one outcome each, and silence after it" (fun _ rig ->
            let told = told rig
            List.distinct told = told && quietAfterOutcome rig)

        law "D3: after a tick with nothing more due the alarm is later than now" (fun _ rig ->
            let rig = runFor 0L<ms> rig

            match Dispatcher.alarm rig.State with
            | ValueSome at -> at > rig.Now
            | ValueNone -> true)

        law "L-2, D7: when no new work comes, every table becomes empty" (fun _ rig ->
            let rig = drained rig
            State.idle rig.State && (Dispatcher.alarm rig.State).IsNone)

        law "S-20: the same word of the shell twice changes nothing" (fun _ rig ->
            match List.tryHead (transmits rig) with
            | None -> true
            | Some(number, _, _) ->
                let once = give (Transmitted number) rig
                (give (Transmitted number) once).State = once.State)

        law "S-18: time never runs backwards" (fun _ rig ->
            (give Tick { rig with Now = 0L<ms> }).State.Now = rig.State.Now)

        law "P-23: the same history later gives the same effects, as much later" (fun events _ ->
            let run start = List.fold give1 (receiving start) events
            let early = run start
            let late = run { start with Now = 1_000_000L<ms> }

            let story from rig = [
                for at, hop, message in wire rig do
                    at - from, hop.Port, System.Convert.ToHexString message.Bytes.Span

                for at, number, outcome in outcomes rig do
                    int64 at * 1L<ms> - from, int number, $"{outcome}"
            ]

            story 0L<ms> early = story 1_000_000L<ms> late)
    ]
