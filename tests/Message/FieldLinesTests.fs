module SipFun.Tests.Message.FieldLinesTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

/// RFC 3261, 25.1: only Accept, Accept-Encoding, Accept-Language, Allow and Supported may be empty.
let private isEmptyFault (field: HeaderField) =
    let kept line = not ((line: string).StartsWith(field.Name + ":"))
    let lines = Corpus.invite.Split '\n' |> Array.filter kept |> String.concat "\n"
    let message = Corpus.message (lines.Replace("X-Odd", $"{field.Name}:\nX-Odd"))
    field.Fault(FieldLines(message.Bytes, message.Index, field.Id)) |> isNull |> not

let private never: HeaderField list = [
    HeaderFields.Contact
    HeaderFields.Route
    HeaderFields.RecordRoute
    HeaderFields.Require
    HeaderFields.ProxyRequire
    HeaderFields.Unsupported
    HeaderFields.AllowEvents
    HeaderFields.ContentEncoding
    HeaderFields.ContentLanguage
    HeaderFields.InReplyTo
    HeaderFields.Path
    HeaderFields.Reason
    HeaderFields.Warning
    HeaderFields.CallInfo
]

let private perhaps: HeaderField list = [
    HeaderFields.Accept
    HeaderFields.AcceptEncoding
    HeaderFields.AcceptLanguage
    HeaderFields.Allow
    HeaderFields.Supported
]

let private empty =
    testList "an empty line" [
        for field in never do
            testCase $"{field.Name} is a fault"
            <| fun () -> Expect.isTrue (isEmptyFault field) "one value at least"

        for field in perhaps do
            testCase $"{field.Name} is none"
            <| fun () -> Expect.isFalse (isEmptyFault field) "no value, no fault"
    ]

/// P-17: one byte that others take for an end.
let private nul =
    testList "P-17: NUL" [
        for line, isGood in
            [
                "X: a\000b", false
                "X: \000", false
                "X: \"a\000b\"", false
                "X: \"a\\\000b\"", true // quoted-pair = "\" (%x00-09 ...)
                "X: \\\000", false
                "X\000: a", false
            ] do
            testCase (Sanitizer.text line)
            <| fun () ->
                let packet = Corpus.octets (Corpus.invite.Replace("X-Odd", line + "\nX-Odd"))
                Expect.equal (Result.isOk (Corpus.parse packet)) isGood "read"
    ]

/// P-09 for typed access. Strings of parameters are made when they are asked for, not before.
let private allocation =
    let pieces = [
        "Subject: ", "\r\n x"
        "Accept: a/b", ";p%=1"
        "Authorization: Digest a=1", ",b%=\"\\x\""
        "Retry-After: 1 ", "()"
        "Timestamp: ", "1 "
        "Warning: 300 a \"", "\\x"
        "Contact: <sip:a", ";p%=%41"
        "Contact: <sip:a>", ";p%=\"\\x\""
        "Require: ", "a"
    ]

    /// As many values as are allowed, each as short as it can be.
    let shortest = [
        "Contact: ", "<sip:a>"
        "Contact: ", "sip:a"
        "Route: ", "<sip:a>"
        "Via: ", "SIP/2.0/UDP a"
        "Allow: ", "A"
        "Supported: ", "a"
        "Accept: ", "a/b"
        "Event: ", "a"
        "In-Reply-To: ", "a"
        "Warning: ", "300 a \"\""
        "Call-Info: ", "<a:b>"
    ]

    let isWithin bound line =
        let message: SipMessage = Corpus.withLines line
        Meaning.touch message |> ignore
        let fresh: SipMessage = Corpus.withLines line
        let before = GC.GetAllocatedBytesForCurrentThread()
        Meaning.typed fresh |> ignore
        let used = GC.GetAllocatedBytesForCurrentThread() - before
        Expect.isLessThanOrEqual used (bound fresh) "bytes"

    /// Addresses are kept as where they stand; the URI is an object when it is asked for.
    let addresses = [
        "Contact: ", "<sip:a>"
        "Contact: ", "sip:a"
        "Route: ", "<sip:a>"
        "Call-Info: ", "<a:b>"
    ]

    let byBytes (message: SipMessage) = int64 (8 * message.Bytes.Length + 4096)

    /// An object or two a value, however short it is: the limits on values bound it.
    let byValues count (_: SipMessage) = int64 (4096 + 288 * count)

    testList "P-09, typed" [
        for start, piece in pieces do
            testCase (Sanitizer.text (start + piece))
            <| fun () ->
                let many =
                    String.concat "" [
                        for i in 1..900 -> piece.Replace("p%", $"p{i}").Replace("b%", $"b{i}")
                    ]

                let line = start + many
                isWithin byBytes (line.Substring(0, min 8000 line.Length))

        for start, value in addresses do
            testCase $"{start}{value}, 128 times: 8 bytes a byte and 4 KiB"
            <| fun () -> isWithin byBytes (start + String.Join(",", List.replicate 128 value))

        for start, value in shortest do
            let most = if start = "Via: " then 68 else 128

            testCase $"{start}{value}, {most} times"
            <| fun () ->
                isWithin (byValues most) (start + String.Join(",", List.replicate most value))
    ]

let tests = testList "FieldLines" [ empty; nul; allocation ]
