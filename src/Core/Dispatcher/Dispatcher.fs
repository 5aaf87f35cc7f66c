// One input, one new state, and what the shell must now do, in that order. Total: any input, any state.
// The alarm is derived from the state; there is no set-timer effect, hence no stale timer.
namespace SipFun.Core

open SipFun

module Dispatcher =
    let start = State.empty

    let private deliver (order: Order) work =
        let known leg = List.exists (fun (each: Leg) -> each.Number = leg) work.State.Legs

        let name =
            order.Name |> ValueOption.defaultValue { Number = order.Number; Text = null }

        if not (order.Legs.IsEmpty || List.exists known order.Legs) then
            Requests.refuse RefusalReason.UnknownLeg order work
        elif (Cancelling.tryFindNamed name work).IsSome then
            Requests.refuse RefusalReason.DuplicateId order work
        elif work.State.Deliveries >= work.Settings.Limits.Deliveries then
            Requests.refuse RefusalReason.TooMany order work |> Work.count Counted.Overload
        else
            match order.Message with
            | :? SipResponse as response -> Replies.deliver order response work
            | :? SipRequest as request when request.Method = SipMethod.Cancel ->
                Cancelling.deliver order request work
            | :? SipRequest as request -> Targets.deliver order request work
            | _ -> work

    let private relay leg (hop: Hop) packet work =
        if List.exists (fun (each: Leg) -> each.Number = leg) work.State.Legs then
            Flows.send 0L leg hop packet work
        else
            Work.count Counted.Undeliverable work

    let private addLeg leg work = {
        work with
            State = { work.State with Legs = work.State.Legs @ [ leg ] }
    }

    let private accepted leg (source: Hop) names work =
        if List.exists (fun (each: Leg) -> each.Number = leg) work.State.Legs then
            Flows.accepted leg source names work
        else
            Work.emit (Effect.Disconnect(leg, source.Flow)) work |> Work.count Counted.UnknownLeg

    /// The request whose attempt this branch is: it is unguessable, so that nobody off the path can
    /// have made up what comes with it.
    let private tryFindAttempt branch work =
        match Branch.ofText branch with
        | ValueNone -> ValueNone
        | ValueSome branch ->
            match State.tryFind branch.Number work.State with
            | ValueSome(ClientEntry({ Phase = Calling attempt } as client)) when
                Branch.same attempt.Branch branch
                ->
                ValueSome(struct (branch.Number, client, attempt))
            | _ -> ValueNone

    let private bounced branch fault detail work =
        match tryFindAttempt branch work with
        | ValueSome(struct (number, client, attempt)) ->
            Responses.failed attempt.Hop fault detail client work |> Cancelling.settle number
        | ValueNone -> Work.count Counted.LateInput work

    let private pathMtuLearnt branch mtu work =
        match tryFindAttempt branch work with
        | ValueSome(struct (_, client, attempt)) -> Targets.tooBig attempt mtu client work
        | ValueNone -> Work.count Counted.LateInput work

    let private setReceiver receiver work = {
        work with
            State = { work.State with Receiver = receiver }
    }

    let private answeredOne question answer work number =
        match State.tryFind number work.State with
        | ValueSome(ClientEntry({ Phase = Resolving(request, resolution, _) } as client)) ->
            Targets.answered question answer request resolution client work
            |> Cancelling.settle number
        | ValueSome(ReplyEntry({ Phase = Locating(response, resolution, _) } as reply)) ->
            Replies.answered question answer response resolution reply work
        | ValueSome(LookupEntry lookup) -> Lookups.answered number question answer lookup work
        | _ -> work

    let private answered question answer work =
        let isExpected = Answers.isExpected question work
        let work = Answers.heard question work

        match Map.tryFind question work.State.Questions with
        | None when isExpected -> Answers.remember question answer work
        | None -> Work.count Counted.LateInput work
        | Some numbers ->
            let rest = Map.remove question work.State.Questions
            let work = { work with State = { work.State with Questions = rest } }

            List.sort numbers
            |> List.fold (answeredOne question answer) (Answers.remember question answer work)

    let private sourcedOne destination work number =
        match State.tryFind number work.State with
        | ValueSome(ClientEntry({ Phase = AwaitingSource(request, hops) } as client)) ->
            Targets.tryNext request hops client work |> Cancelling.settle number
        | ValueSome(ReplyEntry({ Phase = ReplyAwaitingSource(response, hops, best) } as reply)) ->
            Replies.tryNext response hops best reply work
        | ValueSome(LookupEntry lookup) -> Lookups.sourced number destination lookup work
        | _ -> work

    let private sourced destination source work =
        let key = Sources.key destination

        match Map.tryFind key work.State.Sourcing with
        | None -> Work.count Counted.LateInput work
        | Some numbers ->
            let rest = Map.remove key work.State.Sourcing

            { work with State = { work.State with Sourcing = rest } }
            |> Sourcing.remember destination source
            |> fun work -> List.sort numbers |> List.fold (sourcedOne destination) work

    let private transmitted number work =
        match State.tryFind number work.State with
        | ValueSome(ClientEntry client) -> Responses.transmitted client work
        | ValueSome(ReplyEntry reply) -> Replies.transmitted reply work
        | _ -> Work.count Counted.LateInput work

    let private failed number hop fault detail work =
        match State.tryFind number work.State with
        | ValueSome(ClientEntry client) ->
            Responses.failed hop fault detail client work |> Cancelling.settle number
        | ValueSome(ReplyEntry reply) -> Replies.failed hop fault detail reply work
        | _ -> Work.count Counted.LateInput work

    let private cancelTimer number work =
        match State.tryFind number work.State with
        | ValueSome(TimerEntry _) -> Work.remove number work
        | _ -> work

    let private dispose work (number, waiting: Waiting<Entry>) =
        match waiting.Value with
        | ClientEntry client -> Requests.finish Disposed client work |> Work.remove number
        | ReplyEntry _ -> Cancelling.stop Disposed number work
        | _ -> Work.remove number work

    let private close work =
        let entries = Queue.toList work.State.Queue
        List.fold dispose (setReceiver ValueNone work) entries |> Flows.forgetAll

    let private ring number repeat (due: Instant) work =
        match repeat with
        | ValueNone -> Work.remove number work |> Work.emit (Effect.Ring(number, true))
        | ValueSome every ->
            // However late, one ring: the instants that have passed are skipped.
            let missed = (work.Now - due) / every
            let next = due + every * (missed + 1L)

            Work.setTimer number next repeat work |> Work.emit (Effect.Ring(number, false))

    let private dueOne number work =
        match Queue.tryFind number work.State.Queue with
        | ValueNone -> work
        | ValueSome waiting ->
            match waiting.Value with
            | ClientEntry client -> Silence.due client work |> Cancelling.settle number
            | LingeringEntry _ -> Work.remove number work
            | ReplyEntry reply -> Replies.due reply work
            | ServerEntry server -> Servers.due number server work
            | LookupEntry lookup -> Lookups.due number lookup work
            | TimerEntry repeat -> ring number repeat waiting.Due work

    /// Whatever is due, the oldest first, a bounded number a time.
    let rec private tick left work =
        match Queue.tryDue work.Now work.State.Queue with
        | ValueSome number when left > 0 -> dueOne number work |> tick (left - 1)
        | _ -> work

    let private run input work =
        match input with
        | Deliver order -> deliver order work
        | CancelDelivery which -> Cancelling.cancel which work
        | AddLeg leg -> addLeg leg work
        | RemoveLeg leg -> Cuts.removeLeg leg work
        | SetReceiver receiver -> setReceiver receiver work
        | ResolveUri(number, uri, wishes) -> Lookups.start number uri wishes work
        | Locate(number, uri, hasRoute, isSecure, wishes) ->
            Lookups.locate number hasRoute isSecure uri wishes work
        | Relay(leg, hop, packet) -> relay leg hop packet work
        | ClearMarks hop -> Reputation.clear hop work
        | AddTimer(number, due, repeat) -> Work.setTimer number (max due work.Now) repeat work
        | CancelTimer number -> cancelTimer number work
        | Close -> close work
        | Drain -> { work with State = { work.State with IsDraining = true } }
        | TakeUp frozen -> TakingUp.takeUp frozen work
        | FlowAccepted(leg, source, names) -> accepted leg source names work
        | FlowOpened flow -> Flows.opened flow work
        | FlowClosed(flow, fault, detail) -> Cuts.flowClosed flow fault detail work
        | FlowIdle flow -> Flows.idle flow work
        | FlowExpired flow -> Flows.expired flow work
        | Received(number, leg, source, message) -> Arrivals.received number leg source message work
        | Unparsed(leg, source, packet, status) -> Refusing.unparsed leg source packet status work
        | Receipted(number, receipt) -> Arrivals.receipted number receipt work
        | Unclaimed(number, leg, source, request) ->
            Stateless.unhandled number leg source request work
        | Overflowed number -> Arrivals.overflowed number work
        | Input.Answered(question, answer) -> answered question answer work
        | SourceChosen(destination, source) -> sourced destination source work
        | Transmitted number -> transmitted number work
        | Input.Failed(number, hop, fault, detail) -> failed number hop fault detail work
        | Bounced(branch, fault, detail) -> bounced branch fault detail work
        | PathMtuLearnt(branch, mtu) -> pathMtuLearnt branch mtu work
        | Tick -> tick work.Settings.Limits.PerStep work

    let step (settings: Settings) (now: Instant) input (state: State) =
        let now = max now state.Now

        let work =
            run input {
                Settings = settings
                Now = now
                State = if now = state.Now then state else { state with Now = now }
                Effects = []
            }

        struct (work.State, Effects.ofReversed work.Effects)

    /// When the shell must say `Tick`; "now" while more is due than one step works off.
    let alarm (state: State) = Queue.next state.Queue

    /// Whether the request that a CANCEL means is known here (9.2): for receivers that answer CANCEL.
    let knowsCancelled settings cancel state = Stateless.hasInvite settings cancel state

    /// The methods that some receiver takes (8.2.1).
    let allowed (state: State) =
        match state.Receiver with
        | ValueSome receiver -> receiver.Allow
        | ValueNone -> []
