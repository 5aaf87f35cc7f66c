// Entries that wait, and when each is due: one immutable map, whose branches know the earliest instant
// below them (law Q2).
namespace SipFun.Core

/// A set of numbers.
type Numbers = Trie<unit>

/// Numbers by a hash of what they are known by; whoever looks up compares in full.
type Index = Trie<Numbers>

module Index =
    let numbers key (index: Index) =
        match Trie.tryFind key index with
        | ValueSome numbers -> Trie.toList numbers |> List.map (fun (number, ()) -> int64 number)
        | ValueNone -> []

    let add key (number: int64) (index: Index) : Index =
        let numbers = Trie.tryFind key index |> ValueOption.defaultValue Trie.empty
        Trie.set key (Trie.set (uint64 number) () numbers) index

    let remove key (number: int64) (index: Index) : Index =
        match Trie.tryFind key index with
        | ValueNone -> index
        | ValueSome numbers ->
            let rest = Trie.remove (uint64 number) numbers

            if Trie.isEmpty rest then
                Trie.remove key index
            else
                Trie.set key rest index

/// A value and when it wants to be looked at; `Never` for one that only waits.
[<Struct>]
type Waiting<'T> = { Due: Instant; Value: 'T }

type Queue<'T> = private { Entries: Trie<'T>; Size: int }

module Queue =
    /// The instant that does not come.
    let never = Trie.never

    let empty<'T> : Queue<'T> = { Entries = Trie.empty; Size = 0 }

    let size (queue: Queue<'T>) = queue.Size

    let tryFind (number: int64) (queue: Queue<'T>) =
        match Trie.tryFindDue (uint64 number) queue.Entries with
        | ValueSome(struct (due, value)) -> ValueSome { Due = due; Value = value }
        | ValueNone -> ValueNone

    /// With this entry under the number, whatever was there.
    let set (number: int64) due value (queue: Queue<'T>) =
        let isNew = not (Trie.contains (uint64 number) queue.Entries)

        {
            Entries = Trie.setDue (uint64 number) due value queue.Entries
            Size = if isNew then queue.Size + 1 else queue.Size
        }

    let remove (number: int64) (queue: Queue<'T>) =
        if Trie.contains (uint64 number) queue.Entries then
            {
                Entries = Trie.remove (uint64 number) queue.Entries
                Size = queue.Size - 1
            }
        else
            queue

    /// When the first entry is due.
    let next (queue: Queue<'T>) : Instant voption =
        let due = Trie.firstDue queue.Entries
        if due = never then ValueNone else ValueSome due

    /// The first entry due at `now` or before; of several due at one instant, the oldest.
    let tryDue (now: Instant) (queue: Queue<'T>) : int64 voption =
        if Trie.firstDue queue.Entries > now then
            ValueNone
        else
            Trie.tryFirstDue queue.Entries |> ValueOption.map int64

    let toList (queue: Queue<'T>) =
        Trie.toDueList queue.Entries
        |> List.map (fun struct (number, due, value) -> int64 number, { Due = due; Value = value })

    /// What contradicts law Q2; empty when all is well.
    let violations (queue: Queue<'T>) = [
        if not (Trie.knowsEarliest queue.Entries) then
            "Q2: a branch does not know the earliest instant below it"
        if Trie.count queue.Entries <> queue.Size then
            "Q2: the size is wrong"
    ]
