// A persistent map from 64-bit keys, in key order: a radix trie, 32 ways a node, paths compressed.
// The one map of the core: by number, by hash. Each value may have an instant at which it is due, and
// each branch knows the earliest below it, so that what is due next is found without a second map.
namespace SipFun.Core

open System.Numerics
open System.Runtime.CompilerServices

/// `Shift` tells the two kinds apart without a look at the type: a leaf's is below zero.
[<AbstractClass>]
type internal TrieNode<'V>(shift: int, due: Instant) =
    member _.Shift = shift
    /// Of a branch: the earliest below it.
    member _.Due = due

[<Sealed>]
type internal TrieLeaf<'V>(key: uint64, due: Instant, value: 'V) =
    inherit TrieNode<'V>(-1, due)
    member _.Key = key
    member _.Value = value

/// In an array of these a store checks no type.
[<Struct>]
type internal TrieChild<'V> = { Node: TrieNode<'V> }

/// All keys below share the bits above `Shift + 5`; the next five choose the child.
[<Sealed>]
type internal TrieBranch<'V>
    (shift: int, due: Instant, prefix: uint64, bitmap: uint32, children: TrieChild<'V> array) =
    inherit TrieNode<'V>(shift, due)
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

    /// The instant that does not come.
    let never: Instant = System.Int64.MaxValue * 1L<ms>

    let empty<'V> : Trie<'V> = { Root = null }
    let isEmpty (trie: Trie<'V>) = isNull trie.Root

    let inline private leaf (node: TrieNode<'V>) : TrieLeaf<'V> =
        Unchecked.nonNull (Unsafe.As<TrieLeaf<'V>> node)

    let inline private branch (node: TrieNode<'V>) : TrieBranch<'V> =
        Unchecked.nonNull (Unsafe.As<TrieBranch<'V>> node)

    let inline private bitOf shift (key: uint64) = 1u <<< int ((key >>> shift) &&& 31UL)

    /// The bits above this branch's own five; a shift by 64 or more would wrap around.
    let inline private prefixAt shift (key: uint64) =
        if shift + Bits >= 64 then 0UL else key >>> (shift + Bits)

    let inline private slot (bitmap: uint32) (bit: uint32) =
        BitOperations.PopCount(bitmap &&& (bit - 1u))

    let private tryLeaf (key: uint64) (trie: Trie<'V>) : TrieLeaf<'V> | null =
        let mutable node: TrieNode<'V> | null = trie.Root
        let mutable found: TrieLeaf<'V> | null = null

        while not (isNull node) do
            match node with
            | null -> ()
            | leafNode when leafNode.Shift < 0 ->
                if (leaf leafNode).Key = key then
                    found <- leaf leafNode

                node <- null
            | branchNode ->
                let branch = branch branchNode
                let bit = bitOf branch.Shift key

                if prefixAt branch.Shift key = branch.Prefix && branch.Bitmap &&& bit <> 0u then
                    node <- branch.Children[slot branch.Bitmap bit].Node
                else
                    node <- null

        found

    let tryFind key (trie: Trie<'V>) : 'V voption =
        match tryLeaf key trie with
        | null -> ValueNone
        | leaf -> ValueSome leaf.Value

    /// The value, and when it is due.
    let tryFindDue key (trie: Trie<'V>) : struct (Instant * 'V) voption =
        match tryLeaf key trie with
        | null -> ValueNone
        | leaf -> ValueSome(struct (leaf.Due, leaf.Value))

    let contains key (trie: Trie<'V>) = not (isNull (tryLeaf key trie))

    /// Two subtries whose keys differ, under the branch that tells them apart.
    let private join keyA (nodeA: TrieNode<'V>) keyB (nodeB: TrieNode<'V>) : TrieNode<'V> =
        let shift =
            (63 - BitOperations.LeadingZeroCount(keyA ^^^ keyB: uint64)) / Bits * Bits

        let bitA, bitB = bitOf shift keyA, bitOf shift keyB
        let a, b = { Node = nodeA }, { Node = nodeB }
        let children = if bitA < bitB then [| a; b |] else [| b; a |]
        TrieBranch(shift, min nodeA.Due nodeB.Due, prefixAt shift keyA, bitA ||| bitB, children)

    let private earliest (children: TrieChild<'V> array) =
        let mutable due = never

        for child in children do
            due <- min due child.Node.Due

        due

    let private replaced at (child: TrieNode<'V>) (branch: TrieBranch<'V>) : TrieNode<'V> =
        let old = branch.Children
        let children: TrieChild<'V> array = Array.zeroCreate old.Length
        System.Array.Copy(old, children, old.Length)
        children[at] <- { Node = child }

        // Only where the earliest became later the others have a say.
        let due =
            if old[at].Node.Due = branch.Due && child.Due > branch.Due then
                earliest children
            else
                min branch.Due child.Due

        TrieBranch(branch.Shift, due, branch.Prefix, branch.Bitmap, children)

    let private inserted at bit (child: TrieNode<'V>) (branch: TrieBranch<'V>) : TrieNode<'V> =
        let old = branch.Children
        let children: TrieChild<'V> array = Array.zeroCreate (old.Length + 1)
        System.Array.Copy(old, 0, children, 0, at)
        children[at] <- { Node = child }
        System.Array.Copy(old, at, children, at + 1, old.Length - at)
        let due = min branch.Due child.Due
        TrieBranch(branch.Shift, due, branch.Prefix, branch.Bitmap ||| bit, children)

    /// At most 13 levels deep, whatever the keys.
    let rec private put key (added: TrieLeaf<'V>) (node: TrieNode<'V> | null) : TrieNode<'V> =
        match node with
        | null -> added
        | old when old.Shift < 0 ->
            if (leaf old).Key = key then
                added
            else
                join key added (leaf old).Key old
        | old ->
            let branch = branch old

            if prefixAt branch.Shift key = branch.Prefix then
                let bit = bitOf branch.Shift key
                let at = slot branch.Bitmap bit

                if branch.Bitmap &&& bit = 0u then
                    inserted at bit added branch
                else
                    replaced at (put key added branch.Children[at].Node) branch
            else
                // A branch at shift 60 has no bits above it, so that every key fits: no wrap here.
                join key added (branch.Prefix <<< (branch.Shift + Bits)) branch

    /// With this value under the key, due at this instant, whatever was there.
    let setDue key due value (trie: Trie<'V>) : Trie<'V> = {
        Root = put key (TrieLeaf(key, due, value)) trie.Root
    }

    /// With this value under the key, whatever was there.
    let set key value trie = setDue key never value trie

    let private without at bit (branch: TrieBranch<'V>) : TrieNode<'V> =
        let old = branch.Children

        if old.Length = 2 then
            old[1 - at].Node
        else
            let children: TrieChild<'V> array = Array.zeroCreate (old.Length - 1)
            System.Array.Copy(old, 0, children, 0, at)
            System.Array.Copy(old, at + 1, children, at, old.Length - at - 1)
            let wasEarliest = old[at].Node.Due = branch.Due
            let due = if wasEarliest then earliest children else branch.Due
            TrieBranch(branch.Shift, due, branch.Prefix, branch.Bitmap ^^^ bit, children)

    let rec private cut key (node: TrieNode<'V> | null) : TrieNode<'V> | null =
        match node with
        | null -> null
        | old when old.Shift < 0 -> if (leaf old).Key = key then null else old
        | old ->
            let branch = branch old
            let bit = bitOf branch.Shift key

            if prefixAt branch.Shift key <> branch.Prefix || branch.Bitmap &&& bit = 0u then
                old
            else
                let at = slot branch.Bitmap bit
                let child = branch.Children[at].Node

                match cut key child with
                | null -> without at bit branch
                | kept when obj.ReferenceEquals(kept, child) -> old
                | kept -> replaced at kept branch

    /// Without the key; the same trie when it was not there.
    let remove key (trie: Trie<'V>) : Trie<'V> = { Root = cut key trie.Root }

    /// The leaf found by taking, at each branch, the first child of which this is true.
    let private descend (choose: TrieBranch<'V> -> int) (trie: Trie<'V>) : TrieLeaf<'V> | null =
        let rec below (node: TrieNode<'V>) =
            if node.Shift < 0 then
                leaf node
            else
                let branch = branch node
                below branch.Children[choose branch].Node

        match trie.Root with
        | null -> null
        | root -> below root

    /// The entry with the least key.
    let tryFirst (trie: Trie<'V>) : struct (uint64 * 'V) voption =
        match descend (fun _ -> 0) trie with
        | null -> ValueNone
        | leaf -> ValueSome(struct (leaf.Key, leaf.Value))

    let private earliestOf (branch: TrieBranch<'V>) =
        let mutable at = 0

        while branch.Children[at].Node.Due <> branch.Due do
            at <- at + 1

        at

    /// When the first entry is due; `never` when none is.
    let firstDue (trie: Trie<'V>) =
        match trie.Root with
        | null -> never
        | root -> root.Due

    /// The key of the entry that is due first; of several at one instant, the least.
    let tryFirstDue (trie: Trie<'V>) : uint64 voption =
        match descend earliestOf trie with
        | null -> ValueNone
        | leaf when leaf.Due = never -> ValueNone
        | leaf -> ValueSome leaf.Key

    let rec private over visit acc (node: TrieNode<'V>) =
        if node.Shift < 0 then
            visit acc (leaf node)
        else
            (branch node).Children |> Array.fold (fun acc child -> over visit acc child.Node) acc

    let private foldLeaves visit start (trie: Trie<'V>) =
        match trie.Root with
        | null -> start
        | root -> over visit start root

    /// Every entry, in the order of keys.
    let fold (visit: 'S -> uint64 -> 'V -> 'S) start (trie: Trie<'V>) =
        foldLeaves (fun acc (leaf: TrieLeaf<'V>) -> visit acc leaf.Key leaf.Value) start trie

    let toList (trie: Trie<'V>) =
        fold (fun all key value -> (key, value) :: all) [] trie |> List.rev

    /// Every entry with its instant, in the order of keys.
    let toDueList (trie: Trie<'V>) =
        foldLeaves (fun all leaf -> struct (leaf.Key, leaf.Due, leaf.Value) :: all) [] trie
        |> List.rev

    let count (trie: Trie<'V>) = fold (fun sum _ _ -> sum + 1) 0 trie

    /// Every branch says the earliest instant below it.
    let knowsEarliest (trie: Trie<'V>) =
        let rec isRight (node: TrieNode<'V>) =
            node.Shift < 0
            || (node.Due = earliest (branch node).Children
                && (branch node).Children |> Array.forall (fun child -> isRight child.Node))

        match trie.Root with
        | null -> true
        | root -> isRight root
