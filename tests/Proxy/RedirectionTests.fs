// Where a request is sent instead (RFC 3261, 8.3, 26.4.4).
module SipFun.Tests.Proxy.RedirectionTests

open Expecto
open SipFun
open SipFun.Core

let private settings = {
    Domains = Set.ofList [ "example.com" ]
    Moved =
        Map.ofList [
            "old.test", SipUri.Parse "sip:new.test;transport=tcp"
            "*.gone.test", SipUri.Parse "sip:desk@here.test"
        ]
    Status = 302
}

let private request method uri =
    SipRequest.Create(
        method,
        SipUri.Parse uri,
        NameAddr.Parse "<sip:a@a.test>;tag=1",
        NameAddr.Parse "<sip:b@b.test>",
        CallId.Parse "1",
        1u
    )

let private invite = request SipMethod.Invite

let private place (uri: string) q = { Uri = SipUri.Parse uri; Q = q; Expires = ValueSome 60L }

let private answer uri places = Redirection.answer settings (invite uri) places

let private addressOf verdict =
    match verdict with
    | RedirectionVerdict.Asks address -> address.ToString()
    | other -> $"{other}"

let tests =
    testList "Redirection" [
        testCase "a user of ours is looked up, whatever the case of the domain"
        <| fun () ->
            Expect.equal
                (addressOf (Redirection.receive settings (invite "sip:Bob@EXAMPLE.com;x=y")))
                "sip:Bob@example.com"
                "by the address-of-record"

        testCase "the bindings by falling q, with their time"
        <| fun () ->
            Expect.equal
                (answer "sip:bob@example.com" [
                    place "sip:bob@192.0.2.1" 0.25m
                    place "sip:bob@192.0.2.2" 1m
                    place "mailto:bob@example.com" 0.5m
                ])
                (RedirectionVerdict.Answer(
                    302,
                    [
                        "<sip:bob@192.0.2.2>;q=1;expires=60"
                        "<mailto:bob@example.com>;q=0.5;expires=60"
                        "<sip:bob@192.0.2.1>;q=0.25;expires=60"
                    ]
                ))
                "in order"

        testCase "nobody there is 480, only the Request-URI itself 404 (8.3)"
        <| fun () ->
            Expect.equal
                (answer "sip:bob@example.com" [])
                (RedirectionVerdict.Answer(480, []))
                "nobody"

            Expect.equal
                (answer "sip:bob@example.com" [ place "sip:bob@EXAMPLE.com" 1m ])
                (RedirectionVerdict.Answer(404, []))
                "a circle"

        testCase "a sips URI is sent to nothing less safe (26.4.4)"
        <| fun () ->
            Expect.equal
                (answer "sips:bob@example.com" [
                    place "sip:bob@192.0.2.1" 1m
                    place "sips:bob@192.0.2.2" 0.5m
                ])
                (RedirectionVerdict.Answer(302, [ "<sips:bob@192.0.2.2>;q=0.5;expires=60" ]))
                "one of them"

        testCase "a domain that moved takes its users along"
        <| fun () ->
            for uri, expected in
                [
                    "sip:bob@old.test", "<sip:bob@new.test;transport=tcp>;q=1"
                    "sip:bob@www.gone.test", "<sip:desk@here.test>;q=1"
                    "sip:bob@gone.test", "<sip:desk@here.test>;q=1"
                ] do
                Expect.equal
                    (Redirection.receive settings (invite uri))
                    (RedirectionVerdict.Answer(302, [ expected ]))
                    uri

        testCase "others, ACK, REGISTER, dialogs and responses pass; a CANCEL of ours is answered"
        <| fun () ->
            let within = (invite "sip:bob@old.test").WithHeader("To", "<sip:b@b.test>;tag=2")

            for message in
                [
                    invite "sip:bob@elsewhere.test" :> SipMessage
                    invite "tel:+15551234"
                    request SipMethod.Ack "sip:bob@old.test"
                    request SipMethod.Register "sip:old.test"
                    request SipMethod.Cancel "sip:bob@elsewhere.test"
                    within
                    within.CreateResponse(200, "t")
                ] do
                Expect.equal
                    (Redirection.receive settings message)
                    RedirectionVerdict.Pass
                    $"{message.CSeq}"

            Expect.equal
                (Redirection.receive settings (request SipMethod.Cancel "sip:bob@old.test"))
                RedirectionVerdict.Cancels
                "8.3"

        testCase "features that nobody understands do not matter (8.3)"
        <| fun () ->
            let strange =
                (request (SipMethod.Parse "NEWMETHOD") "sip:bob@old.test")
                    .WithHeader("Require", "nothing-known")

            Expect.notEqual
                (Redirection.receive settings strange)
                RedirectionVerdict.Pass
                "redirected"
    ]
