// A recording replayed: every input of a random history, written and read back, gives the same effects.
module SipFun.Tests.Recording.RecordingTests

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.Rig
open SipFun.Tests.Dispatcher.Histories

let private ok result =
    match result with
    | Ok value -> value
    | Error why -> failtestf "%s" why

let private reread (now, input) =
    Recording.writeStep now input |> ReadOnlyMemory |> Recording.readStep |> ok

/// A history from its first input, and what was put in.
let private recorded settings events =
    let bare = {
        Settings = settings
        State = Dispatcher.start
        Now = 0L<ms>
        Log = []
        Number = 1L
        Inputs = ValueSome []
    }

    let tcp = { leg 5 "127.0.0.1" 5060 with Transport = Transport.Tcp }

    let begun =
        [ own; leg 2 "127.0.0.2" 5060; tcp ]
        |> List.fold (fun rig leg -> give (AddLeg leg) rig) bare
        |> receiving

    List.fold give1 begun events

let private inputs rig = rig.Inputs |> ValueOption.defaultValue [] |> List.rev

/// What comes of inputs, step by step, in lines.
let private story settings inputs =
    let once (state, told) (now, input) =
        let struct (state, effects) = Dispatcher.step settings now input state
        state, Recording.lines effects :: told

    List.fold once (Dispatcher.start, []) inputs |> snd |> List.rev

/// One of each input but those that histories have.
let private rare: Input list = [
    CancelDelivery(ByName { Number = 1L; Text = "one's own \ud83d" })
    RemoveLeg 7
    SetReceiver ValueNone
    ResolveUri(9L, uri "sips:b@b.test;transport=tcp", { Wishes.none with Key = ValueSome -3L })
    Locate(9L, uri "sip:b@b.test", true, false, Wishes.none)
    Relay(1, peer, ReadOnlyMemory [| 0uy; 255uy |])
    ClearMarks ValueNone
    ClearMarks(ValueSome { peer with VerifyName = "b.test"; Flow = -4L })
    AddTimer(3L, 70L<ms>, ValueSome 5L<ms>)
    CancelTimer 3L
    Close
    Drain
    TakeUp(TakingUp.freeze State.empty)
    FlowAccepted(1, peer, [ "a"; "b" ])
    FlowOpened 1L
    FlowClosed(1L, TransportFault.HostUnreachable, "no")
    FlowIdle 1L
    FlowExpired 1L
    Overflowed 2L
    SourceChosen({ address "fe80::1" with Scope = 3u }, ValueNone)
    SourceChosen(address "::1", ValueSome(address "127.0.0.1"))
    Bounced("z9hG4bK1", TransportFault.TooLarge, "")
    PathMtuLearnt("z9hG4bK1", 600)
    Unparsed(1, peer, ReadOnlyMemory "OPTIONS\r\n"B, 400)
    Input.Answered(
        Question.create "b.test" DnsType.Naptr,
        Answer.ok [|
            {
                Name = "b.test"
                Ttl = 1
                Data = PointerTo(1, 2, "s", "SIP+D2U", "", "c.test")
            }
            { Name = "b.test"; Ttl = 2; Data = ServiceAt(1, 2, 3, "c.test") }
            { Name = "b.test"; Ttl = 3; Data = AliasOf "d.test" }
        |]
    )
]

let tests =
    testList "Recording" [
        testPropertyWithConfig
            config
            "replayed, a recording gives the same effects"
            (fun events tight' ->
                let settings = if tight' then tight else settings
                let inputs = recorded settings events |> inputs

                let again =
                    Recording.writeSettings settings |> ReadOnlyMemory |> Recording.readSettings

                story settings inputs = story (ok again) (List.map reread inputs))

        testPropertyWithConfig
            config
            "an input that was read back is written as it was"
            (fun (events: Event list) ->
                inputs (recorded settings events)
                |> List.append (List.map (fun input -> 5L<ms>, input) rare)
                |> List.forall (fun (now, input) ->
                    let again, read = reread (now, input)

                    again = now && Recording.writeStep now read = Recording.writeStep now input))

        testCase "settings come back"
        <| fun () ->
            let own = {
                tight with
                    Rules = {
                        DomainProxies = Map.ofList [ "*", uri "sip:p.test;lr" ]
                        OutgoingProxy = ValueSome(uri "sip:q.test")
                        Seed = UInt64.MaxValue
                    }
                    Memories = { Memories.standard with TryNextAfter = ValueSome 1L<ms> }
            }

            let again = Recording.writeSettings own |> ReadOnlyMemory |> Recording.readSettings
            Expect.equal (ok again) own "the same"

        testCase "settings by which a clock would never end are refused"
        <| fun () ->
            let still = { settings with Timers = { timers with T1 = 0L<ms> } }

            Recording.writeSettings still
            |> ReadOnlyMemory
            |> Recording.readSettings
            |> fun read -> Expect.isError read "refused"

        testCase "effects that differ in one byte differ in their lines"
        <| fun () ->
            let line (text: string) =
                let packet = ReadOnlyMemory(Text.Encoding.ASCII.GetBytes text)
                EffectText.line (Effect.Transmit(1L, 1, peer, packet, false))

            Expect.notEqual (line "abc") (line "abd") "told apart"
            Expect.stringContains (line "abc") "Transmit 1: leg 1 to udp:127.0.0.7:5070" "in words"
    ]
