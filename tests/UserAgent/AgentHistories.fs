// Histories by chance: orders and news of all kinds, in any order, about calls that are there and
// that are not. After every step the laws hold (AgentRig); each order has exactly one end; at last
// nothing is left.
module SipFun.Tests.UserAgent.AgentHistories

open System
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

/// What happens next; the numbers choose among what there is.
type Event =
    | Calls of forks: bool * redirects: int
    | HangsUp of int
    | Asks of int * int
    | Abandons of int
    | Registers
    | Unregisters of int
    | Answers of int * int
    | Response of which: int * status: int * tag: int * flavour: int
    | Outcome' of which: int * int
    | Forgets of int
    | Reply of which: int * int
    | Comes of method: int * tag: int
    | Within of which: int * method: int * flavour: int
    | Again of int
    /// Somebody is called and answers.
    | Talks
    /// A re-INVITE of ours within a call meets one of the other end.
    | Glares of int
    | Waits of int

let private pick items which =
    match items with
    | [] -> None
    | _ -> Some(List.item (abs which % List.length items) items)

let private kinds = [
    SipMethod.Invite
    SipMethod.Update
    SipMethod.Info
    SipMethod.Message
    SipMethod.Bye
    SipMethod.Options
    SipMethod.Prack
    SipMethod.Cancel
    SipMethod.Ack
    SipMethod.Publish
    SipMethod.Register
]

let private status' = [
    100
    180
    183
    200
    202
    299
    301
    302
    400
    401
    404
    405
    407
    408
    422
    423
    481
    486
    487
    491
    500
    503
    603
]

let private flavours: (string * string) list list = [
    []
    [ bobContact ]
    [ bobContact; "Require", "100rel"; "RSeq", "1" ]
    [ bobContact; "Require", "100rel"; "RSeq", "2" ]
    [ "Contact", "<sip:c@c.test>;q=0.5, <sip:d@d.test>" ]
    [ bobContact; "Session-Expires", "100;refresher=uac"; "Allow", "UPDATE" ]
    [ bobContact; "Session-Expires", "100;refresher=uas"; "Min-SE", "200" ]
    [ "WWW-Authenticate", "Digest realm=\"b.test\", nonce=\"n\", stale=true" ]
    [ "Proxy-Authenticate", "Digest realm=\"b.test\", nonce=\"n\", qop=\"auth\"" ]
    [ "Min-Expires", "7200"; "Retry-After", "3" ]
    [ "Contact", "<sip:" ]
    [ "Contact", "<sip:alice@192.0.2.1:5060>;expires=60" ]
    [ bobContact; "Supported", "100rel, timer"; "Session-Expires", "120" ]
    [ bobContact; "Require", "unheard-of" ]
    [ bobContact; "RAck", "1 1 INVITE"; "Expires", "10" ]
]

let private flavour index = (pick flavours index).Value

let private calls rig =
    Queue.toList rig.State.Entries
    |> List.choose (fun (number, waiting) ->
        match waiting.Value with
        | CallEntry call -> Some(number, call)
        | _ -> None)

let private entries kind rig =
    Queue.toList rig.State.Entries
    |> List.filter (fun (_, waiting) -> kind waiting.Value)
    |> List.map fst

let private given choose rig act =
    match choose with
    | Some chosen -> act chosen
    | None -> rig

