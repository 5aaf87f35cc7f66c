// Which leg a hop leaves by: its connection's, the only one that suits, or of several the one from whose
// address the system would send (RFC 6724, 5). Asked once for all who wait, remembered for a moment.
module internal SipFun.Core.Sourcing

open SipFun

/// A living connection, with the leg that it belongs to.
let private flowLeg (wishes: Wishes) (hop: Hop) work =
    match Flows.tryFind hop.Flow work with
    | ValueSome flow when wishes.Legs.IsEmpty || List.contains flow.Leg wishes.Legs ->
        ValueSome flow.Leg
    | _ -> ValueNone

/// Whether the system's word is wanted, and not known.
let isWanted wishes (hop: Hop) work =
    (flowLeg wishes hop work).IsNone
    && LegChoice.isContested work.State.Legs wishes hop
    && (Sources.tryFind work.Now hop.Address work.State.Sources).IsNone

/// The source address to a hop for which several legs suit, and the word of it.
let private sourceOf wishes (hop: Hop) work =
    if LegChoice.isContested work.State.Legs wishes hop then
        match Sources.tryFind work.Now hop.Address work.State.Sources with
        | ValueSome source -> struct (source, [ SourceIs(hop.Address, source) ])
        | ValueNone -> struct (ValueNone, [])
    else
        struct (ValueNone, [])

/// The legs that reach the hop, best first.
let ranked wishes hop work =
    let struct (source, _) = sourceOf wishes hop work
    LegChoice.ranked work.State.Legs wishes source hop

let private choose wishes hop work : struct (Leg voption * Decision list) =
    let struct (source, said) = sourceOf wishes hop work
    let struct (leg, decisions) = LegChoice.choose work.State.Legs wishes source hop
    struct (leg, said @ decisions)

let private legAt number work =
    work.State.Legs |> List.tryFind (fun (leg: Leg) -> leg.Number = number) |> Option.toValueOption

/// A hop that names a living connection leaves by its leg, any other by the leg that suits it.
let legFor (wishes: Wishes) (hop: Hop) work : struct (Leg voption * Decision list) =
    match flowLeg wishes hop work with
    | ValueSome number ->
        let leg = legAt number work

        struct (leg,
                [
                    for leg in ValueOption.toList leg do
                        LegChosen(leg, "its connection")
                ])
    | ValueNone -> choose wishes hop work

/// The system's word, or that it said nothing in time.
let remember destination source work =
    let sources = Sources.add work.Now destination source work.State.Sources
    { work with State = { work.State with Sources = sources } }

/// Until when to wait for it.
let by work = work.Now + work.Settings.Memories.AnswerWithin

/// Nobody said anything: the legs' own addresses decide.
let unanswered hops work =
    match hops with
    | (hop: Hop) :: _ -> remember hop.Address ValueNone work
    | [] -> work
