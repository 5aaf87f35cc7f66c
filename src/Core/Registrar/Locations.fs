// Who is bound where, and until when: a map by name with its deadline index (RFC 3261, 10).
// The two change together in `set`, and nowhere else (law Q2). Knows no clock, and nothing of what
// is bound but its deadline.
namespace SipFun.Core

/// Something that is held from one instant until another.
[<Struct>]
type Lease<'T> = { Held: 'T; Since: Instant; Until: Instant }

/// Leases by name, in the order in which they were given.
type Locations<'T> = private {
    Rows: Map<string, Lease<'T> list>
    /// One row a name: when its first lease ends.
    Deadlines: Set<struct (Instant * string)>
}

[<RequireQualifiedAccess>]
module Locations =
    let empty<'T> : Locations<'T> = { Rows = Map.empty; Deadlines = Set.empty }

    /// How many names have a lease.
    let size (locations: Locations<'T>) = locations.Deadlines.Count

    let private rows name locations = Map.tryFind name locations.Rows |> Option.defaultValue []

    let private isLive (now: Instant) (lease: Lease<'T>) = lease.Until > now

    /// The leases of a name that have not ended.
    let find now name (locations: Locations<'T>) = rows name locations |> List.filter (isLive now)

    /// The leases of a name that have ended and were not yet taken out.
    let over now name (locations: Locations<'T>) =
        rows name locations |> List.filter (isLive now >> not)

    let private firstEnd (leases: Lease<'T> list) =
        leases |> List.map (fun lease -> lease.Until) |> List.min

    let private without name locations =
        match rows name locations with
        | [] -> locations
        | leases -> {
            Rows = Map.remove name locations.Rows
            Deadlines = Set.remove (struct (firstEnd leases, name)) locations.Deadlines
          }

    /// With these leases of the name, and no others.
    let private set name (leases: Lease<'T> list) locations =
        let locations = without name locations

        match leases with
        | [] -> locations
        | leases -> {
            Rows = Map.add name leases locations.Rows
            Deadlines = Set.add (struct (firstEnd leases, name)) locations.Deadlines
          }

    /// With those of these leases that have not ended, and no others; none when the name would be one
    /// more than `most`.
    let tryReplace now most name leases (locations: Locations<'T>) =
        let isNew = List.isEmpty (rows name locations)

        match List.filter (isLive now) leases with
        | _ :: _ when isNew && size locations >= most -> ValueNone
        | live -> ValueSome(set name live locations)

    /// When the first lease of all ends.
    let alarm (locations: Locations<'T>) : Instant voption =
        if locations.Deadlines.IsEmpty then
            ValueNone
        else
            let struct (due, _) = locations.Deadlines.MinimumElement
            ValueSome due

    /// Without the leases of at most `most` names that have ended, and what they held, by name.
    let expire now most (locations: Locations<'T>) =
        let rec next left ended locations =
            match alarm locations with
            | ValueSome due when due <= now && left > 0 ->
                let struct (_, name) = locations.Deadlines.MinimumElement
                let live, over = rows name locations |> List.partition (isLive now)
                next (left - 1) (struct (name, over) :: ended) (set name live locations)
            | _ -> struct (locations, List.rev ended)

        next most [] locations

    /// What must hold in every state, and does not (laws D7, Q2).
    let violations (locations: Locations<'T>) = [
        let owed =
            locations.Rows
            |> Map.toSeq
            |> Seq.map (fun (name, leases) -> struct (firstEnd leases, name))
            |> Set.ofSeq

        if owed <> locations.Deadlines then
            "Q2: the deadlines are not those of the leases"

        if Map.exists (fun _ leases -> List.isEmpty leases) locations.Rows then
            "D7: a name without leases is kept"
    ]
