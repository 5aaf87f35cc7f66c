// What one process leaves to the next: the state in its parts, and what it was keyed by (P-26).
namespace SipFun.Core

open System
open System.Text
open SipFun

type Snapshot = {
    /// The last number given to anything.
    Number: int64
    /// Tags and tables stay as they are (`Settings.Secret`).
    Secret: struct (uint64 * uint64)
    Seed: uint64
    Frozen: Frozen
}

/// A delivery under way in a snapshot.
type Underway = {
    Number: int64
    Name: Name voption
    CallId: CallId
    /// Without our Via.
    Message: SipMessage
}

module Snapshot =
    /// By which a file is known.
    let private mark = Encoding.ASCII.GetBytes "SipFun snapshot\n"

    let private form: Form<Snapshot> = {
        Write =
            fun writer it ->
                Form.number.Write writer it.Number
                (Form.structPair Form.unsigned Form.unsigned).Write writer it.Secret
                Form.unsigned.Write writer it.Seed
                FrozenForms.frozen.Write writer it.Frozen
        Read =
            fun reader -> {
                Number = Form.number.Read reader
                Secret = (Form.structPair Form.unsigned Form.unsigned).Read reader
                Seed = Form.unsigned.Read reader
                Frozen = FrozenForms.frozen.Read reader
            }
    }

    let create (settings: Settings) number (state: State) = {
        Number = number
        Secret = settings.Secret
        Seed = settings.Rules.Seed
        Frozen = TakingUp.freeze state
    }

    let write (snapshot: Snapshot) : byte array = Array.append mark (Sealing.close form snapshot)

    /// The snapshot, or what is wrong with the bytes.
    let read (octets: ReadOnlyMemory<byte>) : Result<Snapshot, string> =
        if octets.Span.StartsWith(ReadOnlySpan mark) then
            Sealing.open' form (octets.Slice mark.Length)
        elif octets.IsEmpty then
            Error "it is empty"
        else
            Error "it is no snapshot of SipFun"

    let private underway (sender: Sender) message = {
        Number = sender.Number
        Name = sender.Name
        CallId = sender.CallId
        Message = message
    }

    let private request (client: Client) : SipMessage voption =
        match client.Phase with
        | Resolving(request, _, _)
        | AwaitingSource(request, _)
        | Held request -> ValueSome request
        | Passing attempt
        | Calling attempt
        | Proceeding attempt -> ValueSome(Packet.original attempt.Packet)
        | Completed _
        | Accepted _ -> ValueNone

    /// The response that a server transaction repeats.
    let private repeated server (entries: Map<int64, Entry>) : SipMessage voption =
        match Map.tryFind server entries with
        | Some(ServerEntry { Phase = Insisting { Sending = sending } }) ->
            let most = ParseLimits.Default.ValuesPerField
            ValueOption.ofObj (SipMessage.TryRestore(sending.Packet, most))
        | _ -> ValueNone

    let private response entries (reply: Reply) : SipMessage voption =
        match reply.Phase with
        | Locating(response, _, _)
        | ReplyAwaitingSource(response, _, _)
        | Handing(response, _, _) -> ValueSome response
        | AwaitingAck(server, _) -> repeated server entries

    /// Those that somebody will want to hear the end of.
    let deliveries (snapshot: Snapshot) = [
        let entries =
            snapshot.Frozen.Entries
            |> List.map (fun (number, waiting) -> number, waiting.Value)
            |> Map.ofList

        for entry in entries.Values do
            match entry with
            | ClientEntry({ Told = false } as client) ->
                yield!
                    request client |> ValueOption.map (underway client.Sender) |> ValueOption.toList
            | ReplyEntry reply ->
                yield!
                    response entries reply
                    |> ValueOption.map (underway reply.Sender)
                    |> ValueOption.toList
            | _ -> ()
    ]
