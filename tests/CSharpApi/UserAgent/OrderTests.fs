// What a handler hears comes before the tasks that tell of what followed it; a handler that waits holds up
// nothing else.
module SipFun.Tests.CSharpApi.UserAgent.OrderTests

open System
open System.Threading
open Expecto
open SipFun
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

/// Hears responses, and lets none go until the gate is open.
let private holding
    (gate: ManualResetEventSlim)
    (heard: Collections.Concurrent.ConcurrentQueue<_>)
    =
    Action<SipResponse>(fun response ->
        gate.Wait()
        heard.Enqueue response.StatusCode)

let private progressFirst room =
    use gate = new ManualResetEventSlim()
    let heard = Collections.Concurrent.ConcurrentQueue()
    let call, invite = callWith room (CallOptions(OnProgress = holding gate heard))
    answer room invite 180
    answer room invite 200
    request room SipMethod.Ack |> ignore
    answerWith room invite 200 "peer" [] null
    settle room.Dispatcher
    Expect.isFalse call.Answered.IsCompleted "the 180 was not heard yet"
    let other, _ = answered room
    Expect.isFalse other.Ended.IsCompleted "another call goes on"
    gate.Set()
    Expect.equal (status (wait call.Answered)) 200 "then the 200"
    Expect.equal (List.ofSeq heard) [ 180 ] "after the 180"

let private responsesFirst room =
    use gate = new ManualResetEventSlim()
    let heard = Collections.Concurrent.ConcurrentQueue()
    let options = SendOptions(OnResponse = holding gate heard)
    let asking = room.Agent.SendAsync(SipMethod.Options, room.Peer.Uri, options)
    answer room (request room SipMethod.Options) 200
    let other = room.Agent.OptionsAsync room.Peer.Uri
    answer room (request room SipMethod.Options) 200
    Expect.equal (wait other).StatusCode 200 "another is not held up"
    Expect.isFalse asking.IsCompleted "its handler has not returned"
    gate.Set()
    Expect.equal (wait asking).StatusCode 200 "then the response"
    Expect.equal (List.ofSeq heard) [ 200 ] "after it was heard"

/// A handler that never returns does not keep the end from coming.
let private endsAllTheSame room =
    use gate = new ManualResetEventSlim()
    let heard = Collections.Concurrent.ConcurrentQueue()
    let call, invite = callWith room (CallOptions(OnProgress = holding gate heard))
    answer room invite 180
    let disposing = room.Agent.DisposeAsync().AsTask()
    pass room disposing
    Expect.equal (ended call).Kind CallEndKind.Disposed "told all the same"
    gate.Set()

let tests =
    testList "Order" [
        testCase "OnProgress, then Answered" (inRoom progressFirst)
        testCase "OnResponse, then the response" (inRoom responsesFirst)
        testCase "a handler that never returns, and the end" (inRoom endsAllTheSame)
    ]
