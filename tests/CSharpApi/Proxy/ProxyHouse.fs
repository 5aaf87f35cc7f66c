// A stateless proxy between peers on loopback, over any two transports.
module SipFun.Tests.CSharpApi.Proxy.ProxyHouse

open System
open System.Threading.Tasks
open SipFun
open SipFun.Tests
open SipFun.Tests.CSharpApi

let options (changes: (string * objnull) list) =
    let copy = StatelessProxyOptions()

    for name, value in changes do
        match typeof<StatelessProxyOptions>.GetProperty name with
        | null -> failwith name
        | property -> property.SetValue(copy, value)

    copy

/// A proxy in real time with these legs.
let withProxyOn (legs: LegOptions list) options (run: StatelessProxy -> unit) =
    let dispatcher = House.start (DispatcherOptions(Legs = Array.ofList legs))

    try
        let proxy = new StatelessProxy(dispatcher, options)
        dispatcher.SetReceiver proxy
        run proxy
    finally
        House.finish dispatcher

let udp = LegOptions.Udp "127.0.0.1:0"
let withProxy options run = withProxyOn [ udp ] options run

let legOf (proxy: StatelessProxy) transport =
    proxy.Dispatcher.Legs |> Seq.find (fun leg -> leg.Transport = transport)

let at (proxy: StatelessProxy) = (legOf proxy Transport.Udp).LocalEndPoint

/// A binding of nobody's REGISTER.
let bind (store: ILocationStore) (address: string) (contact: string) =
    let binding =
        Binding(
            Contact = NameAddr.Parse $"<{contact}>",
            ExpiresIn = TimeSpan.FromHours 1.0,
            CallId = CallId.Parse "reg",
            CSeq = 1u
        )

    let name = AddressOfRecord.Parse address
    House.wait (store.UpdateAsync(name, (fun _ -> [| binding |])).AsTask()) |> ignore

/// A request as a peer writes it.
let ask (method: string) (uri: string) (from: Peer) branch (more: string) =
    String.Join(
        "\r\n",
        [
            $"{method} {uri} SIP/2.0"
            $"Via: SIP/2.0/UDP {from.HostPort};branch={branch}"
            "Max-Forwards: 70"
            "From: <sip:a@a.test>;tag=1"
            "To: <sip:b@b.test>"
            $"Call-ID: {branch}@a.test"
            $"CSeq: 1 {method}"
            $"{more}Content-Length: 0"
            ""
            ""
        ]
    )

/// A store that answers when the test says.
type SlowStore(inner: ILocationStore) =
    let gate = TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)

    member _.Open() = gate.SetResult()
    member _.Break() = gate.SetException(InvalidOperationException "out of order")

    interface ILocationStore with
        member _.LookupAsync(address, cancel) =
            let answer: Task<System.Collections.Generic.IReadOnlyList<Binding>> =
                task {
                    do! gate.Task
                    return! inner.LookupAsync(address, cancel)
                }

            ValueTask<System.Collections.Generic.IReadOnlyList<Binding>>(task = answer)

        member _.UpdateAsync(address, change, cancel) = inner.UpdateAsync(address, change, cancel)
        member _.add_Expired _ = ()
        member _.remove_Expired _ = ()

/// A store that answers each question as the test says, by how many came before it.
type AnsweringStore(answer: int -> Task<System.Collections.Generic.IReadOnlyList<Binding>>) =
    let mutable asked = 0

    member _.Asked = System.Threading.Volatile.Read &asked

    interface ILocationStore with
        member _.LookupAsync(_, _) =
            let before = System.Threading.Interlocked.Increment &asked - 1
            ValueTask<System.Collections.Generic.IReadOnlyList<Binding>>(task = answer before)

        member _.UpdateAsync(_, _, _) = ValueTask<bool> false
        member _.add_Expired _ = ()
        member _.remove_Expired _ = ()
