// A dispatcher, what its deliveries sent, and the watch over them: the steps that C3, C4 and C5 share.
module SipFun.Tests.Model.Play

open SipFun
open SipFun.Core
open SipFun.Tests
open SipFun.Tests.Dispatcher
open SipFun.Tests.Rig
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Worlds

type Play = {
    Rig: Rig
    Watch: Watch.Watch
    /// Each delivery's request to each target, the last target first.
    Sent: Map<int64, SipRequest list>
    HandedUpLate: bool
}

let private branch (request: SipRequest) = string request.TopVia.Branch

let private remembered sent effect =
    match effect with
    | Effect.Transmit(number, _, _, bytes, _) ->
        match packet bytes with
        | :? SipRequest as request when request.Method <> SipMethod.Ack ->
            let known = Map.tryFind number sent |> Option.defaultValue []

            if known |> List.exists (fun each -> branch each = branch request) then
                sent
            else
                Map.add number (request :: known) sent
        | _ -> sent
    | _ -> sent

let private isLate play effect =
    match effect with
    | Effect.HandUp(number, response) when response.IsSuccess ->
        Watch.outcome number play.Watch <> ""
    | _ -> false

let private clientOf number play =
    match State.tryFind number play.Rig.State with
    | ValueSome(ClientEntry client) -> ValueSome client
    | _ -> ValueNone

let private current play number =
    match clientOf number play with
    | ValueSome { Phase = Calling attempt }
    | ValueSome { Phase = Proceeding attempt } -> Branch.toText attempt.Branch
    | _ -> ""

/// Takes in what a step did.
let private taken cause late play rig =
    let effects, rig = harvested rig

    let watch = {
        play.Watch with
            IsTick = cause = Watch.Silence
            IsLate = late > 0L<ms>
            Cause = cause
            Current = current play
    }

    let play = {
        play with
            Rig = rig
            Sent = List.fold remembered play.Sent effects
            HandedUpLate = play.HandedUpLate || List.exists (isLate play) effects
            Watch = List.fold (Watch.observe rig.Now) watch effects
    }

    effects, play

let private causeOf input =
    match input with
    | Input.Failed _
    | Bounced _
    | FlowClosed _
    | RemoveLeg _ -> Watch.Fault
    | FlowOpened _ -> Watch.Connected
    | _ -> Watch.Other

/// S-20: what the shell says twice is counted the second time, and no more.
let private repeated input play =
    if StepLaws.isRepeatable input then
        let again = give input { play.Rig with Log = [] }

        let isSilent =
            again.State = play.Rig.State && again.Log |> List.forall (fun (_, each) -> each.IsCount)

        { play with Watch = Watch.broken "S-20" isSilent play.Watch }
    else
        play

let gives input play =
    taken (causeOf input) 0L<ms> play (give input play.Rig) |> snd |> repeated input

let rings late play = taken Watch.Silence late play (ringAt late play.Rig) |> snd

let begins rig =
    let play = {
        Rig = rig
        Watch = Watch.start
        Sent = Map.empty
        HandedUpLate = false
    }

    taken Watch.Other 0L<ms> play rig |> snd

/// What a 2xx with this branch must do while its INVITE lives: go up (S-29).
let private mustGoUp number (request: SipRequest) play =
    match clientOf number play with
    | ValueSome { Method = method; Phase = phase } when method = SipMethod.Invite ->
        match phase with
        | Calling attempt
        | Proceeding attempt -> Branch.toText attempt.Branch = branch request
        | Accepted ended -> Branch.toText ended.Branch = branch request
        | _ -> false
    | _ -> false

let private isWaiting number (request: SipRequest) play =
    match clientOf number play with
    | ValueSome { Phase = Calling attempt }
    | ValueSome { Phase = Proceeding attempt } -> Branch.toText attempt.Branch = branch request
    | _ -> false

let private goesUp effects = effects |> List.exists (fun (effect: Effect) -> effect.IsHandUp)

/// The request this delivery sent to its last target but `back`.
let request number back play = Map.tryFind number play.Sent |> Option.bind (List.tryItem back)

/// A peer answers, soon, late or again.
let answers number back (status: int) play =
    match request number back play with
    | None -> play
    | Some asked ->
        let isUp = status / 100 = 2 && mustGoUp number asked play
        let rang = status < 200 && isWaiting number asked play
        let watch = if rang then Watch.rang number play.Watch else play.Watch
        let rig = receive (asked.CreateResponse(status, "peer")) play.Rig
        let cause = if status = 503 then Watch.Busy else Watch.Other
        let effects, after = taken cause 0L<ms> { play with Watch = watch } rig

        {
            after with
                Watch = Watch.broken "S-29" (not isUp || goesUp effects) after.Watch
        }

let ends number play = gives (CancelDelivery(ByNumber number)) play

/// The flows there are, the oldest first.
let flows play = Trie.toList play.Rig.State.Flows |> List.map snd

let key name play =
    let rig = play.Rig

    let sent =
        Map.toList play.Sent
        |> List.map (fun (number, sent) -> name number + ":" + string sent.Length)

    String.concat "|" [
        entriesKey name rig
        Watch.key rig.State rig.Now play.Watch
        String.concat " " sent
        flowsKey name rig
        string play.HandedUpLate
        string play.Watch.Broken.Count
    ]

/// Of one delivery, with nothing of the others and not its number; for deliveries over UDP.
let deliveryKey number play =
    let rig = play.Rig

    let entry =
        match Queue.tryFind number rig.State.Queue with
        | ValueSome waiting -> entryKey (fun _ -> "-") rig.Now (fun _ -> "") (number, waiting)
        | ValueNone -> ""

    String.concat "|" [
        entry
        Watch.keyOf rig.State rig.Now number play.Watch
        Map.tryFind number play.Sent
        |> Option.map (List.length >> string)
        |> Option.defaultValue "-"
        string play.Watch.Broken.Count
    ]

let outcome number play = Watch.outcome number play.Watch

let outcomes play =
    play.Watch.Seen |> Map.values |> Seq.map (fun seen -> seen.Outcome) |> List.ofSeq

let private sentence number =
    match number with
    | "S-01" -> "one outcome, once"
    | "S-02" -> "silence after the outcome"
    | "S-03" -> "an INVITE's copies, to the millisecond"
    | "S-04" -> "other requests' copies, to the millisecond"
    | "S-05" -> "after a provisional: none of an INVITE, others at T2"
    | "S-07" -> "nothing twice over a connection"
    | "S-09" -> "no ACK by a timer"
    | "S-10" -> "another target only after a fault, a 503 or silence, under a new branch"
    | "S-11" -> "each target once"
    | "S-12" -> "of all targets the best outcome"
    | "S-14" -> "a cancel ends those it names, and no others"
    | "S-18" -> "after a leap one packet each"
    | "S-20" -> "what is said twice changes nothing"
    | "S-15" -> "after a cancel only a 2xx is news"
    | "S-16" -> "one name, one delivery; INVITE and CANCEL apart"
    | "S-28" -> "CANCEL and ACK with their INVITE's branch and target"
    | _ -> "a 2xx to INVITE goes up while its transaction lives"

/// One law of the watch, by its number.
let safety play number =
    law $"{number}: {sentence number}" (fun world ->
        not (Set.contains number (play world).Watch.Broken))
