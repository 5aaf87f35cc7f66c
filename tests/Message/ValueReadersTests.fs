module SipFun.Tests.Message.ValueReadersTests

open Expecto
open SipFun
open SipFun.Core

let private contentType (value: string) =
    let message = Corpus.message (Corpus.invite.Replace("text/plain", value))
    HeaderFields.ContentType.Fault(FieldLines(message.Bytes, message.Index, HeaderId.ContentType))

let private fields: HeaderField list = [
    HeaderFields.Accept
    HeaderFields.AcceptEncoding
    HeaderFields.AcceptLanguage
    HeaderFields.Event
    HeaderFields.Reason
    HeaderFields.ContentDisposition
    HeaderFields.SubscriptionState
    HeaderFields.SessionExpires
    HeaderFields.Replaces
    HeaderFields.RetryAfter
]

let private fault (line: string) =
    let name = line.Substring(0, line.IndexOf ':')
    Corpus.fault (fields |> List.find (fun field -> field.Name = name)) line

let tests =
    testList "ValueReaders" [
        for line in
            [
                "Accept: text" // 20.1: media-range has a slash
                "Accept-Encoding: a/b" // 20.2: token or *
                "Accept-Language: a/b"
                "Event: a/b" // RFC 6665, 8.4: event-package is token-nodot
                "Reason: a/b" // RFC 3326, 2: protocol is a token
                "Content-Disposition: a/b" // 20.11: disp-type is a token
                "Subscription-State: a/b"
                "Session-Expires: 90;refresher" // RFC 4028, 4: refresher=uas or uac
                "Session-Expires: 90;refresher=x"
                "Replaces: x" // RFC 3891, 6.1: "exactly one" to-tag and from-tag
                "Replaces: x;to-tag=1"
                "Replaces: x;to-tag=1;from-tag"
                "Replaces: x;to-tag=1;to-tag=2;from-tag=3"
            ] do
            testCase $"refused: {line}" <| fun () -> Expect.isNotNull (fault line) "a fault"

        for line in
            [
                "Accept: */*;q=0.1, text / plain"
                "Accept-Encoding: *;q=0"
                "Event: presence.winfo;id=1"
                "Session-Expires: 90;Refresher=UAS"
                "Replaces: a@b;from-tag=1;to-tag=2;early-only"
            ] do
            testCase $"read: {line}" <| fun () -> Expect.isNull (fault line) "no fault"

        testCase "Content-Type is type/subtype (20.15)"
        <| fun () ->
            Expect.isNotNull (contentType "text") "no subtype"
            Expect.isNotNull (contentType "text/") "empty subtype"
            Expect.isNull (contentType "text / plain;charset=x") "both"

        testCase "q is 1 unless it is given (20.1)"
        <| fun () ->
            let accept value = ((Corpus.withLines $"Accept-Encoding: {value}").AcceptEncoding[0]).Q
            Expect.equal (accept "gzip") 1m "absent"
            Expect.equal (accept "gzip;q=2") 1m "malformed"
            Expect.equal (accept "gzip;q=0.25") 0.25m "given"

        for line, sent in
            [
                "54", Some 54m
                "5.4 0", Some 5.4m
                ".", None
                "1 2 3", None
                "1\t .5", Some 1m
                "-1", None
            ] do
            testCase $"Timestamp: {line}"
            <| fun () ->
                let message =
                    Corpus.message (Corpus.invite.Replace("Timestamp: 54", $"Timestamp: {line}"))

                Expect.equal (message.Timestamp |> Option.ofObj |> Option.map _.Sent) sent "sent"

        testCase "a CSeq is one line (V-05)"
        <| fun () ->
            let read (text: string) =
                let mutable found: CSeq | null = null
                CSeq.TryParse(text, &found)

            Expect.isTrue (read "1 INVITE") "blank"
            Expect.isFalse (read "1\r\n INVITE") "fold"
            Expect.isFalse (read "1\nINVITE") "line feed"
    ]
