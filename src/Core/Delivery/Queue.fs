// Entries that wait, and when each is due: an immutable map with its deadline index.
// The two change together in `set` and `remove`, and nowhere else (law Q2).
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
type Waiting<'T> = { Due: Instant; Value: 'T }

type Queue<'T> = private { Entries: Trie<Waiting<'T>>; Deadlines: Index; Size: int }

module Queue =
    /// The instant that does not come.
    let never: Instant = System.Int64.MaxValue * 1L<ms>

    let empty<'T> : Queue<'T> = { Entries = Trie.empty; Deadlines = Trie.empty; Size = 0 }

    let size (queue: Queue<'T>) = queue.Size

    let tryFind (number: int64) (queue: Queue<'T>) = Trie.tryFind (uint64 number) queue.Entries

    let private undated number (due: Instant) deadlines =
        if due = never then
            deadlines
        else
            Index.remove (uint64 due) number deadlines

    let private dated number (due: Instant) deadlines =
        if due = never then
            deadlines
        else
            Index.add (uint64 due) number deadlines

    /// With this entry under the number, whatever was there.
    let set (number: int64) due value (queue: Queue<'T>) =
        let entries = Trie.set (uint64 number) { Due = due; Value = value } queue.Entries

        match tryFind number queue with
        | ValueSome old when old.Due = due -> { queue with Entries = entries }
        | ValueSome old -> {
            queue with
                Entries = entries
                Deadlines = queue.Deadlines |> undated number old.Due |> dated number due
          }
        | ValueNone -> {
            Entries = entries
            Deadlines = dated number due queue.Deadlines
            Size = queue.Size + 1
          }

    let remove (number: int64) (queue: Queue<'T>) =
        match tryFind number queue with
        | ValueNone -> queue
        | ValueSome old -> {
            Entries = Trie.remove (uint64 number) queue.Entries
            Deadlines = undated number old.Due queue.Deadlines
            Size = queue.Size - 1
          }

    /// When the first entry is due.
    let next (queue: Queue<'T>) : Instant voption =
        match Trie.tryFirst queue.Deadlines with
        | ValueSome(struct (due, _)) -> ValueSome(int64 due * 1L<ms>)
        | ValueNone -> ValueNone

    /// The first entry due at `now` or before; of several due at one instant, the oldest.
    let tryDue (now: Instant) (queue: Queue<'T>) : int64 voption =
        match Trie.tryFirst queue.Deadlines with
        | ValueSome(struct (due, numbers)) when int64 due * 1L<ms> <= now ->
            match Trie.tryFirst numbers with
            | ValueSome(struct (number, ())) -> ValueSome(int64 number)
            | ValueNone -> ValueNone
        | _ -> ValueNone

    let toList (queue: Queue<'T>) =
        Trie.toList queue.Entries |> List.map (fun (number, waiting) -> int64 number, waiting)

    /// What contradicts law Q2; empty when all is well.
    let violations (queue: Queue<'T>) =
        let dated =
            toList queue
            |> List.filter (fun (_, waiting) -> waiting.Due <> never)
            |> List.map (fun (number, waiting) -> waiting.Due, number)
            |> List.sort

        let indexed = [
            for due, numbers in Trie.toList queue.Deadlines do
                for number, () in Trie.toList numbers do
                    int64 due * 1L<ms>, int64 number
        ]

        [
            if dated <> List.sort indexed then
                "Q2: the entries and the deadline index differ"
            if List.length (toList queue) <> queue.Size then
                "Q2: the size is wrong"
        ]
