// Law Q2 of the location service's map: leases and their deadlines agree, and none outlives its end.
module SipFun.Tests.Registrar.LocationsTests

open Expecto
open SipFun.Core

let private most = 5

let private leases (ends: byte list) : Lease<int> list =
    ends
    |> List.mapi (fun index until -> { Held = index; Since = 0L<ms>; Until = int64 until * 1L<ms> })

let private name (n: byte) = $"name {n % 8uy}"

type private Op =
    | Replace of now: byte * name: byte * ends: byte list
    | Expire of now: byte

let private apply (locations: Locations<int>) op =
    match op with
    | Replace(now, n, ends) ->
        Locations.tryReplace (int64 now * 1L<ms>) most (name n) (leases ends) locations
        |> ValueOption.defaultValue locations
    | Expire now ->
        let struct (locations, _) = Locations.expire (int64 now * 1L<ms>) 3 locations
        locations

let private run ops = List.fold apply Locations.empty ops

let tests =
    testList "Locations" [
        testProperty
            "Q2: leases and deadlines agree, and there are never too many names"
            (fun ops ->
                let locations = run ops
                Locations.violations locations = [] && Locations.size locations <= most)

        testProperty
            "after what is due has ended, the alarm is later than now"
            (fun ops (now: byte) ->
                let now = int64 now * 1L<ms>
                let struct (left, _) = Locations.expire now 100 (run ops)
                Locations.alarm left |> ValueOption.forall (fun due -> due > now))

        testProperty "what ended is told once, and was not found before" (fun ops (now: byte) ->
            let now = int64 now * 1L<ms>
            let locations = run ops
            let struct (left, ended) = Locations.expire now 100 locations

            ended
            |> List.forall (fun struct (name, over) ->
                let found = Locations.find now name locations

                List.forall (fun (lease: Lease<int>) -> lease.Until <= now) over
                && not over.IsEmpty
                && Locations.find now name left = found))

        testCase "a lease ends at its instant, not after it"
        <| fun () ->
            match Locations.tryReplace 0L<ms> 1 "a" (leases [ 5uy ]) Locations.empty with
            | ValueSome locations ->
                Expect.equal (Locations.find 4L<ms> "a" locations).Length 1 "before"
                Expect.isEmpty (Locations.find 5L<ms> "a" locations) "then"
            | ValueNone -> failtest "there was room"

        testCase "one name more than may be is refused; a known one is not"
        <| fun () ->
            let one = Locations.tryReplace 0L<ms> 1 "a" (leases [ 5uy ]) Locations.empty

            let more name =
                one |> ValueOption.bind (Locations.tryReplace 0L<ms> 1 name (leases [ 9uy ]))

            Expect.isTrue (more "b").IsNone "no room"
            Expect.isTrue (more "a").IsSome "the same name"
    ]
