// A resolution by itself: where would a message to this URI go, and from which legs?
module internal SipFun.Core.Lookups

open SipFun

let private legsFor (lookup: Lookup) work (hop: Hop) =
    LegChoice.able work.State.Legs lookup.Wishes hop |> List.map (fun leg -> leg.Number)

/// The leg that the first candidate would be sent from, and why no other.
let private chosen hops (lookup: Lookup) work =
    match hops with
    | hop :: _ ->
        let struct (_, decisions) = LegChoice.choose work.State.Legs lookup.Wishes hop
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

let private proceed number (struct (progress, decisions, work)) (lookup: Lookup) =
    let lookup = { lookup with Trace = Trace.addAll work.Now decisions lookup.Trace }

    match progress with
    | Resolved hops ->
        let struct (hops, decisions) = Reputation.preferAny hops work
        let lookup = { lookup with Trace = Trace.addAll work.Now decisions lookup.Trace }
        finish number hops ValueNone lookup work
    | Progress.Failed failure -> finish number [] (ValueSome failure) lookup work
    | Waiting(resolution, _) ->
        let lookup = { lookup with Resolution = resolution; Pending = resolution.Open }
        Work.set number (LookupEntry lookup) work

let start number uri (wishes: Wishes) work =
    let progress =
        Resolution.ofUri work.Settings.Rules work.State.Legs wishes number uri

    let lookup = {
        Uri = uri
        Wishes = wishes
        Resolution = Unchecked.defaultof<Resolution>
        Pending = []
        Until = work.Now + work.Settings.Limits.ResolveWithin
        Trace = Trace.empty work.Settings.Limits.Decisions
    }

    proceed number (Answers.advance progress work) lookup

let answered number question answer (lookup: Lookup) work =
    proceed number (Answers.answered question answer lookup.Resolution work) lookup

let private unresolved number (lookup: Lookup) work =
    let failure = {
        Stage = ResolutionStage.AddressRecords
        Fault = ResolutionFault.TimedOut
        Detail = "the DNS gave no answer in time: check the resolver"
    }

    finish number [] (ValueSome failure) lookup work

/// The whole took too long, or the questions of one stage.
let due number (lookup: Lookup) work =
    if lookup.Until <= work.Now then
        unresolved number lookup (Answers.abandoned lookup.Resolution work)
    else
        proceed number (Answers.expired lookup.Resolution work) lookup
