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

let private recall question work =
    let staleFor = work.Settings.Memories.StaleFor

    match Cache.tryFind staleFor work.Now question work.State.Cache with
    | Memory.Fresh(answer, left) ->
        let seconds = int ((left + 999L<ms>) / 1000L<ms>)
        ValueSome(struct (answer, Remembered(question, seconds), work))
    | Memory.Stale(answer, true) ->
        ValueSome(struct (answer, StaleUsed question, Work.inquire question work))
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

/// The stage's first questions start its time; its later ones have what is left of it.
let private timed (questions: Question list) (resolution: Resolution) work =
    let stage = Advice.stageOf questions.Head

    if stage = resolution.Asking then
        resolution
    else
        {
            resolution with
                Asking = stage
                AnswerBy = work.Now + work.Settings.Memories.AnswerWithin
        }

/// For this resolution these are not answered.
let private unanswered questions progress told work : struct (Progress * Decision list) =
    let timedOut = Answer.failed DnsStatus.TimedOut

    let giveUp struct (progress, told) question =
        match progress with
        | Waiting(resolution, _) ->
            let struct (progress, more) = step question timedOut resolution work
            struct (progress, told @ more)
        | _ -> struct (progress, told)

    List.fold giveUp (struct (progress, told)) questions

let private tooLate (questions: Question list) told =
    let isAsked decision =
        match decision with
        | Asked question -> List.contains question questions
        | _ -> false

    List.filter (isAsked >> not) told @ List.map QuestionTooLate questions

/// `fresh`: asked by now, and not yet by the shell.
let rec private feed (fresh: Question list) told progress work : Advanced =
    match progress with
    | Waiting(resolution, questions) ->
        let fresh = if questions.IsEmpty then fresh else questions

        match recallFirst resolution work with
        | Some(struct (question, answer, said, work)) ->
            let struct (progress, more) = step question answer resolution work

            feed
                (List.except [ question ] fresh)
                (corrected question said told @ more)
                progress
                work
        | None when fresh.IsEmpty -> struct (progress, told, work)
        | None ->
            let resolution = timed fresh resolution work

            if resolution.AnswerBy <= work.Now then
                let progress = Progress.Waiting(resolution, [])
                let struct (progress, told) = unanswered fresh progress (tooLate fresh told) work
                feed [] told progress work
            else
                struct (Progress.Waiting(resolution, questions), told, work)
    | _ -> struct (progress, told, work)

/// As far as the answers known allow; the others are asked for.
let advance (struct (progress, told)) work : Advanced = feed [] told progress work

/// An answer came for this resolution.
let answered question answer resolution work = advance (step question answer resolution work) work

/// The resolution goes on, or ends, without them: whoever comes next does not wait for the same at
/// once.
let abandoned (resolution: Resolution) work =
    let timedOut = Answer.failed DnsStatus.TimedOut
    resolution.Open |> List.fold (fun work question -> remember question timedOut work) work

/// The stage's time is up: for this resolution its questions are not answered, and for others not
/// for a moment.
let expired (resolution: Resolution) work : Advanced =
    let given = unanswered resolution.Open (Progress.Waiting(resolution, [])) [] work
    advance given (abandoned resolution work)

/// Whether the shell was asked this, and may still answer.
let isExpected question work = Inquiries.isUnderWay work.Now question work.State.Inquiries

/// The shell answered.
let heard question work = {
    work with
        State = {
            work.State with
                Inquiries = Inquiries.remove question work.State.Inquiries
        }
}
