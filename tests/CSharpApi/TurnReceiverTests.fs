// Receivers that are pure machines are asked in the dispatcher's turn, those of the user on the pool.
module SipFun.Tests.CSharpApi.TurnReceiverTests

open System
open System.Collections.Concurrent
open System.Threading.Tasks
open Expecto
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi.House

type private Machine(receive: Received -> Receipt) =
    interface ITurnReceiver with
        member _.Receive received = receive received

let private isInTurn (received: Received) =
    try
        received.Dispatcher.Engine.Loop.ThrowIfInside()
        false
    with :? InvalidOperationException ->
        true

/// A receiver, in the turn or on the pool, that notes where it was asked.
let private noting (notes: ConcurrentQueue<string * bool>) name receipt (received: Received) =
    notes.Enqueue(name, isInTurn received)
    receipt

let private machine notes name receipt = Machine(noting notes name receipt) :> IReceiver
let private user notes name receipt = Receiver.From(Func<_, _>(noting notes name receipt))

let private message (peer: Peer) = SipMessage.Parse(peer.Request "MESSAGE")

let private asks chain expected =
    inVirtualTime (fun _ dispatcher peer ->
        let notes = ConcurrentQueue()
        let last = TaskCompletionSource()

        let final =
            Receiver.From(
                Func<Received, Receipt>(fun received ->
                    received.Respond(received.CreateResponse 200) |> ignore
                    last.SetResult()
                    Receipt.Handled)
            )

        dispatcher.SetReceiver(Receiver.Chain(Array.append (chain notes) [| final |]))
        dispatcher.Inject(message peer, dispatcher.Legs[0], peer.Hop)
        wait (task { do! last.Task })
        Expect.equal (List.ofSeq notes) expected "who was asked, and whether in the turn"
        Expect.equal (peer.ReceiveResponse().StatusCode) 200 "answered by the last")

let private takes =
    inVirtualTime (fun _ dispatcher peer ->
        let notes = ConcurrentQueue()
        let never = user notes "never" Receipt.Handled
        dispatcher.SetReceiver(Receiver.Chain(machine notes "machine" Receipt.Stateless, never))
        dispatcher.Inject(message peer, dispatcher.Legs[0], peer.Hop)
        Expect.equal (List.ofSeq notes) [ "machine", true ] "asked before Inject has returned"
        settle dispatcher
        Expect.isTrue (Core.State.idle dispatcher.Engine.Loop.State) "nothing was kept")

let private passes =
    inVirtualTime (fun _ dispatcher peer ->
        let notes = ConcurrentQueue()
        dispatcher.SetReceiver(machine notes "machine" Receipt.Pass)
        peer.Send(peer.Request "MESSAGE", local dispatcher)
        Expect.equal (peer.ReceiveResponse().StatusCode) 405 "nobody took it")

let private fails =
    inVirtualTime (fun _ dispatcher peer ->
        dispatcher.SetReceiver(Machine(fun _ -> failwith "a fault"))
        peer.Send(peer.Request "MESSAGE", local dispatcher)
        Expect.equal (peer.ReceiveResponse().StatusCode) 500 "the peer does not wait for it"
        Expect.equal (waitForCounter dispatcher "receiver_failed" 1L) 1L "counted")

/// What a machine hears of a request that it sends, and where.
type private Listener(heard: ConcurrentQueue<string>, ended: TaskCompletionSource) =
    interface IDeliveryListener with
        member _.Sent _ = heard.Enqueue "sent"
        member _.Responded(_, response) = heard.Enqueue $"{response.StatusCode}"
        member _.Forgotten _ = heard.Enqueue "forgotten"

        member _.Ended(_, outcome, last) =
            heard.Enqueue $"{Translate.ToOutcome(outcome).Kind}, last {last}"
            ended.SetResult()

/// A machine that answers each message with one of its own.
let private replying heard (ended: TaskCompletionSource) (received: Received) =
    let dispatcher = received.Dispatcher

    let request =
        dispatcher.CreateRequest(SipMethod.Options, received.Message.Contacts[0].Uri)

    let listener = Listener(heard, ended)
    dispatcher.Post(request, DeliverOptions(), null, 0L, listener) |> ignore
    Receipt.Stateless

let private sends =
    inVirtualTime (fun _ dispatcher peer ->
        let heard, ended = ConcurrentQueue(), TaskCompletionSource()
        dispatcher.SetReceiver(Machine(replying heard ended))
        let asking = (message peer).WithHeader("Contact", $"<{peer.Uri}>")
        dispatcher.Inject(asking, dispatcher.Legs[0], peer.Hop)
        peer.Answer(peer.ReceiveRequest(), 486)
        wait (task { do! ended.Task })
        Expect.equal (List.ofSeq heard) [ "sent"; "486"; "Answered, last True" ] "in order")

let private closes =
    inVirtualTime (fun _ dispatcher peer ->
        let heard, ended = ConcurrentQueue(), TaskCompletionSource()
        dispatcher.SetReceiver(Machine(replying heard ended))
        let asking = (message peer).WithHeader("Contact", $"<{peer.Uri}>")
        dispatcher.Inject(asking, dispatcher.Legs[0], peer.Hop)
        peer.ReceiveRequest() |> ignore
        finish dispatcher
        wait (task { do! ended.Task })
        Expect.contains heard "Disposed, last True" "every delivery ends")

let tests =
    testList "Receivers in the turn" [
        testCase "machines first in a chain are asked in the turn, the user's on the pool"
        <| asks
            (fun notes -> [|
                Receiver.Chain(machine notes "a" Receipt.Pass, machine notes "b" Receipt.Pass)
                user notes "c" Receipt.Pass
            |])
            [ "a", true; "b", true; "c", false ]

        testCase "a machine behind a receiver of the user's is asked in the turn"
        <| asks (fun notes -> [| user notes "a" Receipt.Pass; machine notes "b" Receipt.Pass |]) [
            "a", false
            "b", true
        ]

        testCase "what a machine takes is asked nobody else" takes
        testCase "what machines pass, and nobody else takes, is refused" passes
        testCase "a machine that throws is a 500" fails
        testCase "a machine hears what becomes of its request" sends
        testCase "a machine hears of the end of the dispatcher" closes
    ]
