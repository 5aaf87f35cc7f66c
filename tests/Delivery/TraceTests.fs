// A trace is bounded, keeps the first and the last decisions, and knows how many it left out.
module SipFun.Tests.Delivery.TraceTests

open Expecto
open SipFun.Core

let private filled room count =
    Seq.init count SizeIs
    |> Seq.fold (fun trace decision -> Trace.add 0L<ms> decision trace) (Trace.empty room)

let private sizes dated =
    dated
    |> List.map (fun each ->
        match each.Decision with
        | SizeIs size -> size
        | _ -> -1)

let tests =
    testList "Trace" [
        testProperty
            "it keeps at most its room, the first and the last, in order"
            (fun (room: byte) (count: byte) ->
                let room, count = int room % 20, int count
                let struct (first, omitted, last) = Trace.toParts (filled room count)
                let kept = sizes first @ sizes last

                kept.Length <= room
                && (room = 0 || kept.Length + omitted = count)
                && kept = List.sort kept
                && (room = 0 || count = 0 || kept.Head = 0)
                && (room < 2 || count = 0 || List.last kept = count - 1))

        testProperty "nothing is left out while there is room" (fun (count: byte) ->
            let count = int count % 20
            let struct (first, omitted, last) = Trace.toParts (filled 20 count)
            omitted = 0 && sizes first @ sizes last = [ 0 .. count - 1 ])
    ]
