// Laws Q1 and Q2 of the queue: what was removed is never due, and its two indexes agree.
module SipFun.Tests.Delivery.QueueTests

open Expecto
open SipFun.Core

type private Queued = Queue<string>

let private op (queue: Queued) (remove: bool, number: byte, due: byte) =
    let number = int64 (number % 16uy)

    if remove then
        Queue.remove number queue
    else
        let due = if due > 200uy then Queue.never else int64 due * 1L<ms>
        Queue.set number due $"entry {number}" queue

let private run ops : Queued = List.fold op Queue.empty ops

/// Everything due, oldest instant first, each removed as it is taken.
let rec private drain now taken queue =
    match Queue.tryDue now queue with
    | ValueSome number -> drain now (number :: taken) (Queue.remove number queue)
    | ValueNone -> List.rev taken

let tests =
    testList "Queue" [
        testProperty "Q2: map and deadline index hold the same numbers" (fun ops ->
            Queue.violations (run ops) = [])

        testCase "Q2: numbers below zero are in order too"
        <| fun () ->
            let queue: Queued =
                Queue.empty |> Queue.set -1L 5L<ms> "fork" |> Queue.set 1L 5L<ms> "call"

            Expect.isEmpty (Queue.violations queue) "no difference"

        testProperty "Q1: what was removed is never due again" (fun ops (numbers: byte list) ->
            let numbers = numbers |> List.map (fun n -> int64 (n % 16uy))
            let emptied = List.foldBack Queue.remove numbers (run ops)

            drain (1000L<ms>) [] emptied
            |> List.forall (fun number -> not (List.contains number numbers)))

        testProperty "what is due comes in the order of instants, then of numbers" (fun ops ->
            let queue = run ops

            let expected =
                Queue.toList queue
                |> List.filter (fun (_, waiting) -> waiting.Due <> Queue.never)
                |> List.map (fun (number, waiting) -> waiting.Due, number)
                |> List.sort
                |> List.map snd

            drain 1000L<ms> [] queue = expected)

        testProperty "nothing is due before its instant, and `next` says when" (fun ops ->
            let queue = run ops

            match Queue.next queue with
            | ValueNone -> (Queue.tryDue (Queue.never - 1L<ms>) queue).IsNone
            | ValueSome at ->
                (Queue.tryDue (at - 1L<ms>) queue).IsNone && (Queue.tryDue at queue).IsSome)

        testProperty "its size is the number of entries" (fun ops ->
            let queue = run ops
            Queue.size queue = List.length (Queue.toList queue))

        testProperty "Index: no key without a number, no number without a row" (fun ops ->
            let apply (index, set) (remove, key: byte, number: byte) =
                let key, number = uint64 (key % 4uy), int64 (number % 8uy)

                if remove then
                    Index.remove key number index, Set.remove (key, number) set
                else
                    Index.add key number index, Set.add (key, number) set

            let index, set = List.fold apply (Trie.empty, Set.empty) ops

            let rows = [
                for key, numbers in Trie.toList index do
                    if Trie.isEmpty numbers then
                        (key, -1L)

                    for number, () in Trie.toList numbers do
                        key, int64 number
            ]

            Set.ofList rows = set)
    ]
