// The persistent map against F#'s own Map: whatever was set and removed, both know the same.
module SipFun.Tests.Delivery.TrieTests

open Expecto
open SipFun.Core

type private Op =
    | Set of uint64 * int
    | Remove of uint64

/// Keys that meet: few of them, some that differ in high bits only, some in low ones.
let private key (seed: uint16) =
    match seed % 4us with
    | 0us -> uint64 seed % 40UL
    | 1us -> uint64 (seed % 40us) <<< 59
    | 2us -> System.UInt64.MaxValue - uint64 (seed % 40us)
    | _ -> uint64 seed * 0x9e3779b97f4a7c15UL

let private op (remove: bool, seed: uint16, value: int) =
    if remove then Remove(key seed) else Set(key seed, value)

let private both (trie, map) op =
    match op with
    | Set(key, value) -> Trie.set key value trie, Map.add key value map
    | Remove key -> Trie.remove key trie, Map.remove key map

let private run ops = List.fold both (Trie.empty, Map.empty) (List.map op ops)

let tests =
    testList "Trie" [
        testProperty "it holds what a Map holds, in the order of keys" (fun ops ->
            let trie, map = run ops
            Trie.toList trie = Map.toList map)

        testProperty "it finds what a Map finds" (fun ops (seed: uint16) ->
            let trie, map = run ops

            (Trie.tryFind (key seed) trie |> ValueOption.toOption) = Map.tryFind (key seed) map)

        testProperty "its first entry is the least key's" (fun ops ->
            let trie, map = run ops

            let first =
                match Trie.tryFirst trie with
                | ValueSome(struct (key, value)) -> Some(key, value)
                | ValueNone -> None

            first = (Map.toSeq map |> Seq.tryHead))

        testProperty "an older version stays as it was" (fun ops more ->
            let trie, map = run ops
            List.fold both (trie, map) (List.map op more) |> ignore
            Trie.toList trie = Map.toList map)

        testProperty "it is empty when everything was removed" (fun ops ->
            let trie, map = run ops
            Map.fold (fun trie key _ -> Trie.remove key trie) trie map |> Trie.isEmpty)
    ]
