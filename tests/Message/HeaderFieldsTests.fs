module SipFun.Tests.Message.HeaderFieldsTests

open System
open Expecto
open SipFun
open SipFun.Core

let private withLines (lines: string) =
    Corpus.message (Corpus.invite.Replace("X-Odd :  kept as   it is", lines))

let private absent =
    testCase "what is absent leaves no old value behind"
    <| fun () ->
        let mutable seconds = 7u
        let mutable error: ParseError | null = null
        let message: SipMessage = Corpus.message Corpus.invite
        let isFound = message.TryGet(HeaderFields.MinExpires, &seconds, &error)
        Expect.equal (isFound, seconds, error) (false, 0u, null) "nothing"

/// The examples of RFC 3261, 20 (and of the RFC named), and what they say.
let private examples: (string * (SipMessage -> obj | null) * obj) list = [
    "Accept: application/sdp;level=1, application/x-private, text/html",
    (fun m -> m.Accept[0].GetParameter "level"),
    "1"
    "Accept-Encoding: gzip;q=0.3", (fun m -> m.AcceptEncoding[0].Q), 0.3m
    "Accept-Language: da, en-gb;q=0.8, en;q=0.7", (fun m -> m.AcceptLanguage.Count), 3
    "Alert-Info: <http://www.example.com/sounds/moo.wav>",
    (fun m -> m.AlertInfo[0].Uri.Scheme),
    "http"
    "Allow: INVITE, ACK, OPTIONS, CANCEL, BYE", (fun m -> m.Allow[4]), SipMethod.Bye
    "Authentication-Info: nextnonce=\"47364c23432d2e131a5fb210812c\"",
    (fun m -> m.AuthenticationInfo[0].Value),
    "47364c23432d2e131a5fb210812c"
    "Proxy-Authentication-Info: qop=auth, rspauth=\"6629f\", nc=00000001",
    (fun m -> m.ProxyAuthenticationInfo[1].Value),
    "6629f"
    "Authorization: Digest username=\"Alice\", realm=\"atlanta.com\", nonce=\"84a4\", response=\"7587245\"",
    (fun m -> m.Authorization[0].GetParameter "Realm"),
    "atlanta.com"
    "Call-Info: <http://wwww.example.com/alice/photo.jpg> ;purpose=icon",
    (fun m -> m.CallInfo[0].GetParameter "purpose"),
    "icon"
    "m: \"Mr. Watson\" <sip:watson@worcester.bell-telephone.com> ;q=0.7; expires=3600",
    (fun m -> m.Contacts[1].Expires.Value),
    3600u
    "Content-Disposition: session;handling=optional",
    (fun m -> (nonNull m.ContentDisposition).Value),
    "session"
    "e: tar, gzip", (fun m -> m.ContentEncoding[1]), "gzip"
    "Content-Language: fr", (fun m -> m.ContentLanguage[0]), "fr"
    "Date: Sat, 13 Nov 2010 23:29:00 GMT",
    (fun m -> m.Date.Value),
    DateTimeOffset(2010, 11, 13, 23, 29, 0, TimeSpan.Zero)
    "Error-Info: <sip:not-in-service-recording@atlanta.com>", (fun m -> m.ErrorInfo.Count), 1
    "Expires: 5", (fun m -> m.Expires.Value), 5u
    "In-Reply-To: 70710@saturn.bell-tel.com, 17320@saturn.bell-tel.com",
    (fun m -> m.InReplyTo.Count),
    2
    "Min-Expires: 60", (fun m -> m.MinExpires.Value), 60u
    "MIME-Version: 1.0", (fun m -> m.MimeVersion), "1.0"
    "Organization: Boxes by Bob", (fun m -> m.Organization), "Boxes by Bob"
    "Priority: emergency", (fun m -> m.Priority), "emergency"
    "Proxy-Authenticate: Digest realm=\"atlanta.com\", domain=\"sip:ss1.carrier.com\", qop=\"auth\", nonce=\"f84\"",
    (fun m -> m.ProxyAuthenticate[0].Parameters.Count),
    4
    "Proxy-Require: foo", (fun m -> m.ProxyRequire[0]), "foo"
    "Record-Route: <sip:server10.biloxi.com;lr>, <sip:bigbox3.site3.atlanta.com;lr>",
    (fun m -> m.RecordRoutes[1].Uri.Host),
    "bigbox3.site3.atlanta.com"
    "Reply-To: Bob <sip:bob@biloxi.com>", (fun m -> (nonNull m.ReplyTo).DisplayName), "Bob"
    "Require: 100rel", (fun m -> m.Require[0]), "100rel"
    "Retry-After: 18000;duration=3600", (fun m -> (nonNull m.RetryAfter).Seconds), 18000u
    "Retry-After: 120 (I'm in a (very) long meeting)",
    (fun m -> (nonNull m.RetryAfter).Comment),
    "I'm in a (very) long meeting"
    "Server: HomeServer v2", (fun m -> m.Server), "HomeServer v2"
    "s: Tech Support", (fun m -> m.Subject), "Tech Support"
    "Supported: 100rel, timer", (fun m -> m.Supported[1]), "timer"
    "Unsupported: foo", (fun m -> m.Unsupported[0]), "foo"
    "User-Agent: Softphone Beta1.5", (fun m -> m.UserAgent), "Softphone Beta1.5"
    "Warning: 370 devnull \"Choose a bigger pipe\"",
    (fun m -> m.Warning[0].Text),
    "Choose a bigger pipe"
    "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\nWWW-Authenticate: NewScheme x=\"y\"",
    (fun m -> m.WwwAuthenticate[1].Scheme),
    "NewScheme"
    "RAck: 776656 1 INVITE", (fun m -> (nonNull m.RAck).RSeq), 776656u // RFC 3262, 7.2
    "RSeq: 988789", (fun m -> m.RSeq.Value), 988789u // RFC 3262, 7.1
    "o: presence;id=7", (fun m -> (nonNull m.Event).GetParameter "id"), "7" // RFC 6665, 8.2.1
    "Allow-Events: presence, dialog", (fun m -> m.AllowEvents[1]), "dialog"
    "Subscription-State: active;expires=60",
    (fun m -> (nonNull m.SubscriptionState).GetParameter "expires"),
    "60"
    "Reason: SIP ;cause=200 ;text=\"Call completed elsewhere\"",
    (fun m -> m.Reason[0].GetParameter "text"),
    "Call completed elsewhere" // RFC 3326, 2
    "Path: <sip:P3.EXAMPLEHOME.COM;lr>,<sip:P1.EXAMPLEVISITED.COM;lr>", (fun m -> m.Path.Count), 2
    "Service-Route: <sip:P2.HOME.EXAMPLE.COM;lr>", (fun m -> m.ServiceRoute.Count), 1
    "r: <sip:dave@denver.example.org?Replaces=12345%40x>",
    (fun m -> (nonNull m.ReferTo).Uri.Headers[0].Value),
    "12345@x" // RFC 3515, 2.1
    "Flow-Timer: 126", (fun m -> m.FlowTimer.Value), 126u // RFC 5626
    "x: 4000;refresher=uac", (fun m -> (nonNull m.SessionExpires).GetParameter "refresher"), "uac" // RFC 4028
    "Min-SE: 90", (fun m -> (nonNull m.MinSe).Seconds), 90u
    "SIP-ETag: dx200xyz", (fun m -> m.SipETag), "dx200xyz"
]

