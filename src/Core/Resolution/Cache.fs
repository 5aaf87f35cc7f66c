// What the DNS said lately, for all deliveries: positive answers by their TTL (RFC 1035, 3.2.1),
// negative ones by that of the SOA record (RFC 2308, 5 and 7). Bounded; expiry is derived.
namespace SipFun.Core

open System
open SipFun

/// One answer and until when it may be believed.
type Kept = {
    Answer: Answer
    Until: Instant
    /// It is stale, and was asked anew in vain: not again before this.
    NotBefore: Instant
}

[<RequireQualifiedAccess>]
type Memory =
    | Unknown
    | Fresh of Answer * left: Duration
    /// Too old, but within the time for which old answers may serve while they are asked anew.
    | Stale of Answer * askAnew: bool

type Cache = {
    Answers: Map<Question, Kept>
    /// What ends first stands first.
    ByUntil: Set<struct (Instant * Question)>
}

module Cache =
    let empty = { Answers = Map.empty; ByUntil = Set.empty }

    let private second = 1000L<ms>

    /// TTLs are believed between these (V-12): 0 would ask anew for every request.
    let private shortest, private longest = second, 86_400L * second

    /// RFC 2308, 5 recommends 1 to 3 hours at most; a server that was added should be found sooner.
    let private longestNegative = 300L * second

    /// RFC 2308, 7 allows five minutes; this spares the next delivery the wait, and no more.
    let private failed = 5L * second

    /// Whether some record is about the name that was asked for (V-12).
    let private isAbout (question: Question) (answer: Answer) =
        answer.Records |> Array.exists (fun record -> record.Name = question.Name)

    /// How long an answer may be believed; 0: not at all.
    let lifetime question (answer: Answer) : Duration =
        match answer.Status with
        | DnsStatus.Ok when answer.Records.Length > 0 && not (isAbout question answer) -> failed
        | DnsStatus.Ok when answer.Records.Length > 0 ->
            let ttl = answer.Records |> Seq.map (fun record -> int64 record.Ttl) |> Seq.min
            ttl * second |> max shortest |> min longest
        | DnsStatus.Ok
        | DnsStatus.NoData
        | DnsStatus.NxDomain ->
            int64 answer.NegativeTtl * second |> max 0L<ms> |> min longestNegative
        | _ -> failed

    let count (cache: Cache) = cache.Answers.Count

    let private remove question (cache: Cache) =
        match Map.tryFind question cache.Answers with
        | Some kept -> {
            Answers = Map.remove question cache.Answers
            ByUntil = Set.remove (struct (kept.Until, question)) cache.ByUntil
          }
        | None -> cache

    let private add question (kept: Kept) cache =
        let cache = remove question cache

        {
            Answers = Map.add question kept cache.Answers
            ByUntil = Set.add (struct (kept.Until, question)) cache.ByUntil
        }

    /// What nobody may use any more goes first, then what ends first; how many of the latter.
    let rec private trim limit (old: Instant) dropped (cache: Cache) =
        if cache.ByUntil.IsEmpty then
            struct (cache, dropped)
        else
            let struct (until, question) = cache.ByUntil.MinimumElement

            if until <= old then
                trim limit old dropped (remove question cache)
            elif cache.Answers.Count > limit then
                trim limit old (dropped + 1) (remove question cache)
            else
                struct (cache, dropped)

    let private isFailure (answer: Answer) =
        match answer.Status with
        | DnsStatus.Ok
        | DnsStatus.NoData
        | DnsStatus.NxDomain -> false
        | _ -> true

    let private isUsable now staleFor (kept: Kept) = now < kept.Until + staleFor

    /// An answer came. A failure does not displace what may still serve (RFC 8767, 4). Gives how
    /// many answers that were still good had to go too.
    let put limit staleFor now question answer (cache: Cache) =
        let lifetime = lifetime question answer

        match Map.tryFind question cache.Answers with
        | Some kept when
            isFailure answer && not (isFailure kept.Answer) && isUsable now staleFor kept
            ->
            struct (add question { kept with NotBefore = now + failed } cache, 0)
        | _ when lifetime = 0L<ms> -> trim limit (now - staleFor) 0 (remove question cache)
        | _ ->
            let kept = { Answer = answer; Until = now + lifetime; NotBefore = now }
            add question kept cache |> trim limit (now - staleFor) 0

    let tryFind staleFor now question (cache: Cache) =
        match Map.tryFind question cache.Answers with
        | Some kept when now < kept.Until -> Memory.Fresh(kept.Answer, kept.Until - now)
        | Some kept when isUsable now staleFor kept && not (isFailure kept.Answer) ->
            Memory.Stale(kept.Answer, kept.NotBefore <= now)
        | _ -> Memory.Unknown

    /// The laws of this table that it breaks.
    let violations limit (cache: Cache) = [
        let rows = [ for pair in cache.Answers -> struct (pair.Value.Until, pair.Key) ]

        if Set.ofList rows <> cache.ByUntil then
            "D7: the answers kept and their deadlines differ"

        if cache.Answers.Count > limit then
            "D7: more answers are kept than the limit allows"
    ]
