// A persistent map from 64-bit keys, in key order: a radix trie, 32 ways a node, paths compressed.
// The one map of the core: by number, by instant, by hash. It knows nothing of what it holds.
namespace SipFun.Core

open System.Numerics

[<AbstractClass>]
type internal TrieNode<'V>() = class end

[<Sealed>]
type internal TrieLeaf<'V>(key: uint64, value: 'V) =
    inherit TrieNode<'V>()
    member _.Key = key
    member _.Value = value

/// All keys below share the bits above `Shift + 5`; the next five choose the child.
[<Sealed>]
type internal TrieBranch<'V>
    (shift: int, prefix: uint64, bitmap: uint32, children: TrieNode<'V> array) =
    inherit TrieNode<'V>()
    member _.Shift = shift
    member _.Prefix = prefix
    member _.Bitmap = bitmap
    member _.Children = children

/// A persistent map in the order of its keys.
[<Struct; CustomEquality; NoComparison>]
type Trie<'V> = private {
    Root: TrieNode<'V> | null
} with

    override this.Equals(other) =
        match other with
        | :? Trie<'V> as trie -> obj.ReferenceEquals(this.Root, trie.Root)
        | _ -> false

    override this.GetHashCode() = 0

module Trie =
    [<Literal>]
    let private Bits = 5

    let empty<'V> : Trie<'V> = { Root = null }
    let isEmpty (trie: Trie<'V>) = isNull trie.Root

    let inline private bitOf shift (key: uint64) = 1u <<< int ((key >>> shift) &&& 31UL)

    /// The bits above this branch's own five; a shift by 64 or more would wrap around.
    let inline private prefixAt shift (key: uint64) =
        if shift + Bits >= 64 then 0UL else key >>> (shift + Bits)

    let inline private slot (bitmap: uint32) (bit: uint32) =
        BitOperations.PopCount(bitmap &&& (bit - 1u))

    let tryFind (key: uint64) (trie: Trie<'V>) : 'V voption =
        let mutable node: TrieNode<'V> | null = trie.Root
        let mutable found = ValueNone
        let mutable searching = true

        while searching do
            match node with
            | :? TrieBranch<'V> as branch ->
                let bit = bitOf branch.Shift key

                if prefixAt branch.Shift key = branch.Prefix && branch.Bitmap &&& bit <> 0u then
                    node <- branch.Children[slot branch.Bitmap bit]
                else
                    searching <- false
            | :? TrieLeaf<'V> as leaf ->
                if leaf.Key = key then
                    found <- ValueSome leaf.Value

                searching <- false
            | _ -> searching <- false

        found

    let contains key trie = (tryFind key trie: 'V voption).IsSome

    /// Two subtries whose keys differ, under the branch that tells them apart.
    let private join keyA (nodeA: TrieNode<'V>) keyB (nodeB: TrieNode<'V>) : TrieNode<'V> =
        let shift =
            (63 - BitOperations.LeadingZeroCount(keyA ^^^ keyB: uint64)) / Bits * Bits

        let bitA, bitB = bitOf shift keyA, bitOf shift keyB
        let children = if bitA < bitB then [| nodeA; nodeB |] else [| nodeB; nodeA |]
        TrieBranch(shift, prefixAt shift keyA, bitA ||| bitB, children) :> _

    let private replaced at (child: TrieNode<'V>) (branch: TrieBranch<'V>) : TrieNode<'V> =
        let children = Array.copy branch.Children
        children[at] <- child
        TrieBranch(branch.Shift, branch.Prefix, branch.Bitmap, children) :> _

    let private inserted at bit (child: TrieNode<'V>) (branch: TrieBranch<'V>) : TrieNode<'V> =
        let old = branch.Children
        let children: TrieNode<'V> array = Array.zeroCreate (old.Length + 1)
        Array.blit old 0 children 0 at
        children[at] <- child
        Array.blit old at children (at + 1) (old.Length - at)
        TrieBranch(branch.Shift, branch.Prefix, branch.Bitmap ||| bit, children) :> _

    /// At most 13 levels deep, whatever the keys.
    let rec private put key (leaf: TrieLeaf<'V>) (node: TrieNode<'V> | null) : TrieNode<'V> =
        match node with
        | :? TrieBranch<'V> as branch when prefixAt branch.Shift key = branch.Prefix ->
            let bit = bitOf branch.Shift key
            let at = slot branch.Bitmap bit

            if branch.Bitmap &&& bit = 0u then
                inserted at bit leaf branch
            else
                replaced at (put key leaf branch.Children[at]) branch
        | :? TrieBranch<'V> as branch ->
            // A branch at shift 60 has no bits above it, so that every key fits: no wrap here.
            join key leaf (branch.Prefix <<< (branch.Shift + Bits)) branch
        | :? TrieLeaf<'V> as old when old.Key <> key -> join key leaf old.Key old
        | _ -> leaf

    /// With this value under the key, whatever was there.
    let set key value (trie: Trie<'V>) : Trie<'V> = {
        Root = put key (TrieLeaf(key, value)) trie.Root
    }

    let private without at (branch: TrieBranch<'V>) : TrieNode<'V> =
        let old = branch.Children

        if old.Length = 2 then
            old[1 - at]
        else
            let children: TrieNode<'V> array = Array.zeroCreate (old.Length - 1)
            Array.blit old 0 children 0 at
            Array.blit old (at + 1) children at (old.Length - at - 1)
            let bitmap = branch.Bitmap
            // The at-th set bit goes.
            let mutable rest = bitmap

            for _ in 1..at do
                rest <- rest &&& (rest - 1u)

            let less = bitmap ^^^ (rest &&& (~~~rest + 1u))
            TrieBranch(branch.Shift, branch.Prefix, less, children) :> _

    let rec private cut key (node: TrieNode<'V> | null) : TrieNode<'V> | null =
        match node with
        | :? TrieBranch<'V> as branch ->
            let bit = bitOf branch.Shift key

            if prefixAt branch.Shift key <> branch.Prefix || branch.Bitmap &&& bit = 0u then
                branch
            else
                let at = slot branch.Bitmap bit
                let child = branch.Children[at]

                match cut key child with
                | null -> without at branch
                | kept when obj.ReferenceEquals(kept, child) -> branch
                | kept -> replaced at kept branch
        | :? TrieLeaf<'V> as leaf when leaf.Key = key -> null
        | other -> other

    /// Without the key; the same trie when it was not there.
    let remove key (trie: Trie<'V>) : Trie<'V> = { Root = cut key trie.Root }

    /// The entry with the least key.
    let tryFirst (trie: Trie<'V>) : struct (uint64 * 'V) voption =
        let mutable node: TrieNode<'V> | null = trie.Root
        let mutable found = ValueNone

        while not (isNull node) do
            match node with
            | :? TrieBranch<'V> as branch -> node <- branch.Children[0]
            | :? TrieLeaf<'V> as leaf ->
                found <- ValueSome(struct (leaf.Key, leaf.Value))
                node <- null
            | _ -> node <- null

        found

    let rec private over visit acc (node: TrieNode<'V> | null) =
        match node with
        | :? TrieBranch<'V> as branch -> Array.fold (over visit) acc branch.Children
        | :? TrieLeaf<'V> as leaf -> visit acc leaf.Key leaf.Value
        | _ -> acc

    /// Every entry, in the order of keys.
    let fold (visit: 'S -> uint64 -> 'V -> 'S) start (trie: Trie<'V>) = over visit start trie.Root

    let toList (trie: Trie<'V>) =
        fold (fun all key value -> (key, value) :: all) [] trie |> List.rev

    let count (trie: Trie<'V>) = fold (fun sum _ _ -> sum + 1) 0 trie
