// Watches the packets and outcomes of deliveries, and names each law that one of them breaks
// (reliability.md, 4.2: S-01 to S-05, S-07, S-09 to S-12, S-15, S-28).
module SipFun.Tests.Model.Watch

open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Model.Worlds

/// What was seen of one delivery: of its last target, but for the branches.
type Seen = {
    Method: SipMethod
    Outcome: string
    Outcomes: int
    Branch: string
    /// Where each branch went.
    Branches: Map<string, Hop>
    First: Instant
    /// The last packet; and whether its alarm rang late.
    Last: Instant
    LastWasLate: bool
    Packets: int
    /// A provisional came.
    Rang: bool
    /// Copies since it came, up to two.
    SinceRang: int
    /// Call-ID, CSeq number and From tag.
    Identity: string
    /// How an earlier target ended: with 503, in silence.
    HadBusy: bool
    HadSilence: bool
}

/// What the step under way is about: the only things for which another target may be tried (S-10).
type Cause =
    | Fault
    | Busy
    | Silence
    /// What was decided before, and waited for its connection.
    | Connected
    | Other

type Watch = {
    Seen: Map<int64, Seen>
    Broken: Set<string>
    /// What the step under way is: a tick, and a late one.
    IsTick: bool
    IsLate: bool
    Cause: Cause
    /// The branch under way before the step: over a connection not yet open it was not sent.
    Current: int64 -> string
}

let start = {
    Seen = Map.empty
    Broken = Set.empty
    IsTick = false
    IsLate = false
    Cause = Other
    Current = fun _ -> ""
}

let broken number holds watch =
    if holds then
        watch
    else
        { watch with Broken = Set.add number watch.Broken }

let private instants (method: SipMethod) =
    if method = SipMethod.Invite then
        [ 500; 1500; 3500; 7500; 15500; 31500 ]
    else
        [ 500; 1500; 3500; 7500; 11500; 15500; 19500; 23500; 27500; 31500 ]
    |> List.map (fun at -> int64 at * 1L<ms>)

let private identity (request: SipRequest) =
    words [ string request.CallId; string request.CSeq.Number; string request.FromTag ]

let private fresh now (request: SipRequest) branch hop = {
    Method = request.Method
    Outcome = ""
    Outcomes = 0
    Branch = branch
    Branches = Map.ofList [ branch, hop ]
    First = now
    Last = now
    LastWasLate = false
    Packets = 1
    Rang = false
    SinceRang = 0
    Identity = identity request
    HadBusy = false
    HadSilence = false
}

/// The next target.
let private another now (request: SipRequest) branch hop cause seen = {
    fresh now request branch hop with
        Outcome = seen.Outcome
        Outcomes = seen.Outcomes
        Branches = Map.add branch hop seen.Branches
        HadBusy = seen.HadBusy || cause = Busy
        HadSilence = seen.HadSilence || cause = Silence
}

/// S-10: only after a fault, a 503 or silence, never once it rang but for a 503; the same request
/// under a new branch. S-11: each target once.
let private moveLaws (request: SipRequest) branch (hop: Hop) seen watch =
    let mayMove =
        match watch.Cause with
        | Busy
        | Connected -> true
        | Fault
        | Silence -> not seen.Rang
        | Other -> false

    let wasTried =
        seen.Branches |> Map.exists (fun _ (earlier: Hop) -> earlier.Address = hop.Address)

    watch
    |> broken "S-10" mayMove
    |> broken "S-10" (identity request = seen.Identity && not (seen.Branches.ContainsKey branch))
    |> broken "S-11" (not wasTried)

let private copyLaws now seen watch =
    let isInvite = seen.Method = SipMethod.Invite
    let expected = instants seen.Method
    let onTime = List.contains (now - seen.First) expected || watch.IsLate
    let isSteady = now - seen.Last = 4000L<ms> || watch.IsLate || seen.LastWasLate

    watch
    |> broken "S-07" (not (TransportName.isReliable seen.Branches[seen.Branch].Transport))
    |> broken "S-05" (not (isInvite && seen.Rang))
    |> broken "S-05" (isInvite || not seen.Rang || seen.SinceRang = 0 || isSteady)
    |> broken (if isInvite then "S-03" else "S-04") (seen.Rang || onTime)
    |> broken (if isInvite then "S-03" else "S-04") (seen.Packets <= expected.Length)

let private copied now watch seen = {
    seen with
        Packets = seen.Packets + 1
        Last = now
        LastWasLate = watch.IsLate
        SinceRang = if seen.Rang then min 2 (seen.SinceRang + 1) else 0
}

let private put number seen watch = { watch with Seen = Map.add number seen watch.Seen }

/// The INVITE that has this branch, and the hop it went to.
let private inviteOf branch watch =
    Map.values watch.Seen
    |> Seq.tryFind (fun seen ->
        seen.Method = SipMethod.Invite && Map.containsKey branch seen.Branches)
    |> Option.map (fun seen -> seen, seen.Branches[branch])

