// Finding the next hops of a message: stages by name, a growing book of answers, no continuation.
// Law R1: the hops do not depend on the order of answers. Law R2: no question is asked twice, and
// a resolution ends, because it asks at most `ResolutionBounds.Questions`.
namespace SipFun.Core

open SipFun

/// A resolution under way; a plain value.
type Resolution = {
    Target: Target
    /// The stage at work, and those after it.
    Stages: Stage list
    Book: Book
    /// Asked, and not answered yet.
    Open: Question list
    /// How many were asked so far.
    Asked: int
    /// The stage that asks them; those before it have had their time.
    Asking: ResolutionStage
    /// When its time is up, and those open count as not answered: for whoever asks them to say.
    AnswerBy: Instant
}

/// How far a resolution came.
type Progress =
    /// In order of preference, at least one; some allowed leg can reach each of them.
    | Resolved of Hop list
    /// The questions to ask now, none of which this resolution asked before.
    | Waiting of Resolution * Question list
    | Failed of ResolutionFailure

module Resolution =
    let private ended told failure : struct (Progress * Decision list) =
        struct (Failed failure, told @ [ ResolutionFailed failure ])

    let private settled told hops : struct (Progress * Decision list) =
        let hops = hops |> List.distinct |> List.truncate ResolutionBounds.Hops
        struct (Resolved hops, told @ List.map CandidateIs hops)

    let private obstacle legs (target: Target) =
        if (LegChoice.allowed legs target.Wishes).IsEmpty then
            Some Advice.noLegs
        elif target.Transports.IsEmpty then
            Some Advice.noTransportAllowed
        elif (Reach.transports legs target).IsEmpty then
            Some(Advice.noLegForTransport target.Transports)
        else
            None

    let private sight (rules: Rules) legs resolution = {
        Legs = legs
        Target = resolution.Target
        Book = resolution.Book
        Chance = {
            Seed = rules.Seed
            Number =
                resolution.Target.Wishes.Key |> ValueOption.defaultValue resolution.Target.Number
        }
    }

    /// Asks as many as the bound allows. The others count as failed: nobody will answer them.
    let private ask resolution questions =
        let room = ResolutionBounds.Questions - resolution.Asked
        let asked = List.truncate room questions
        let refused = List.skip asked.Length questions
        let unanswered book question = Map.add question (Answer.failed DnsStatus.Refused) book

        struct ({
                    resolution with
                        Book = List.fold unanswered resolution.Book refused
                        Open = asked
                        Asked = resolution.Asked + asked.Length
                },
                asked)

    let rec private advance rules legs told resolution : struct (Progress * Decision list) =
        let sight = sight rules legs resolution

        match obstacle legs resolution.Target, resolution.Stages with
        | Some failure, _ -> ended told failure
        | None, [] -> ended told (Stage.exhausted sight)
        | None, stage :: later ->
            let struct (look, said) = Stage.consider sight stage
            let told = told @ said

            match look with
            | Look.Settled hops -> settled told hops
            | Look.Ended failure -> ended told failure
            | Look.Silent -> advance rules legs told { resolution with Stages = later }
            | Look.Needs questions ->
                match ask resolution questions with
                | struct (resolution, []) -> advance rules legs told resolution
                | struct (resolution, asked) ->
                    struct (Waiting(resolution, asked), told @ List.map Asked asked)

    /// The transports that come into question and that no leg speaks.
    let private unspoken legs (target: Target) =
        let spoken =
            Reach.transports legs target |> List.map (fun struct (transport, _) -> transport)

        match List.except spoken target.Transports with
        | [] -> []
        | _ when spoken.IsEmpty -> []
        | skipped -> [ TransportsSkipped(skipped, "no leg speaks them") ]

    let private start rules legs told target =
        advance rules legs (told @ unspoken legs target) {
            Target = target
            Stages = Stage.all
            Book = Map.empty
            Open = []
            Asked = 0
            Asking = ResolutionStage.Target
            AnswerBy = 0L<ms>
        }

    /// Resolves a URI that a Route, the map or the proxy chose. It is not mapped again.
    let private resolve rules legs wishes number secure told (chosen: Chosen) =
        if chosen.Uri.IsSip then
            let struct (target, said) = Target.ofUri wishes number secure chosen.Uri
            start rules legs (told @ said) target
        else
            ended told (Advice.unknownScheme chosen.By chosen.Uri)

    /// Where a request goes: by its top Route, else its Request-URI (RFC 3261, 8.1.2). A sips
    /// Request-URI wants TLS, whichever URI is resolved.
    let ofRequest rules legs wishes number (request: SipRequest) =
        match Origin.ofRequest request with
        | Ok(struct (origin, hasRoute, told)) ->
            let struct (chosen, said) = Route.through rules hasRoute origin
            resolve rules legs wishes number request.RequestUri.IsSips (told @ said) chosen
        | Error failure -> ended [] failure

    /// Where a proxy's request goes: to a Route or its Request-URI, which the proxy has chosen (RFC
    /// 3261, 16.6, item 7). `secure`: its Request-URI is sips.
    let towards rules legs wishes number hasRoute secure (uri: SipUri) =
        let struct (chosen, said) = Route.through rules hasRoute uri
        let first = if hasRoute then TargetIsRoute uri else TargetIsRequestUri uri
        resolve rules legs wishes number (secure || uri.IsSips) (first :: said) chosen

    /// Where a request to this URI would go, if it had no Route.
    let ofUri rules legs wishes number uri = towards rules legs wishes number false false uri

    /// Where a response goes when there is no flow to send it over: by its top Via.
    let ofResponse rules legs wishes number (response: SipResponse) =
        match Origin.ofResponse wishes number response with
        | ValueSome(struct (target, said)) -> start rules legs said target
        | ValueNone -> ended [] Advice.noVia

    /// Where a response goes when it could not be sent to where its request came from: by the
    /// sent-by of its top Via (RFC 3263, 5).
    let ofSentBy rules legs wishes number (response: SipResponse) =
        match Origin.ofSentBy wishes number response with
        | ValueSome(struct (target, said)) -> start rules legs said target
        | ValueNone -> ended [] Advice.noVia

    /// It took too long: why, by what was asked last.
    let timedOut resolution =
        match resolution.Open with
        | question :: _ -> Advice.lacking [] question DnsStatus.TimedOut
        | [] ->
            Advice.lacking [] { Name = resolution.Target.Host; Type = DnsType.A } DnsStatus.TimedOut

    /// How many records of the type asked for it has of the name, and the aliases on the way.
    let private got question (answer: Answer) = [
        let ttl =
            match answer.Status with
            | DnsStatus.NoData
            | DnsStatus.NxDomain -> answer.NegativeTtl
            | _ when Array.isEmpty answer.Records -> 0
            | _ -> answer.Records |> Seq.map _.Ttl |> Seq.min

        Got(question, answer.Status, Book.count question answer, ttl)
        yield! Book.aliases question answer |> List.map AliasIs
    ]

    /// The answer to a question. One that was not asked, or was answered before, changes nothing.
    let answered rules legs question answer resolution : struct (Progress * Decision list) =
        if List.contains question resolution.Open then
            let resolution = {
                resolution with
                    Book = Map.add question answer resolution.Book
                    Open = resolution.Open |> List.filter ((<>) question)
            }

            if resolution.Open.IsEmpty then
                advance rules legs (got question answer) resolution
            else
                struct (Waiting(resolution, []), got question answer)
        else
            struct (Waiting(resolution, []), [])
