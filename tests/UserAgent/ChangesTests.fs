/// INVITE and UPDATE of this end within a call, when something comes between: nothing of them is
/// left, nothing is sent that nobody wants any more, and no credentials go to who may not have them.
module SipFun.Tests.UserAgent.ChangesTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private ask method call rig =
    let exchange, rig = number rig
    exchange, give (AgentInput.RequestWithin(exchange, call, method, Content.none)) rig

let private finished rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Finished(exchange, ending) -> Some(exchange, ending)
        | _ -> None)

let private asks realm = "WWW-Authenticate", $"Digest realm=\"{realm}\", nonce=\"n-{realm}\""

/// A call whose re-INVITE got a 100.
let private asking () =
    let number, rig = answered start
    let exchange, rig = ask SipMethod.Invite number rig
    number, exchange, respond SipMethod.Invite 100 null [] rig

let private isOver exchange rig =
    Expect.equal (sentAs SipMethod.Cancel rig).Length 1 "a CANCEL"
    let rig = fail SipMethod.Cancel TimedOut rig |> fail SipMethod.Invite TimedOut
    Expect.equal (List.map fst (finished rig)) [ exchange ] "finished"
    expectIdle (forget rig)

let private leftovers = [
    testCase "9.1: a re-INVITE under way is cancelled when the other end hangs up"
    <| fun () ->
        let number, exchange, rig = asking ()
        let _, rig = arrive (within number SipMethod.Bye 2 [] rig) rig
        isOver exchange rig

    testCase "9.1: and when we hang up, whatever becomes of the BYE"
    <| fun () ->
        let number, exchange, rig = asking ()
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        isOver exchange (fail SipMethod.Bye TimedOut rig)

    testCase "an UPDATE that waits after 491 ends with its early dialog"
    <| fun () ->
        let number, rig = call order start
        let early = [ bobContact; "Allow", "UPDATE" ]
        let rig = respond SipMethod.Invite 183 "b1" early rig
        let exchange, rig = ask SipMethod.Update number rig
        let rig = respond SipMethod.Update 491 "b1" [] rig
        let _, rig = arrive (within number SipMethod.Bye 2 [] rig) rig
        let rig = { rig with Now = rig.Now + 5_000L<ms> } |> give AgentInput.Tick

        Expect.equal
            (finished rig)
            [ exchange, ExchangeEnd.Refused AgentRefusal.NoCall ]
            "there is no dialog to send it in"

        match UserAgent.alarm rig.State with
        | ValueSome at -> Expect.isGreaterThan at rig.Now "nothing is due"
        | ValueNone -> ()
]

let private unwanted = [
    testCase "an abandoned re-INVITE is not sent again, neither after 401 nor after 491"
    <| fun () ->
        for status, headers in [ 401, [ asks "b.test" ]; 491, [] ] do
            let order = { order with Party = { party with Logins = [ login ] } }
            let number, rig = answeredWith order [] start
            let exchange, rig = ask SipMethod.Invite number rig
            let rig = give (AgentInput.Abandon exchange) rig
            let before = (sentAs SipMethod.Invite rig).Length
            let rig = respond SipMethod.Invite status "b1" headers rig |> runFor 10_000L<ms>
            Expect.equal (sentAs SipMethod.Invite rig).Length before $"{status}"
            Expect.equal (List.map fst (finished rig)) [ exchange ] "finished"

    testCase "15: a request challenged after our BYE is not sent again"
    <| fun () ->
        let order = { order with Party = { party with Logins = [ login ] } }
        let number, rig = answeredWith order [] start
        let exchange, rig = ask SipMethod.Info number rig
        let rig = give (AgentInput.HangUp(number, Content.none)) rig
        let rig = respond SipMethod.Info 401 "b1" [ asks "b.test" ] rig
        Expect.equal (sentAs SipMethod.Info rig).Length 1 "once"
        Expect.equal (List.map fst (finished rig)) [ exchange ] "finished"

    testCase "RFC 5057, 5.1: a 481 to a NOTIFY ends no call"
    <| fun () ->
        let number, rig = answered start
        let _, rig = ask SipMethod.Notify number rig
        let rig = respond SipMethod.Notify 481 "b1" [] rig
        Expect.equal (finished rig).Length 1 "finished"
        Expect.isEmpty (endings rig) "the call goes on"

    testCase "RFC 3311, 5.2: a second UPDATE before the first is answered gets 500, early too"
    <| fun () ->
        let number, rig = settled start
        let _, rig = arrive (within number SipMethod.Update 3 [ bobContact ] rig |> sdp) rig
        let second = within number SipMethod.Update 4 [ bobContact ] rig |> sdp
        let _, rig = arrive second (quiet rig)
        Expect.equal (statuses rig) [ 500 ] "later"
]

let private credentials = [
    testCase "V-10: a login for no realm in particular is not for a realm the peer comes up with"
    <| fun () ->
        let anyRealm = [ { login with Realm = null } ]
        let order = { order with Party = { party with Logins = anyRealm } }
        let number, rig = call order start
        let rig = respond SipMethod.Invite 401 "s1" [ asks "b.test" ] rig
        let rig = respond SipMethod.Invite 200 "b1" [ bobContact ] rig
        let _, rig = ask SipMethod.Info number rig
        let rig = respond SipMethod.Info 401 "b1" [ asks "eve" ] rig
        Expect.equal (sentAs SipMethod.Info rig).Length 1 "not sent again"
        let _, rig = ask SipMethod.Message number rig
        let rig = respond SipMethod.Message 401 "b1" [ asks "b.test" ] rig
        let _, again = last SipMethod.Message rig

        Expect.equal
            [ for value in again.Authorization -> string (value.GetParameter "realm") ]
            [ "b.test" ]
            "the realm that asked first"
]

let tests =
    testList "Changes" [
        testList "leftovers" leftovers
        testList "unwanted" unwanted
        testList "credentials" credentials
    ]