let private responses which status tag index rig =
    let sendings = Trie.toList rig.State.Sendings

    given (pick sendings which) rig (fun (number, sending) ->
        let toTag: string | null = if tag % 4 = 0 then null else $"b{tag % 4}"
        let code = (pick status' status).Value
        let message = response code toTag (flavour index) sending.Request
        responding (int64 number) message rig)

let private outcomes: Outcome list = [
    TimedOut
    Cancelled
    Disposed
    Refused RefusalReason.TooMany
    Unreachable(peerHop, TransportFault.LegRemoved, "")
]

let private completes which outcome rig =
    given (pick (Trie.toList rig.State.Sendings) which) rig (fun (number, sending) ->
        let isLast = outcome % 2 = 0 || sending.Request.Method <> SipMethod.Invite
        let outcome = (pick outcomes outcome).Value
        give (AgentInput.Completed(int64 number, outcome, isLast)) rig)

let private forgets which rig =
    Trie.toList rig.State.Sendings
    |> List.filter (fun (_, sending) -> sending.IsFinal)
    |> fun finals -> pick finals which
    |> fun chosen ->
        given chosen rig (fun (number, _) -> give (AgentInput.Forgotten(int64 number)) rig)

let private replied which outcome rig =
    given (pick (replies rig) which) rig (fun (_, reply, _) ->
        let outcome = if outcome % 2 = 0 then Sent else TimedOut
        give (AgentInput.Replied(reply, outcome)) rig)

let private comes method tag rig =
    let method = (pick kinds method).Value
    let request = (from method 1 (flavour tag)).WithHeader("Call-ID", $"in-{tag % 3}")
    snd (arrive (sdp request) rig)

let private comesWithin which method index rig =
    given (pick (calls rig) which) rig (fun (_, call) ->
        match Map.tryFind call.Latest call.Sides with
        | None -> rig
        | Some side ->
            let method = (pick kinds method).Value
            let request = withinDialog side.Dialog method (index % 6 + 1) (flavour index)
            let request = if index % 2 = 0 then sdp request else request
            snd (arrive request rig))

/// A CANCEL of a call that rings, or the ACK of one that is answered.
let private follows which rig =
    given (pick (calls rig) which) rig (fun (_, call) ->
        match call.Phase with
        | CallPhase.Ringing ringing ->
            let cancel = from SipMethod.Cancel 1 []

            let cancel =
                cancel
                    .WithHeader("Call-ID", ringing.Invite.CallId.Value)
                    .WithTopVia(ringing.Invite.TopVia)

            snd (arrive cancel rig)
        | CallPhase.Established _ ->
            let side = call.Sides[call.Latest]
            snd (arrive (withinDialog side.Dialog SipMethod.Ack 1 []) rig)
        | _ -> rig)

let private withLogin = { party with Logins = [ login ] }

let private ask method which rig =
    let exchange, rig = number rig
    let method = (pick kinds method).Value

    match pick (calls rig) which with
    | Some(call, _) -> give (AgentInput.RequestWithin(exchange, call, method, Content.none)) rig
    | None ->
        let order = { Method = method; Party = withLogin; Content = Content.none }
        give (AgentInput.Request(exchange, order)) rig

let private glares which rig =
    given (pick (calls rig) which) rig (fun (call, _) ->
        let exchange, rig = number rig
        let ask = AgentInput.RequestWithin(exchange, call, SipMethod.Invite, Content.none)
        let asked = give ask rig

        match sent asked |> List.skip (List.length (sent rig)) with
        | [ sending, invite ] -> responding sending (response 491 invite.ToTag [] invite) asked
        | _ -> asked)

let private calling forks redirects rig =
    let order = {
        order with
            Party = withLogin
            Forks = if forks then ForkPolicy.All else ForkPolicy.FirstWins
            Redirects = abs redirects % 4
            Reliability = enum (abs redirects % 3)
            Session = ValueSome 120_000L<ms>
            RingFor = if forks then ValueSome 40_000L<ms> else ValueNone
    }

    snd (call order rig)

let private register rig =
    let number, rig = number rig

    let order: RegisterOrder = { Party = withLogin; Content = Content.none; Expires = 60_000L<ms> }

    give (AgentInput.Register(number, order)) rig

let private answers which status rig =
    let waiting =
        entries
            (fun entry ->
                match entry with
                | CallEntry { Phase = CallPhase.Ringing _ }
                | AskedEntry _ -> true
                | _ -> false)
            rig

    given (pick waiting which) rig (fun received -> say received (pick status' status).Value rig)

let apply rig event =
    match event with
    | Calls(forks, redirects) -> calling forks redirects rig
    | HangsUp which ->
        given (pick (calls rig) which) rig (fun (call, _) ->
            give (AgentInput.HangUp(call, Content.none)) rig)
    | Asks(method, which) -> ask method which rig
    | Abandons which ->
        given (pick (entries _.IsExchangeEntry rig) which) rig (fun exchange ->
            give (AgentInput.Abandon exchange) rig)
    | Registers -> register rig
    | Unregisters which ->
        given (pick (entries _.IsRegistrationEntry rig) which) rig (fun registration ->
            give (AgentInput.Unregister registration) rig)
    | Answers(which, status) -> answers which status rig
    | Response(which, status, tag, index) -> responses which status (abs tag) (abs index) rig
    | Outcome'(which, outcome) -> completes which (abs outcome) rig
    | Forgets which -> forgets which rig
    | Reply(which, outcome) -> replied which (abs outcome) rig
    | Comes(method, tag) -> comes method (abs tag) rig
    | Within(which, method, index) -> comesWithin which method (abs index) rig
    | Again which -> follows which rig
    | Talks -> snd (answeredWith { order with Party = withLogin } [ "Allow", "UPDATE" ] rig)
    | Glares which -> glares which rig
    | Waits time -> runFor (int64 (abs time) * 1_000L<ms>) rig

/// Everybody hangs up, nobody answers any more; the clock runs until nothing is due.
let rec private vanish left rig =
    if left = 0 then
        rig
    else
        let fail rig (number: uint64, _) =
            if (AgentState.trySending (int64 number) rig.State).IsSome then
                give (AgentInput.Completed(int64 number, TimedOut, true)) rig
            else
                rig

        let awaiting = Trie.toList rig.State.Replies

        let rig =
            List.fold
                (fun rig (reply: uint64, _) -> give (AgentInput.Replied(int64 reply, TimedOut)) rig)
                rig
                awaiting

        Trie.toList rig.State.Sendings
        |> List.fold fail rig
        |> runFor 200_000L<ms>
        |> vanish (left - 1)

/// What was begun, by an order or by the other end.
let private begun rig =
    let ordered =
        rig.Inputs
        |> List.choose (fun input ->
            match input with
            | AgentInput.Invite(number, _)
            | AgentInput.Request(number, _)
            | AgentInput.RequestWithin(number, _, _, _)
            | AgentInput.Register(number, _) -> Some number
            | _ -> None)

    let came =
        told rig
        |> List.choose (fun event ->
            match event with
            | AgentEvent.Invited(number, _, _)
            | AgentEvent.Forked(_, number, _) -> Some number
            | _ -> None)

    List.sort (ordered @ came)

let private ended rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Ended(number, _)
        | AgentEvent.Finished(number, _)
        | AgentEvent.RegistrationFailed(number, _, ValueNone)
        | AgentEvent.Unregistered(number, _) -> Some number
        | _ -> None)
    |> List.sort

/// D1: each call, exchange and registration ended once; each request that came in was answered once.
let private expectEnds rig =
    Expect.equal (ended rig) (begun rig) "all that began ended once"

    let finals =
        replies rig
        |> List.filter (fun (_, _, response) -> response.IsFinal)
        |> List.map (fun (received, _, _) -> received)
        |> List.sort

    let passed =
        effects rig
        |> List.choose (fun effect ->
            match effect with
            | AgentEffect.Receipt(number, Receipt.Pass) -> Some number
            | _ -> None)
        |> Set.ofList

    let came =
        rig.Inputs
        |> List.choose (fun input ->
            match input with
            | AgentInput.Arrived { Number = number } when number <> 0L -> Some number
            | _ -> None)
        |> List.filter (passed.Contains >> not)
        |> List.sort

    Expect.equal finals came "all that came was answered once"

/// After an application was told a call's end it hears nothing of it any more.
let private expectSilence rig =
    let _ =
        told rig
        |> List.fold
            (fun ended event ->
                match event with
                | AgentEvent.Ended(call, _) -> Set.add call ended
                | AgentEvent.Progressed(call, _)
                | AgentEvent.Answered(call, _)
                | AgentEvent.Redirected(call, _)
                | AgentEvent.Acknowledged(call, _)
                | AgentEvent.Refreshed call ->
                    Expect.isFalse (Set.contains call ended) $"after its end: %A{event}"
                    ended
                | _ -> ended)
            Set.empty

    ()

let private run events =
    let rig = List.fold apply start events
    let rig = give AgentInput.Close rig |> vanish 12
    expectIdle rig
    expectEnds rig
    expectSilence rig
    rig

let private config = { FsCheckConfig.defaultConfig with maxTest = 300; endSize = 120 }

/// The names of what the agent told, said, asked for and answered in a history.
let private seen rig =
    let name value =
        let case, _ =
            Microsoft.FSharp.Reflection.FSharpValue.GetUnionFields(value, value.GetType())

        case.Name

    [
        for event in told rig do
            name event

            match event with
            | AgentEvent.Ended(_, ending) -> "ended: " + name ending
            | _ -> ()
        for request in methods rig do
            request
        for status in statuses rig do
            string status
    ]
    |> Set.ofList

/// A model that does nothing would pass: these must be seen. 482 and a 2xx without an ACK are too rare
/// for chance, and have tests of their own.
let private sometimes = [
    "Invited"
    "Progressed"
    "Answered"
    "Forked"
    "Redirected"
    "Acknowledged"
    "Refreshed"
    "Requested"
    "Withdrawn"
    "Responded"
    "Finished"
    "Registered"
    "RegistrationFailed"
    "Unregistered"
    "ended: HungUp"
    "ended: Left"
    "ended: Cancelled"
    "ended: Withdrawn"
    "ended: Rejected"
    "ended: Declined"
    "ended: Failed"
    "ended: Lost"
    "ended: Expired"
    "PRACK"
    "UPDATE"
    "CANCEL"
    "400"
    "405"
    "420"
    "481"
    "487"
    "491"
    "500"
]

let tests =
    testList "Histories" [
        testPropertyWithConfig
            config
            "whatever happens, the laws hold, all ends once, and nothing is left (D1, D7)"
        <| fun (events: Event list) -> run events |> ignore

        testCase "long histories, in which everything is seen"
        <| fun () ->
            let generator = ArbMap.defaults |> ArbMap.generate<Event>

            let history seed =
                Gen.sampleWithSeed (Rnd(seed, 17UL)) 50 600 generator |> List.ofArray |> run

            let all = [ 1UL .. 12UL ] |> List.map (history >> seen) |> Set.unionMany
            let unseen = Set.ofList sometimes - all
            Expect.isEmpty unseen $"{List.ofSeq unseen} not seen"
    ]
