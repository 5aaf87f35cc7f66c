// One node of the mass simulation: the real dispatcher and user agent machines, and a user who answers
// by lot. Mutable, so that a million scenarios take minutes; only what a shell does is done here.
namespace SipFun.Tests.Simulation

open System
open System.Collections.Generic
open SipFun
open SipFun.Core

/// Whose a delivery is.
[<Struct>]
type Owner =
    | Sending of sending: int64
    | Replying of reply: int64
    | Own

/// What a node does to the world.
type Deed =
    | Send of leg: int * Hop * ReadOnlyMemory<byte>
    | Dial of leg: int * Hop
    | HangUp of flow: int64
    | Ask of Question

/// A law of the simulation was broken.
exception Broken of string

type Task =
    | ToDispatcher of Input
    | ToAgent of AgentInput

type Actor(name: string, settings: Settings, agent: AgentSettings, contact: NameAddr, lots: Lots) =
    let tasks = Queue<Task>()
    let deeds = Queue<Deed>()
    let owners = Dictionary<int64, Owner>()
    let flows = Dictionary<int64, int64>()
    let requests = Dictionary<int64, bool>()
    let ended = HashSet<int64>()
    /// To whom the connections that were opened go, and when one of them came to nothing.
    let dialled = Dictionary<int64, Address>()
    let broke = Dictionary<Address, int64>()
    let begun = Dictionary<int64, int64>()
    let calls = List<int64>()
    let registrations = List<int64>()
    let later = Queue<struct (Duration * AgentInput)>()
    let mutable state = Dispatcher.start
    let mutable agentState = UserAgent.start
    let mutable alarm: Instant voption = ValueNone
    let mutable number = 0L
    let mutable steps = 0
    let mutable completed = 0
    let mutable answered = 0
    let mutable turnedBack = 0

    let broken text = raise (Broken $"{name}: {text}")

    let fresh () =
        number <- number + 1L
        number

    let deliver owner retransmit destination flow (message: SipMessage) =
        let number = fresh ()
        owners[number] <- owner
        requests[number] <- message :? SipRequest
        begun[number] <- int64 steps

        tasks.Enqueue(
            ToDispatcher(
                Deliver {
                    Number = number
                    Token = SipHash.ofText settings.Secret (string number)
                    Message = message
                    Name = ValueNone
                    CallId = message.CallId
                    Legs = []
                    Destination = destination
                    Flow = flow
                    Retransmit = retransmit
                    Transports = []
                    AnswerWithin = ValueNone
                    TryNextAfter = ValueNone
                    TellSent = false
                }
            )
        )

        number

    /// D1: once, and never again.
    let complete number outcome last =
        if not (owners.ContainsKey number) then
            broken $"D1: delivery {number} completed, and was never begun or is over"

        if not (ended.Add number) then
            broken $"D1: delivery {number} completed twice"

        completed <- completed + 1

        match outcome with
        | Answered _ -> answered <- answered + 1
        | _ -> ()

        match owners[number] with
        | Sending sending -> tasks.Enqueue(ToAgent(AgentInput.Completed(sending, outcome, last)))
        | Replying reply -> tasks.Enqueue(ToAgent(AgentInput.Replied(reply, outcome)))
        | Own -> ()

        if last then
            owners.Remove number |> ignore

    let begins (first: byte array) (packet: ReadOnlyMemory<byte>) =
        packet.Span.StartsWith(ReadOnlySpan first)

    /// D2: after the end of a request only its ACK and CANCEL go out.
    let expectWanted number (packet: ReadOnlyMemory<byte>) =
        let isOver =
            ended.Contains number && requests.ContainsKey number && requests[number]

        if isOver && not (begins "AC"B packet || begins "CA"B packet) then
            broken $"D2: something is sent for delivery {number} after its end"

    /// S-24: a large request goes over UDP only after a connection to the same address came to nothing.
    let expectRightTransport number (hop: Hop) (packet: ReadOnlyMemory<byte>) =
        let isLarge = packet.Length > settings.LargeRequest && hop.Transport = Transport.Udp
        let isRequest = requests.ContainsKey number && requests[number]

        if isLarge && isRequest && not (begins "AC"B packet || begins "CA"B packet) then
            match broke.TryGetValue hop.Address with
            | true, since when since > begun[number] -> turnedBack <- turnedBack + 1
            | _ -> broken $"S-24: {packet.Length} bytes of delivery {number} go over UDP at once"

    let arrival number leg source message : Arrival = {
        Number = number
        Leg = leg
        Source = source
        Contact = contact
        Message = message
    }

    let passUp number leg (source: Hop) (message: SipMessage) =
        flows[number] <- source.Flow
        tasks.Enqueue(ToAgent(AgentInput.Arrived(arrival number leg source message)))

    let toSending number make =
        match owners.TryGetValue number with
        | true, Sending sending -> tasks.Enqueue(ToAgent(make sending))
        | _ -> ()

    let effect effect =
        match effect with
        | Effect.Transmit(number, leg, hop, packet, report) ->
            expectWanted number packet
            expectRightTransport number hop packet

            if report then
                tasks.Enqueue(ToDispatcher(Transmitted number))

            deeds.Enqueue(Send(leg, hop, packet))
        | Effect.Connect(leg, hop) ->
            dialled[hop.Flow] <- hop.Address
            deeds.Enqueue(Dial(leg, hop))
        | Effect.Disconnect(_, flow) -> deeds.Enqueue(HangUp flow)
        | Effect.Ask question -> deeds.Enqueue(Ask question)
        | Effect.PassUp(number, leg, source, message) -> passUp number leg source message
        | Effect.HandUp(number, response) ->
            toSending number (fun sending -> AgentInput.Responded(sending, response))
        | Effect.Complete(number, outcome, _, last) -> complete number outcome last
        | Effect.Forget number ->
            toSending number AgentInput.Forgotten
            owners.Remove number |> ignore
        | Effect.AskSource destination ->
            tasks.Enqueue(ToDispatcher(SourceChosen(destination, ValueNone)))
        | _ -> ()

    let respond received status =
        AgentInput.Respond(received, { Status = status; Reason = null; Content = Content.none })

    let after delay input = later.Enqueue(struct (delay, input))

    /// What its user does when somebody calls.
    let invited call =
        calls.Add call
        let ring = int64 (lots.Below 3000) * 1L<ms>
        after ring (respond call 180)
        let status = lots.Pick [| 200; 200; 200; 200; 486; 503; 603; 0 |]

        if status <> 0 then
            after (ring + int64 (lots.Below 20_000) * 1L<ms>) (respond call status)

    let hear event =
        match event with
        | AgentEvent.Invited(call, _, _) -> invited call
        | AgentEvent.Forked(_, call, _) -> calls.Add call
        | AgentEvent.Ended(call, _) ->
            if not (calls.Remove call) then
                broken $"D1: call {call} ended twice"
        | AgentEvent.Requested(received, _, _, _) ->
            after
                (int64 (lots.Below 500) * 1L<ms>)
                (respond received (lots.Pick [| 200; 200; 404 |]))
        | AgentEvent.RegistrationFailed(number, _, ValueNone)
        | AgentEvent.Unregistered(number, _) ->
            if not (registrations.Remove number) then
                broken $"D1: registration {number} ended twice"
        | _ -> ()

    let agentEffect effect =
        match effect with
        | AgentEffect.Send(sending, request, destination) ->
            deliver (Sending sending) true destination 0L request |> ignore
        | AgentEffect.Reply(received, reply, response) ->
            let flow = if flows.ContainsKey received then flows[received] else 0L
            deliver (Replying reply) true ValueNone flow response |> ignore
        | AgentEffect.Receipt(received, receipt) ->
            tasks.Enqueue(ToDispatcher(Receipted(received, receipt)))
        | AgentEffect.CancelDelivery sending ->
            for pair in owners do
                if pair.Value = Sending sending then
                    tasks.Enqueue(ToDispatcher(CancelDelivery(ByNumber pair.Key)))
        | AgentEffect.Tell event -> hear event

    let expectLaws violations =
        match violations with
        | [] -> ()
        | first :: _ -> broken first

    let none: Instant = Int64.MaxValue * 1L<ms>

    let nextAlarm () =
        let dispatcher = Dispatcher.alarm state
        let agent = UserAgent.alarm agentState
        min (ValueOption.defaultValue none dispatcher) (ValueOption.defaultValue none agent)

    let remember input =
        match input with
        | FlowClosed(flow, _, _) when dialled.ContainsKey flow ->
            broke[dialled[flow]] <- int64 steps
        | _ -> ()

    let step now task =
        alarm <- ValueNone
        steps <- steps + 1

        match task with
        | ToDispatcher input ->
            remember input
            let struct (next, effects) = Dispatcher.step settings now input state
            state <- next

            for index in 0 .. effects.Size - 1 do
                effect effects[index]
        | ToAgent input ->
            let struct (next, effects) = UserAgent.step agent now input agentState
            agentState <- next
            List.iter agentEffect effects

    member _.Name = name
    member _.Steps = steps
    member _.Completed = completed
    member _.Answered = answered
    /// Large requests that went over UDP after all.
    member _.TurnedBack = turnedBack
    member _.Calls = calls
    member _.Registrations = registrations
    member _.Deeds = deeds
    /// What its user does later: after how long, and what.
    member _.Later = later
    member _.State = state
    member _.Fresh() = fresh ()
    member _.Began call = calls.Add call
    member _.Registers number = registrations.Add number

    member _.Deliver(message: SipMessage, retransmit) = deliver Own retransmit ValueNone 0L message

    /// Each task and what it brings, until nothing is left to do.
    member _.Take(now, task) =
        tasks.Enqueue task

        while tasks.Count > 0 do
            step now (tasks.Dequeue())

    member this.Take(now, input) = this.Take(now, ToDispatcher input)

    /// The laws of both machines (State.violations).
    member _.ExpectLaws() =
        expectLaws (Laws.violations settings state)
        expectLaws (AgentLaws.violations agent agentState)

    /// Asked far more often than it changes.
    member _.Alarm: Instant =
        if alarm.IsNone then
            alarm <- ValueSome(nextAlarm ())

        alarm.Value

    member _.Ring now =
        tasks.Enqueue(ToDispatcher Tick)
        tasks.Enqueue(ToAgent AgentInput.Tick)

        while tasks.Count > 0 do
            step now (tasks.Dequeue())

    /// At the end: everything that began has ended, and every table is empty.
    member _.ExpectRest() =
        if owners.Count > 0 || calls.Count > 0 || registrations.Count > 0 then
            broken
                $"D1: {owners.Count} deliveries, {calls.Count} calls and {registrations.Count} \
                  registrations never ended"

        if not (State.idle state) then
            broken "D7: the dispatcher's tables are not empty"

        if not (AgentState.isIdle agentState) then
            broken "D7: the user agent's tables are not empty"
