// Between resolutions and the DNS: what is known is not asked, what is asked is asked once for all, and
// what takes too long counts as not answered (reliability: 5 s a stage).
module internal SipFun.Core.Answers

open SipFun

/// How far a resolution came with all that is known.
type Advanced = (struct (Progress * Decision list * Work))

let private withCache cache work = { work with State = { work.State with Cache = cache } }

/// Keeps an answer for the deliveries to come.
let remember question answer work =
    let memories = work.Settings.Memories

    let struct (cache, dropped) =
        Cache.put memories.Answers memories.StaleFor work.Now question answer work.State.Cache

    List.replicate dropped Counted.AnswerDropped
    |> List.fold (fun work reason -> Work.count reason work) (withCache cache work)

/// An old answer serves, and is asked for anew unless somebody waits for that already.
let private refresh question work =
    let within = work.Settings.Limits.ResolveWithin
    let work = withCache (Cache.asking within work.Now question work.State.Cache) work

    if Map.containsKey question work.State.Questions then
        work
    else
        Work.emit (Effect.Ask question) work

let private recall question work =
    let staleFor = work.Settings.Memories.StaleFor

    match Cache.tryFind staleFor work.Now question work.State.Cache with
    | Memory.Fresh(answer, left) ->
        let seconds = int ((left + 999L<ms>) / 1000L<ms>)
        ValueSome(struct (answer, Remembered(question, seconds), work))
    | Memory.Stale(answer, true) ->
        ValueSome(struct (answer, StaleUsed question, refresh question work))
    | Memory.Stale(answer, false) -> ValueSome(struct (answer, StaleUsed question, work))
    | Memory.Unknown -> ValueNone

let private recallFirst (resolution: Resolution) work =
    resolution.Open
    |> List.tryPick (fun question ->
        match recall question work with
        | ValueSome(struct (answer, said, work)) -> Some(struct (question, answer, said, work))
        | ValueNone -> None)

let private step question answer resolution work =
    Resolution.answered work.Settings.Rules work.State.Legs question answer resolution

/// What was known was not asked for: the decision says so.
let private corrected question said told =
    let wasAsked decision =
        match decision with
        | Asked asked -> asked = question
        | _ -> false

    (told |> List.filter (wasAsked >> not)) @ [ said ]

let rec private feed isNew told progress work : Advanced =
    match progress with
    | Waiting(resolution, questions) ->
        let isNew = isNew || not questions.IsEmpty

        match recallFirst resolution work with
        | Some(struct (question, answer, said, work)) ->
            let struct (progress, more) = step question answer resolution work
            feed isNew (corrected question said told @ more) progress work
        | None when isNew ->
            let by = work.Now + work.Settings.Memories.AnswerWithin
            struct (Waiting({ resolution with AnswerBy = by }, questions), told, work)
        | None -> struct (progress, told, work)
    | _ -> struct (progress, told, work)

/// As far as the answers known allow; the others are asked for.
let advance (struct (progress, told)) work : Advanced = feed false told progress work

/// An answer came for this resolution.
let answered question answer resolution work = advance (step question answer resolution work) work

/// The resolution goes on, or ends, without them: whoever comes next does not wait for the same at
/// once.
let abandoned (resolution: Resolution) work =
    let timedOut = Answer.failed DnsStatus.TimedOut
    resolution.Open |> List.fold (fun work question -> remember question timedOut work) work

/// The questions under way took too long: for this resolution they are not answered, and for others
/// not for a moment.
let expired (resolution: Resolution) work : Advanced =
    let timedOut = Answer.failed DnsStatus.TimedOut

    let giveUp struct (progress, told) question =
        match progress with
        | Waiting(resolution, _) ->
            let struct (progress, more) = step question timedOut resolution work
            struct (progress, told @ more)
        | _ -> struct (progress, told)

    let given =
        resolution.Open |> List.fold giveUp (struct (Waiting(resolution, []), []))

    advance given (abandoned resolution work)

/// Whether an answer is expected though nobody waits for it.
let isExpected question work = Cache.isAsking work.Now question work.State.Cache