let private isAt hop watch condition branch =
    match inviteOf branch watch with
    | Some(seen, target) -> { target with Flow = hop.Flow } = hop && condition seen
    | None -> false

/// S-28: only where its INVITE rings, with its branch.
let private cancelLaw branch hop watch =
    let rings seen = seen.Branch = branch && seen.Rang
    broken "S-28" (isAt hop watch rings branch) watch

let private sent now number hop (request: SipRequest) watch =
    let branch = string request.TopVia.Branch

    match Map.tryFind number watch.Seen with
    | None when request.Method = SipMethod.Cancel ->
        cancelLaw branch hop watch |> put number (fresh now request branch hop)
    | None -> put number (fresh now request branch hop) watch
    | Some seen when seen.Branch = branch && hop.Flow <> seen.Branches[branch].Flow ->
        // Once more, the connection it was given to having just been closed: by no timer.
        broken "S-02" (seen.Outcomes = 0) watch
        |> broken "S-07" (not watch.IsTick)
        |> put number { seen with Branches = Map.add branch hop seen.Branches }
    | Some seen when seen.Branch = branch ->
        broken "S-02" (seen.Outcomes = 0) watch
        |> copyLaws now seen
        |> put number (copied now watch seen)
    | Some seen ->
        broken "S-02" (seen.Outcomes = 0) watch
        |> moveLaws request branch hop seen
        |> put number (another now request branch hop watch.Cause seen)

/// An ACK of ours: by no timer, with its INVITE's branch and target (17.1.1.3). One to a 2xx is a
/// delivery of its own.
let private acknowledged number hop (request: SipRequest) watch =
    let branch = string request.TopVia.Branch
    let isOurs = Map.containsKey number watch.Seen

    watch
    |> broken "S-09" (not watch.IsTick)
    |> broken "S-28" (not isOurs || isAt hop watch (fun _ -> true) branch)

let private onTime now number outcome seen watch =
    outcome <> "TimedOut"
    || not watch.IsTick // the best of several targets, when the last one failed otherwise
    || watch.Current number <> seen.Branch
    || seen.Rang && seen.Method = SipMethod.Invite
    || watch.IsLate
    || now - seen.First = 32_000L<ms>
    // Its time began when the connection was asked for.
    || TransportName.isReliable seen.Branches[seen.Branch].Transport
       && now - seen.First < 32_000L<ms>

/// S-12: the best of all targets.
let private isBest outcome seen =
    match outcome with
    | "TimedOut" -> not seen.HadBusy
    | "unreachable" -> not (seen.HadBusy || seen.HadSilence)
    | _ -> true

let private completed now number outcome watch =
    match Map.tryFind number watch.Seen with
    | Some seen ->
        let law = if seen.Method = SipMethod.Invite then "S-03" else "S-04"

        watch
        |> broken "S-01" (seen.Outcomes = 0)
        |> broken law (onTime now number outcome seen watch)
        |> broken "S-12" (isBest outcome seen)
        |> put number { seen with Outcome = outcome; Outcomes = seen.Outcomes + 1 }
    | None -> watch

/// After a cancel only a 2xx to INVITE is news (S-15, S-29).
let private handedUp number (response: SipResponse) watch =
    match Map.tryFind number watch.Seen with
    | Some seen when seen.Outcomes > 0 ->
        let isFork = response.IsSuccess && seen.Method = SipMethod.Invite
        broken (if seen.Outcome = "Cancelled" then "S-15" else "S-02") isFork watch
    | _ -> watch

let observe now watch effect =
    match effect with
    | Effect.Transmit(number, _, hop, bytes, _) ->
        match packet bytes with
        | :? SipRequest as request when request.Method = SipMethod.Ack ->
            acknowledged number hop request watch
        | :? SipRequest as request -> sent now number hop request watch
        | _ -> watch
    | Effect.Complete(number, outcome, _, _) -> completed now number (word outcome) watch
    | Effect.HandUp(number, response) -> handedUp number response watch
    | _ -> watch

/// The last request's target of this delivery said something provisional.
let rang number watch =
    match Map.tryFind number watch.Seen with
    | Some seen -> put number { seen with Rang = true } watch
    | None -> watch

let private seenKey now seen =
    String.concat " " [
        seen.Outcome
        string seen.Outcomes
        from now seen.First
        from now seen.Last
        string seen.LastWasLate
        string seen.Packets
        string seen.Rang
        string seen.SinceRang
        string seen.Branches.Count
        string seen.HadBusy
        string seen.HadSilence
    ]

/// Of a delivery that lives; of one that ended its outcome is all.
let keyOf (state: State) now number watch =
    match Map.tryFind number watch.Seen with
    | Some seen when State.isUnderWay number state -> seenKey now seen
    | Some seen -> seen.Outcome
    | None -> ""

let key (state: State) now watch =
    Map.keys watch.Seen
    |> Seq.map (fun number -> keyOf state now number watch)
    |> String.concat "; "

let outcome number watch =
    Map.tryFind number watch.Seen |> Option.map (fun seen -> seen.Outcome) |> Option.defaultValue ""
