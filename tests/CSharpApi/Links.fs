// A link that is no socket: whatever is sent over it is a test's to see, and to report.
namespace SipFun.Tests.CSharpApi

open System.Collections.Immutable
open System.Net
open System.Threading.Tasks
open SipFun
open SipFun.Shell

/// Calls `send` with its owner and the number and packet of each sending, inside the turn.
type FakeLink(local: IPEndPoint, send: ILinkOwner -> int64 -> byte array -> unit) =
    let mutable owner: ILinkOwner | null = null

    /// What it does when it is started.
    member val OnStart: unit -> unit = ignore with get, set

    /// To whom it reports.
    member _.Owner =
        match owner with
        | null -> failwith "not attached"
        | owner -> owner

    /// Adds a leg of this link alone.
    member this.AddTo(dispatcher: Dispatcher) =
        let links = ImmutableArray.Create<ILink> this
        dispatcher.Engine.Legs.Add(LegOptions.Udp "127.0.0.1:0", links)

    interface ILink with
        member _.Transport = Transport.Udp
        member _.LocalEndPoint = local

        member _.Attach given = owner <- given
        member this.Start() = this.OnStart()

        member this.Send(number, _, packet, _) = send this.Owner number (packet.ToArray())
        member _.Stopped = Task.CompletedTask
        member _.Dispose() = ()
