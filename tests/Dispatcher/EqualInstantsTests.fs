// Law D6: timers due at equal instants commute. What is due at one instant is worked off in order of
// number, so the same transactions are run under other numbers: each tells the same story.
module SipFun.Tests.Dispatcher.EqualInstantsTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Histories

let private methods = [| "INVITE"; "OPTIONS"; "MESSAGE" |]

/// A request out, of this kind, under this number; all at one instant.
let private delivered at (kind: byte) number rig =
    let message = request methods[int kind % 3] $"call-{at}"

    let order = {
        order number message with
            Destination = ValueSome peer
            AnswerWithin = if kind % 7uy = 0uy then ValueSome 1500L<ms> else ValueNone
    }

    give (Deliver order) rig

/// An INVITE that came in and was answered 486, or is still handled.
let private answered at (kind: byte) number rig =
    let via = $"SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKin{at}"
    let invite = (incoming via "INVITE" "").WithHeader("Call-ID", $"call-{at}")

    let rig =
        give (Received(number, 1, peer, invite)) rig |> give (Receipted(number, Receipt.Handled))

    if kind % 2uy = 0uy then
        let response = invite.CreateResponse(486, "us")
        give (Deliver(order (number + 1000L) response)) rig
    else
        rig

let private timed (kind: byte) number rig =
    let repeat = if kind % 2uy = 0uy then ValueSome 500L<ms> else ValueNone
    let rig = give (AddTimer(number, 500L<ms>, repeat)) rig
    rig

let private begun at (kind: byte) number rig =
    match int kind / 3 % 3 with
    | 0 -> answered at kind number rig
    | 1 -> timed kind number rig
    | _ -> delivered at kind number rig

/// Who tells of it: the place of its transaction, whatever its number.
let private teller (numbers: int64 array) number =
    numbers |> Array.findIndex (fun each -> each = number || each + 1000L = number)

let private told numbers (at: Instant, effect) =
    match effect with
    | Effect.Transmit(number, _, hop, bytes, _) ->
        let message = packet bytes
        let first = message.ToString().Split('\n')[0]
        Some(teller numbers number, at, $"{first} {hop.Port} {message.CSeq}")
    | Effect.Complete(number, outcome, _, _) -> Some(teller numbers number, at, $"{outcome}")
    | Effect.Ring(number, last) -> Some(teller numbers number, at, $"rings {last}")
    | _ -> None

/// All begins at 0, under these numbers; an alarm rings late, then on time.
let private story kinds (numbers: int64 array) late =
    let start = receiving start

    let rig =
        List.zip3 [ 0 .. numbers.Length - 1 ] kinds (List.ofArray numbers)
        |> List.fold (fun rig (at, kind, number) -> begun at kind number rig) start

    let rig = give Tick { rig with Now = late } |> runUntil 40_000L<ms>
    let counts = rig.State.Deliveries, rig.State.Lingering, rig.State.Servers
    counts, effects rig |> List.choose (told numbers) |> List.sort

let tests =
    testPropertyWithConfig
        config
        "D6: timers due at equal instants commute: every order of numbers tells the same story"
        (fun (kinds: byte list) (seed: int) (late: uint16) ->
            let kinds = List.truncate 8 kinds
            let numbers = Array.init kinds.Length (fun at -> int64 at + 1L)
            let turned = Array.copy numbers
            System.Random(seed).Shuffle turned
            let late = int64 late * 1L<ms>
            story kinds numbers late = story kinds turned late)
