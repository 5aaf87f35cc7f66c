// Bindings (RFC 3261, 10.2): made, refreshed in time, raised by 423, tried again after failures,
// taken back.
module SipFun.Tests.UserAgent.RegisteringTests

open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.UserAgent.AgentRig

let private registrar: RegisterOrder = {
    Party = {
        party with
            Target = uri "sip:a.test"
            To = address "<sip:alice@a.test>"
            Logins = [ { login with Realm = "a.test" } ]
    }
    Content = Content.none
    Expires = 3_600_000L<ms>
}

let private register order rig =
    let number, rig = number rig
    number, give (AgentInput.Register(number, order)) rig

let private bound = "Contact", "<sip:alice@192.0.2.1:5060>;expires=600"
let private answer status headers rig = respond SipMethod.Register status "r" headers rig

let private registered rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.Registered(_, expires, _) -> Some expires
        | _ -> None)

let private failures rig =
    told rig
    |> List.choose (fun event ->
        match event with
        | AgentEvent.RegistrationFailed(_, _, again) -> Some again
        | _ -> None)

let private unregistered rig =
    told rig |> List.filter (fun event -> event.IsUnregistered) |> List.length

let private expires (request: SipRequest) = request.Contacts[0].Expires.Value, request.Expires.Value

let private binding = [
    testCase "10.2: a REGISTER says who, where, and for how long"
    <| fun () ->
        let _, rig = register registrar start
        let _, request = last SipMethod.Register rig
        Expect.equal (string request.RequestUri) "sip:a.test" "the registrar"
        Expect.equal (string request.To) "<sip:alice@a.test>" "the address of record"
        Expect.equal (expires request) (3600u, 3600u) "for how long"
        Expect.equal (string request.Contacts[0].Uri) "sip:alice@192.0.2.1:5060" "Contact"

    testCase "10.2.4: the time granted is our contact's, else Expires, else what was asked"
    <| fun () ->
        for headers, granted in
            [
                [
                    "Contact", "<sip:x@x.test>;expires=7, <sip:alice@192.0.2.1:5060>;expires=600"
                ],
                600
                [ "Contact", "<sip:alice@192.0.2.1:5060>"; "Expires", "500" ], 500
                [ "Contact", "<sip:alice@192.0.2.1:5060>" ], 3600
                [], 3600
            ] do
            let _, rig = register registrar start
            let rig = answer 200 headers rig
            Expect.equal (registered rig) [ int64 granted * 1_000L<ms> ] $"{granted}"

    testCase "10.2.4: it is refreshed before it expires: same Call-ID and From tag, next CSeq"
    <| fun () ->
        let _, rig = register registrar start
        let rig = answer 200 [ bound ] rig
        let _, first = last SipMethod.Register rig
        let rig = runFor 600_000L<ms> rig
        Expect.equal (List.length (sentAs SipMethod.Register rig)) 2 "once, while no answer comes"
        let _, second = last SipMethod.Register rig
        Expect.equal second.CallId first.CallId "Call-ID"
        Expect.equal second.FromTag first.FromTag "From tag"
        Expect.equal second.CSeq.Number 2u "CSeq"

        let at =
            List.rev rig.Log
            |> List.choose (fun (at, effect) -> if effect.IsSend then Some at else None)
            |> List.last

        Expect.isLessThan at (1_000L<ms> + 600_000L<ms> - 64_000L<ms>) "64*T1 to spare, twice"
        let rig = answer 200 [ bound ] rig
        Expect.equal (registered rig).Length 2 "told each time"

    testCase "10.2: all bindings at one registrar have one Call-ID, and CSeqs that rise by one"
    <| fun () ->
        let _, rig = register registrar start

        let other = {
            registrar with
                Party = { registrar.Party with To = address "<sip:c@a.test>" }
        }

        let _, rig = register other rig
        let sending, request = last SipMethod.Register rig
        let challenge = [ "WWW-Authenticate", "Digest realm=\"a.test\", nonce=\"n\"" ]
        let rig = responding sending (response 401 "r" challenge request) rig

        let elsewhere = {
            registrar with
                Party = { registrar.Party with Target = uri "sip:z.test" }
        }

        let _, rig = register elsewhere rig
        let registers = sentAs SipMethod.Register rig |> List.map snd
        let callIds = registers |> List.map (fun request -> string request.CallId)
        Expect.equal (List.distinct (List.take 3 callIds)).Length 1 "the same"
        Expect.notEqual callIds[3] callIds[0] "another registrar, another Call-ID"

        Expect.equal
            (registers |> List.map (fun request -> request.CSeq.Number))
            [ 1u; 2u; 3u; 1u ]
            "by one"

        Expect.equal (List.distinct (registers |> List.map _.FromTag)).Length 3 "From tags"

    testCase "10.2.8: 423 raises the time to Min-Expires; a registrar that goes on so is given up"
    <| fun () ->
        let _, rig = register { registrar with Expires = 60_000L<ms> } start
        let rig = answer 423 [ "Min-Expires", "1800" ] rig
        let _, second = last SipMethod.Register rig
        Expect.equal (expires second) (1800u, 1800u) "as it asks"
        Expect.equal second.CSeq.Number 2u "CSeq"
        let rig = answer 200 [] rig
        Expect.equal (registered rig) [ 1_800_000L<ms> ] "bound"

        let _, rig = register { registrar with Expires = 60_000L<ms> } start

        let raise' rig least =
            if List.isEmpty (failures rig) then
                answer 423 [ "Min-Expires", string least ] rig
            else
                rig

        let rig = List.fold raise' rig [ 100..100..2000 ]
        Expect.equal (List.length (sentAs SipMethod.Register rig)) 4 "three times more"
        expectIdle rig
        let _, rig = register registrar start
        expectIdle (answer 423 [ "Min-Expires", "60" ] rig)

    testCase
        "22.2: 401 is answered; the refresh bears credentials at once; a stale nonce is renewed"
    <| fun () ->
        let challenge nonce extra =
            "WWW-Authenticate", $"Digest realm=\"a.test\", nonce=\"{nonce}\", qop=\"auth\"{extra}"

        let _, rig = register registrar start
        let rig = answer 401 [ challenge "n1" "" ] rig
        let _, second = last SipMethod.Register rig
        Expect.equal second.Authorization.Count 1 "credentials"
        let rig = answer 200 [ bound ] rig |> runFor 550_000L<ms>
        let _, third = last SipMethod.Register rig
        Expect.equal (third.Authorization[0].GetParameter "nc") "00000002" "at once"
        let rig = answer 401 [ challenge "n2" ", stale=true" ] rig
        let _, fourth = last SipMethod.Register rig
        Expect.equal (fourth.Authorization[0].GetParameter "nonce") "n2" "renewed"
        Expect.equal fourth.CSeq.Number 4u "CSeq"
        let rig = answer 200 [ bound ] rig
        Expect.equal (registered rig).Length 2 "bound again"

    testCase "wrong credentials: the first REGISTER fails, and nothing is left"
    <| fun () ->
        let challenge = "WWW-Authenticate", "Digest realm=\"a.test\", nonce=\"n\""
        let _, rig = register registrar start
        let rig = answer 401 [ challenge ] rig |> answer 401 [ challenge ]
        Expect.equal (failures rig) [ ValueNone ] "over"
        expectIdle rig

    testCase "a binding of no time is none"
    <| fun () ->
        let _, rig = register registrar start
        let rig = answer 200 [ "Contact", "<sip:alice@192.0.2.1:5060>;expires=0" ] rig
        Expect.equal (failures rig) [ ValueNone ] "failed"
        expectIdle rig
]