let private read =
    testList "read" [
        for lines, value, expected in examples do
            testCase lines <| fun () -> Expect.equal (value (withLines lines)) expected lines

        testCase "Timestamp with delay (20.38)"
        <| fun () ->
            let message =
                Corpus.message (Corpus.invite.Replace("Timestamp: 54", "Timestamp: 54.5 0.25"))

            let value = nonNull message.Timestamp
            Expect.equal (value.Sent, value.Delay) (54.5m, Nullable 0.25m) "both numbers"

        testCase "Contact: * is no address (10.2.2)"
        <| fun () ->
            let contact = "Contact: <sip:alice@pc33.atlanta.com>"
            let message = Corpus.message (Corpus.invite.Replace(contact, "Contact: *"))
            Expect.isTrue message.IsWildcardContact "all bindings"
            Expect.equal message.Contacts.Count 0 "none named"
            Expect.isEmpty (message.Validate SipRole.Registrar) "and right"
    ]

let private malformed =
    testList "malformed is null, with a reason" [
        for lines in
            [
                "Date: Fri, 01 Jan 2010 16:00:00 EST"
                "Expires: 4294967296"
                "Expires: -1"
                "Retry-After: 1 (open"
                "Warning: 1812 overture \"In Progress\""
                "RAck: 1 INVITE"
                "Priority: a b"
                "Allow: ,"
                "Require: a,"
                "Refer-To: <sip:a>, <sip:b>"
                "Authorization: Digest a=1 b=2"
                "Subject: a\r\nSubject: b"
                "Event: a\r\nEvent: b"
                "Session-Expires: x"
                "Path: sip:a?b=c"
            ] do
            testCase (Sanitizer.text lines)
            <| fun () ->
                let message = withLines lines
                let name = lines.Substring(0, lines.IndexOf ':')

                let fields: HeaderField list = [
                    HeaderFields.Date
                    HeaderFields.Expires
                    HeaderFields.RetryAfter
                    HeaderFields.Warning
                    HeaderFields.RAck
                    HeaderFields.Priority
                    HeaderFields.Allow
                    HeaderFields.Require
                    HeaderFields.ReferTo
                    HeaderFields.Authorization
                    HeaderFields.Subject
                    HeaderFields.Event
                    HeaderFields.SessionExpires
                    HeaderFields.Path
                ]

                let field = fields |> List.find (fun field -> field.Name = name)
                let fault = field.Fault(FieldLines(message.Bytes, message.Index, field.Id))
                Expect.isNotNull fault "a reason"
                let at = (nonNull fault).Offset
                Expect.isTrue (at > 0 && at <= message.Bytes.Length) "within the message"

        testCase "TryGet tells absent from malformed"
        <| fun () ->
            let mutable value = 0u
            let mutable error: ParseError | null = null
            let absent = Corpus.message Corpus.invite
            Expect.isFalse (absent.TryGet(HeaderFields.Expires, &value, &error)) "absent"
            Expect.isNull error "no error"
            let wrong = withLines "Expires: soon"
            Expect.isFalse (wrong.TryGet(HeaderFields.Expires, &value, &error)) "malformed"
            Expect.equal (nonNull error).Reason ParseFault.HeaderValue "a reason"
            Expect.isFalse wrong.Expires.HasValue "null"

        testCase "V-03: more than 128 values are refused (Asterisk CVE-2018-7284)"
        <| fun () ->
            let values count = String.concat "," (List.replicate count "text/plain")
            let accept count = (withLines ("Accept: " + values count)).Accept.Count
            Expect.equal (accept 128) 128 "128"
            Expect.equal (accept 129) 0 "129"

        testCase "ParseLimits.ValuesPerField is the limit on typed values"
        <| fun () ->
            let limits = ParseLimits(valuesPerField = 3)

            let text =
                Corpus.invite.Replace("X-Odd :  kept as   it is", "Require: a,b\r\nRequire: c")

            let required (text: string) =
                match Parser.parse limits (ReadOnlyMemory<byte>(Corpus.octets text)) with
                | Ok message -> message.Require.Count
                | Error error -> failtest (error.ToString())

            Expect.equal (required text) 3 "three"
            Expect.equal (required (text.Replace("a,b", "a,b,d"))) 0 "four"
    ]

/// P-06: comma-joined is the same as separate lines for lists, and for nothing else.
let private commas =
    testList "P-06" [
        testCase "lists may be joined (7.3.1)"
        <| fun () ->
            let joined = withLines "Route: <sip:a;lr>, <sip:b;lr>\r\nRequire: x,y"

            let apart =
                withLines "Route: <sip:a;lr>\r\nRoute: <sip:b;lr>\r\nRequire: x\r\nRequire: y"

            Expect.equal (List.ofSeq joined.Routes) (List.ofSeq apart.Routes) "Route"
            Expect.equal (List.ofSeq joined.Require) (List.ofSeq apart.Require) "Require"

        testCase "Authorization and Date keep their commas (7.3.1)"
        <| fun () ->
            let message =
                withLines "Authorization: Digest a=1, b=2\r\nAuthorization: Digest c=3"

            Expect.equal message.Authorization.Count 2 "one a line"
            Expect.equal message.Authorization[0].Parameters.Count 2 "the comma is inside"
    ]

let tests = testList "HeaderFields" [ read; malformed; commas; absent ]
