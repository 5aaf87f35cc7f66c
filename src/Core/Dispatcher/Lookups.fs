// A resolution by itself: where would a message to this URI go, and from which legs?
module internal SipFun.Core.Lookups

open SipFun

let private legsFor (lookup: Lookup) work (hop: Hop) =
    Sourcing.ranked lookup.Wishes hop work |> List.map (fun leg -> leg.Number)

/// The leg that the first candidate would be sent from, and why no other.
let private chosen hops (lookup: Lookup) work =
    match hops with
    | hop :: _ ->
        let struct (_, decisions) = Sourcing.legFor lookup.Wishes hop work
        { lookup with Trace = Trace.addAll work.Now decisions lookup.Trace }
    | [] -> lookup

let private finish number hops failure (lookup: Lookup) work =
    let lookup = chosen hops lookup work

    let found = {
        Hops = hops |> List.map (fun hop -> hop, legsFor lookup work hop)
        Failure = failure
        Trace = lookup.Trace
    }

    Work.remove number work |> Work.emit (Effect.Found(number, found))

/// Each candidate's legs are told best first, so that the system may have to be asked for them.
let private found number hops (lookup: Lookup) work =
    let wanted =
        hops
        |> List.filter (fun hop -> Sourcing.isWanted lookup.Wishes hop work)
        |> List.map _.Address
        |> List.distinct

    match wanted with
    | [] -> finish number hops ValueNone lookup work
    | _ ->
        let lookup = {
            lookup with
                Pending = []
                Hops = hops
                Sourceless = wanted
                Until = Sourcing.by work
        }

        Work.set number (LookupEntry lookup) work

/// The system's word came for one of the candidates.
let sourced number destination (lookup: Lookup) work =
    let left = lookup.Sourceless |> List.filter (fun address -> address <> destination)
    let lookup = { lookup with Sourceless = left }

    if left.IsEmpty then
        finish number lookup.Hops ValueNone lookup work
    else
        Work.set number (LookupEntry lookup) work

let private proceed number (struct (progress, decisions, work)) (lookup: Lookup) =
    let lookup = { lookup with Trace = Trace.addAll work.Now decisions lookup.Trace }

    match progress with
    | Resolved hops when lookup.Wishes.Key.IsSome ->
        // For a sender without state: the same hops whatever happened since (RFC 3261, 16.11).
        found number hops lookup work
    | Resolved hops ->
        let struct (hops, decisions) = Reputation.preferAny hops work
        let lookup = { lookup with Trace = Trace.addAll work.Now decisions lookup.Trace }
        found number hops lookup work
    | Progress.Failed failure -> finish number [] (ValueSome failure) lookup work
    | Waiting(resolution, _) ->
        let lookup = { lookup with Resolution = resolution; Pending = resolution.Open }
        Work.set number (LookupEntry lookup) work

let private begin' number uri (wishes: Wishes) progress work =
    let lookup = {
        Uri = uri
        Wishes = wishes
        Resolution = Unchecked.defaultof<Resolution>
        Pending = []
        Hops = []
        Sourceless = []
        Until = work.Now + work.Settings.Limits.ResolveWithin
        Trace = Trace.empty work.Settings.Limits.Decisions
    }

    proceed number (Answers.advance progress work) lookup

let start number uri wishes work =
    let progress =
        Resolution.ofUri work.Settings.Rules work.State.Legs wishes number uri

    begin' number uri wishes progress work

/// The same for a request that a proxy passes on.
let locate number hasRoute secure uri wishes work =
    let rules, legs = work.Settings.Rules, work.State.Legs
    let progress = Resolution.towards rules legs wishes number hasRoute secure uri
    begin' number uri wishes progress work

let answered number question answer (lookup: Lookup) work =
    proceed number (Answers.answered question answer lookup.Resolution work) lookup

let private unresolved number (lookup: Lookup) work =
    let failure = Resolution.timedOut lookup.Resolution

    let lookup = {
        lookup with
            Trace = Trace.add work.Now (ResolutionFailed failure) lookup.Trace
    }

    finish number [] (ValueSome failure) lookup work

/// The whole took too long, or the questions of one stage.
let due number (lookup: Lookup) work =
    if not lookup.Hops.IsEmpty then
        let silent work address = Sourcing.remember address ValueNone work
        let work = List.fold silent work lookup.Sourceless
        finish number lookup.Hops ValueNone lookup work
    elif lookup.Until <= work.Now then
        unresolved number lookup (Answers.abandoned lookup.Resolution work)
    else
        proceed number (Answers.expired lookup.Resolution work) lookup