let private lasting = [
    testCase "a refresh that fails is tried again after 15 to 30 s, then less and less often"
    <| fun () ->
        let _, rig = register registrar start
        let rig = answer 200 [ bound ] rig

        let failOnce rig =
            match UserAgent.alarm rig.State with
            | ValueSome at -> runUntil at rig |> fail SipMethod.Register TimedOut
            | ValueNone -> failtest "it is tried again"

        let rig = List.fold (fun rig _ -> failOnce rig) rig [ 1..12 ]

        let waits = failures rig |> List.map (fun again -> again.Value)

        for index, wait in List.indexed waits do
            let most = min 1_800_000L<ms> (30_000L<ms> * (1L <<< index))
            Expect.isLessThanOrEqual wait most $"{index}: at most"
            Expect.isGreaterThanOrEqual wait (most / 2L) $"{index}: at least"

        let rig = runUntil (UserAgent.alarm rig.State).Value rig |> answer 200 [ bound ]

        Expect.equal (registered rig).Length 2 "bound again"

    testCase "20.33: Retry-After is kept"
    <| fun () ->
        let _, rig = register registrar start
        let rig = answer 200 [ bound ] rig |> runFor 600_000L<ms>
        let rig = answer 503 [ "Retry-After", "700" ] rig
        Expect.equal (failures rig) [ ValueSome 700_000L<ms> ] "no earlier"

    testCase "10.2.2: Unregister takes the binding back, once"
    <| fun () ->
        let number, rig = register registrar start
        let rig = answer 200 [ bound ] rig |> give (AgentInput.Unregister number)
        let _, request = last SipMethod.Register rig
        Expect.equal (expires request) (0u, 0u) "for no time"
        let rig = give (AgentInput.Unregister number) rig
        Expect.equal (List.length (sentAs SipMethod.Register rig)) 2 "once"
        let rig = answer 200 [] rig
        Expect.equal (unregistered rig) 1 "told"
        expectIdle rig

    testCase "10.2: never two REGISTERs at once: Unregister waits for the one under way"
    <| fun () ->
        let number, rig = register registrar start
        let rig = give (AgentInput.Unregister number) rig
        Expect.equal (List.length (sentAs SipMethod.Register rig)) 1 "it waits"
        let rig = answer 200 [ bound ] rig
        Expect.equal (List.length (sentAs SipMethod.Register rig)) 2 "now"
        let rig = answer 200 [] rig
        Expect.equal (unregistered rig) 1 "told"
        expectIdle rig

    testCase "a registrar that does not answer the removal leaves nothing behind"
    <| fun () ->
        let number, rig = register registrar start

        let rig =
            answer 200 [ bound ] rig
            |> give (AgentInput.Unregister number)
            |> fail SipMethod.Register TimedOut

        Expect.equal (unregistered rig) 1 "told"
        expectIdle rig

    testCase "while it waits for its next try Unregister goes at once"
    <| fun () ->
        let number, rig = register registrar start
        let rig = answer 200 [ bound ] rig |> runFor 600_000L<ms>

        let rig =
            fail SipMethod.Register TimedOut rig |> give (AgentInput.Unregister number)

        let _, request = last SipMethod.Register rig
        Expect.equal (expires request) (0u, 0u) "for no time"
        expectIdle (answer 200 [] rig)

    testCase "Close gives up every binding and hangs up every call; then nothing is left"
    <| fun () ->
        let _, rig = register registrar start
        let rig = answer 200 [ bound ] rig
        let _, rig = talking rig
        let _, rig = call order rig
        let _, rig = arrive (from SipMethod.Message 9 []) rig
        let rig = give AgentInput.Close (quiet rig)
        Expect.equal (List.sort (methods rig)) [ "BYE"; "CANCEL"; "REGISTER" ] "all"

        let rig =
            answer 200 [] rig
            |> respond SipMethod.Bye 200 "b1" []
            |> fun rig ->
                let sending, invite =
                    Trie.toList rig.State.Sendings
                    |> List.map (fun (number, sending) -> int64 number, sending.Request)
                    |> List.exactlyOne

                responding sending (response 487 "b1" [] invite) rig

        expectIdle rig
        let _, rig = arrive (invitation []) (quiet rig)
        Expect.equal (statuses rig) [ 480 ] "and nobody comes in"
]

let tests =
    testList "Registering" [ testList "binding" binding; testList "lasting" lasting ]
