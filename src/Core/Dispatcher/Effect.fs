// What the shell must do, as values: they can be printed, compared, counted, recorded and replayed.
// IShell is their only reader: a new effect fails to compile on both sides of the border.
namespace SipFun.Core

open System
open SipFun

/// What was dropped or absorbed, by reason; summed by the shell.
type Counted =
    /// A copy of a request that is being, or was, answered.
    | RepeatedRequest = 0
    /// A response that its transaction absorbs: a copy, or one to a request given up.
    | RepeatedResponse = 1
    /// A response whose top Via is not ours (RFC 3261, 18.1.2).
    | ForeignResponse = 2
    /// A response of ours that matches no transaction (RFC 6026, 8.9).
    | StrayResponse = 3
    /// A request nobody is there to receive.
    | NoReceiver = 4
    /// An ACK that matches no INVITE and that nobody took.
    | StrayAck = 5
    /// Answered 503, or dropped, because a limit was reached.
    | Overload = 6
    /// A request that was handled and never answered (`Limits.UnansweredFor`).
    | NeverAnswered = 7
    /// An input about something unknown or already finished.
    | LateInput = 8
    /// A message that came over a leg already removed.
    | UnknownLeg = 9
    /// A request without any address to answer to.
    | Unanswerable = 10
    /// As many transactions linger as the limit allows: this one was forgotten at once.
    | NotLingering = 11
    /// A packet nobody waits for found its connection closed or full.
    | Undeliverable = 12
    /// A packet for which no connection could be opened, or too many waited for one.
    | FlowsFull = 14
    /// A request that is under way by another way: answered 482 (RFC 3261, 8.2.2.2).
    | MergedRequest = 15
    /// An answer of the DNS, still good, for which there was no room (`Limits.DnsAnswers`).
    | AnswerDropped = 13
    /// A response that a proxy's own branch, as it must be, does not vouch for.
    | ForgedResponse = 16
    /// An ACK that a proxy may not, or cannot, pass on: it is never answered.
    | AckGoesNowhere = 17
    /// A response to an address that nothing is sent to: broadcast, multicast, none at all.
    | ForbiddenTarget = 18
    /// A request that would have begun something while the dispatcher drains: answered 503.
    | Draining = 19

/// What ResolveUri found.
type Found = {
    Hops: (Hop * int list) list
    Failure: ResolutionFailure voption
    Trace: Trace
}

[<RequireQualifiedAccess>]
type Effect =
    /// Open a connection; its number is the hop's. `FlowOpened` or `FlowClosed` says what came of it.
    | Connect of leg: int * hop: Hop
    /// Close a connection nobody uses. No word of it comes back.
    | Disconnect of leg: int * flow: int64
    /// Give the packet to the leg, over the hop's connection if it bears one. With `report`, say `Transmitted`; a failure is always said.
    | Transmit of number: int64 * leg: int * hop: Hop * packet: ReadOnlyMemory<byte> * report: bool
    | Ask of Question
    /// Ask the system from which address it would send there; `SourceChosen` says so. No packet is
    /// sent.
    | AskSource of destination: Address
    /// Offer a message to the receivers; what they say comes back as `Receipted number`.
    | PassUp of number: int64 * leg: int * source: Hop * SipMessage
    /// Offer a response without transaction to those that forward statelessly; nothing comes back.
    | PassUpStray of leg: int * source: Hop * SipResponse
    /// The first copy is on its way.
    | TellSent of number: int64 * Hop
    /// A response for the caller of a delivery.
    | HandUp of number: int64 * SipResponse
    /// The delivery ended. Unless `last`, responses may still come for it, until `Forget`.
    | Complete of number: int64 * Outcome * Trace * last: bool
    /// Nothing more will come for this delivery.
    | Forget of number: int64
    | Found of number: int64 * Found
    /// A timer of the user's is due; `last`: it will not ring again.
    | Ring of number: int64 * last: bool
    | Count of Counted

/// The shell: one method an effect. Starts work, never waits, never throws.
type IShell =
    abstract Connect: leg: int * hop: Hop -> unit
    abstract Disconnect: leg: int * flow: int64 -> unit

    abstract Transmit:
        number: int64 * leg: int * hop: Hop * packet: ReadOnlyMemory<byte> * report: bool -> unit

    abstract Ask: question: Question -> unit
    abstract AskSource: destination: Address -> unit
    abstract PassUp: number: int64 * leg: int * source: Hop * message: SipMessage -> unit
    abstract PassUpStray: leg: int * source: Hop * response: SipResponse -> unit
    abstract TellSent: number: int64 * hop: Hop -> unit
    abstract HandUp: number: int64 * response: SipResponse -> unit
    abstract Complete: number: int64 * outcome: Outcome * trace: Trace * last: bool -> unit
    abstract Forget: number: int64 -> unit
    abstract Found: number: int64 * found: Found -> unit
    abstract Ring: number: int64 * last: bool -> unit
    abstract Count: counted: Counted -> unit

module Effect =
    let perform (shell: IShell) effect =
        match effect with
        | Effect.Connect(leg, hop) -> shell.Connect(leg, hop)
        | Effect.Disconnect(leg, flow) -> shell.Disconnect(leg, flow)
        | Effect.Transmit(number, leg, hop, packet, report) ->
            shell.Transmit(number, leg, hop, packet, report)
        | Effect.Ask question -> shell.Ask question
        | Effect.AskSource destination -> shell.AskSource destination
        | Effect.PassUp(number, leg, source, message) -> shell.PassUp(number, leg, source, message)
        | Effect.PassUpStray(leg, source, response) -> shell.PassUpStray(leg, source, response)
        | Effect.TellSent(number, hop) -> shell.TellSent(number, hop)
        | Effect.HandUp(number, response) -> shell.HandUp(number, response)
        | Effect.Complete(number, outcome, trace, last) ->
            shell.Complete(number, outcome, trace, last)
        | Effect.Forget number -> shell.Forget number
        | Effect.Found(number, found) -> shell.Found(number, found)
        | Effect.Ring(number, last) -> shell.Ring(number, last)
        | Effect.Count counted -> shell.Count counted

/// The effects of one step, in order: the usual one or two inline, more in an array.
[<Struct; CustomEquality; NoComparison>]
type Effects = {
    Size: int
    First: Effect
    Second: Effect
    Rest: Effect array
} with

    member this.Item
        with get index =
            match index with
            | 0 -> this.First
            | 1 -> this.Second
            | _ -> this.Rest[index - 2]

    member this.ToArray() =
        let all = this
        Array.init all.Size (fun index -> all[index])

    /// Has the shell do each, in order.
    member this.Perform(shell: IShell) =
        for index in 0 .. this.Size - 1 do
            Effect.perform shell this[index]

    override this.Equals(other) =
        match other with
        | :? Effects as effects -> this.ToArray() = effects.ToArray()
        | _ -> false

    override this.GetHashCode() = this.Size
    override this.ToString() = sprintf "%A" (List.ofArray (this.ToArray()))

module Effects =
    let none = Unchecked.defaultof<Effects>

    /// From the last to the first, as steps collect them.
    let ofReversed (effects: Effect list) =
        match effects with
        | [] -> none
        | [ one ] -> { none with Size = 1; First = one }
        | [ second; first ] -> { none with Size = 2; First = first; Second = second }
        | _ ->
            let all = Array.ofList (List.rev effects)

            {
                Size = all.Length
                First = all[0]
                Second = all[1]
                Rest = all[2..]
            }
