// Two agents whose re-INVITEs cross on the way (RFC 3261, 14.1 and 14.2), and a wire between them that
// holds what it is told to hold.
module SipFun.Tests.CSharpApi.UserAgent.GlareTests

open System
open System.Threading.Tasks
open Expecto
open Microsoft.Extensions.Time.Testing
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.House
open SipFun.Tests.CSharpApi.UserAgent.AgentHouse

/// An agent, and the socket that stands for it at the other end's side.
type private End = { Dispatcher: Dispatcher; Agent: UserAgent; Seen: Peer }

let private endOf time (name: string) (seen: Peer) =
    let dispatcher = virtually time

    let options =
        UserAgentOptions(
            Address = NameAddr.Parse $"<sip:{name}@example.com>",
            Contact = NameAddr.Parse $"<sip:{name}@{seen.HostPort}>"
        )

    let agent = new UserAgent(dispatcher, options)
    dispatcher.SetReceiver agent
    { Dispatcher = dispatcher; Agent = agent; Seen = seen }

/// What waits on the wire for this end.
let private take (to': End) = to'.Seen.Receive()

let private pass (from: End) (to': End) (message: SipMessage) =
    from.Seen.Send(message, local to'.Dispatcher)

/// The next message on this way, which must be this one, goes on.
let private passes from to' (firstLine: string) =
    let message = take to'
    let text = message.ToString()
    Expect.isTrue (text.StartsWith(firstLine, StringComparison.Ordinal)) $"{firstLine}: {text}"
    pass from to' message

/// What was passed to this end before has been heard there: so has a question behind it.
let private hears (end': End) =
    use asker = new Peer()
    asker.Send(asker.Request "OPTIONS", local end'.Dispatcher)
    Expect.equal (asker.ReceiveResponse()).StatusCode 200 "asked"

/// The call that this end takes.
let private answers (end': End) =
    let taken = TaskCompletionSource<Call>()

    end'.Agent.OnInvitation <-
        fun invitation ->
            taken.SetResult(invitation.Accept offer)
            Task.CompletedTask

    taken.Task

/// It agrees to every change.
let private accepts (end': End) =
    end'.Agent.OnRequest <-
        fun incoming ->
            incoming.Respond(200, offer)
            Task.CompletedTask

let private established alice bob =
    let taken = answers bob
    let call = wait (alice.Agent.CallAsync(SipUri.Parse $"sip:bob@{bob.Seen.HostPort}"))
    passes alice bob "INVITE"
    passes bob alice "SIP/2.0 200"
    passes alice bob "ACK"
    let other = wait taken
    wait other.Acknowledged |> ignore
    call, other

/// Moves time by steps of 10 ms until something comes on this way.
let private untilSent (time: FakeTimeProvider) from to' =
    let start = time.GetUtcNow()

    while not to'.Seen.HasMore && time.GetUtcNow() - start < TimeSpan.FromSeconds 5.0 do
        time.Advance(TimeSpan.FromMilliseconds 10.0)
        settle from.Dispatcher

    time.GetUtcNow()

/// Both re-INVITEs are on the way before either arrives: each is refused 491, and acknowledged.
let private collide alice bob =
    let first, second = take bob, take alice
    Expect.equal (first.CSeq.Method, second.CSeq.Method) (SipMethod.Invite, SipMethod.Invite) "both"
    pass alice bob first
    pass bob alice second
    let refusals = take alice, take bob
    pass bob alice (fst refusals)
    pass alice bob (snd refusals)
    Expect.stringStarts (string (fst refusals)) "SIP/2.0 491" "Bob's"
    Expect.stringStarts (string (snd refusals)) "SIP/2.0 491" "Alice's"
    passes alice bob "ACK"
    passes bob alice "ACK"
    hears bob
    hears alice

/// A change of this end that nothing meets.
let private changes from to' =
    passes from to' "INVITE"
    passes to' from "SIP/2.0 200"
    passes from to' "ACK"
    hears to'

let private glares (time: FakeTimeProvider) alice bob =
    let call, other = established alice bob
    accepts alice
    accepts bob
    let changing, changingBack = call.ReInviteAsync offer, other.ReInviteAsync offer
    collide alice bob
    let collision = time.GetUtcNow()
    let waited = untilSent time bob alice - collision
    Expect.isLessThanOrEqual waited (TimeSpan.FromSeconds 2.0) "14.1: who was called, up to 2 s"
    Expect.isFalse bob.Seen.HasMore "Alice waits longer"
    changes bob alice
    Expect.equal (wait changingBack).StatusCode 200 "Bob's change"
    let waited = untilSent time alice bob - collision
    Expect.isGreaterThanOrEqual waited (TimeSpan.FromSeconds 2.1) "14.1: who called, from 2.1 s on"
    Expect.isLessThanOrEqual waited (TimeSpan.FromSeconds 4.0) "and up to 4 s"
    changes alice bob
    Expect.equal (wait changing).StatusCode 200 "Alice's change"
    let leaving = call.ByeAsync()
    passes alice bob "BYE"
    passes bob alice "SIP/2.0 200"
    Expect.equal (wait leaving).Kind CallEndKind.HungUp "how it ended"
    Expect.equal (ended other).Kind CallEndKind.HungUpByPeer "for the other too"

let private between run () =
    let time = FakeTimeProvider()
    use first = new Peer()
    use second = new Peer()
    let alice, bob = endOf time "alice" first, endOf time "bob" second

    try
        run time alice bob
    finally
        finish alice.Dispatcher
        finish bob.Dispatcher

let tests =
    testList "Glare" [
        testCase "14.1: re-INVITEs that cross: 491 to both, then each in its time" (between glares)
    ]
