// What the tests of the registrar's face have in common: a REGISTER of a peer, and its answer.
module SipFun.Tests.CSharpApi.Registrar.Registering

open System
open System.Collections.Generic
open System.Threading
open System.Threading.Tasks
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House

let domain = "example.test"
let address user = AddressOfRecord.Parse $"sip:{user}@{domain}"
let options (store: ILocationStore) = RegistrarOptions(Domains = [| domain |], Store = store)

/// A REGISTER of a user with these fields.
let register (peer: Peer) user (fields: (string * string) list) =
    let text = peer.Request("REGISTER", $"sip:{domain}")
    let request = SipMessage.Parse text :?> SipRequest

    fields
    |> List.fold
        (fun (request: SipRequest) (name, value) -> request.WithAddedHeader(name, value))
        (request.WithHeader("To", $"<sip:{user}@{domain}>"))

let bound (peer: Peer) user = register peer user [ "Contact", $"<sip:{user}@{peer.EndPoint}>" ]

let ask (dispatcher: Dispatcher) (peer: Peer) (request: SipRequest) =
    peer.Send(request, local dispatcher)
    peer.ReceiveResponse()

let status dispatcher peer request = (ask dispatcher peer request).StatusCode

let lookup (store: ILocationStore) user =
    wait (store.LookupAsync(address user).AsTask()) |> List.ofSeq

let uris bindings = bindings |> List.map (fun (one: Binding) -> string one.Uri)

/// A clock whose timers never ring: what is over is not yet taken out.
type Unrung(time: TimeProvider) =
    inherit TimeProvider()
    override _.GetTimestamp() = time.GetTimestamp()
    override _.TimestampFrequency = time.TimestampFrequency

    override _.CreateTimer(_, _, _, _) = {
        new ITimer with
            member _.Change(_, _) = true
            member _.Dispose() = ()
            member _.DisposeAsync() = ValueTask()
    }

/// A store whose every answer waits until it is let go, and that may fail.
type SlowStore() =
    let memory = new InMemoryLocationStore()
    let inner: ILocationStore = memory
    let asked = Queue<TaskCompletionSource>()
    let names = List<string>()

    let pause (address: AddressOfRecord) =
        let gate = TaskCompletionSource TaskCreationOptions.RunContinuationsAsynchronously

        lock asked (fun () ->
            asked.Enqueue gate
            names.Add(string address)
            Monitor.PulseAll asked)

        gate.Task

    /// Whom it was asked for, in order.
    member _.Names = lock asked (fun () -> List.ofSeq names)

    /// Waits until it was asked so often, ever.
    member _.Asked(count: int) =
        lock asked (fun () ->
            while names.Count < count && Monitor.Wait(asked, Patience.milliseconds) do
                ()

            names.Count)

    /// Lets the oldest question be answered; with a fault it fails.
    member _.Go(?fault: exn) =
        let gate = lock asked (fun () -> asked.Dequeue())

        match fault with
        | Some fault -> gate.SetException fault
        | None -> gate.SetResult()

    interface ILocationStore with
        member _.LookupAsync(address, cancel) =
            ValueTask<IReadOnlyList<Binding>>(
                task {
                    do! pause address
                    return! inner.LookupAsync(address, cancel)
                }
            )

        /// Asks what is to be done twice, as a store does that somebody else wrote to.
        member _.UpdateAsync(address, change, cancel) =
            ValueTask<bool>(
                task {
                    do! pause address
                    change.Invoke(List<Binding>()) |> ignore
                    return! inner.UpdateAsync(address, change, cancel)
                }
            )

        member _.add_Expired handler = inner.add_Expired handler
        member _.remove_Expired handler = inner.remove_Expired handler

    interface IDisposable with
        member _.Dispose() = memory.Dispose()
