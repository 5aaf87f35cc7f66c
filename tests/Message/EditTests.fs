module SipFun.Tests.Message.EditTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private invite = Corpus.request Corpus.invite
let private uri = SipUri.Parse "sip:bob@example.com:5070;a=b"
let private refused action = Expect.throwsT<ArgumentException> action "refused"
let private nothing = Unchecked.defaultof<string>

/// Schemes of which RFC 3261, 19.1 says nothing: no user, host or parameter to be edited.
let private opaque =
    testList "URIs that are opaque stay as they are" [
        for text in [ "urn:service:sos"; "mailto:a@b?subject=x"; "http://a/b;c?d=e" ] do
            testCase text
            <| fun () ->
                let uri = SipUri.Parse text
                Expect.equal (string (uri.WithoutHeaders())) text "headers"
                Expect.equal (string (uri.WithoutParameters())) text "parameters"
                Expect.equal (string (uri.WithoutParameter "lr")) text "parameter"

                for edit in
                    [
                        fun () -> uri.WithUser "a"
                        fun () -> uri.WithHost "a"
                        fun () -> uri.WithPort(Nullable 1)
                        fun () -> uri.WithParameter "lr"
                        fun () -> uri.WithParameter("a", "b")
                    ] do
                    let run () = edit () |> ignore
                    Expect.throwsT<InvalidOperationException> run "edited"
    ]

let private address = NameAddr.Parse "Bob <sip:b@x>;tag=1"

let private injections =
    testList "V-05: edits cannot smuggle" [
        for host in
            [
                "evil@c.com"
                "c.com;lr:5"
                "c.com;lr"
                "c.com?a=b"
                "c.com:5"
                ""
                "::1"
                "a b"
            ] do
            testCase $"host {host}" <| fun () -> refused (fun () -> uri.WithHost host |> ignore)

        for port in [ -1; 65536 ] do
            testCase $"port {port}"
            <| fun () -> refused (fun () -> uri.WithPort(Nullable port) |> ignore)

        testCase "URI parameter without a name"
        <| fun () -> refused (fun () -> uri.WithParameter("", "x") |> ignore)

        testCase "25.1: user has no '#' but escaped"
        <| fun () ->
            let edited = (SipUri.Parse "sip:x").WithUser "a#b"
            Expect.equal (string edited) "sip:a%23b@x" "escaped"
            Expect.equal edited.User "a#b" "and read again"

        for name in [ "x;tag=evil"; ""; "a b"; "a=b"; "a,b"; "a\r\nb" ] do
            testCase $"parameter name {Sanitizer.text name}"
            <| fun () ->
                refused (fun () -> address.WithParameter(name, null) |> ignore)
                refused (fun () -> invite.TopVia.WithParameter(name, null) |> ignore)

        testCase "tag that is no token"
        <| fun () -> refused (fun () -> address.WithTag "a b" |> ignore)

        for name in [ "a\r\nb"; "a\000b"; "a\nb" ] do
            testCase $"display name {Sanitizer.text name}"
            <| fun () -> refused (fun () -> NameAddr.Create(uri, name) |> ignore)

        testCase "25.1: a control character in a quoted string is a quoted pair"
        <| fun () ->
            let made = NameAddr.Create(uri, "a\x01b\x7f\t\"\\c")
            Expect.stringContains (string made) "\"a\\\x01b\\\x7f\t\\\"\\\\c\" <" "escaped"
            Expect.equal made.DisplayName "a\x01b\x7f\t\"\\c" "and read again"

        for reason in [ "a\x01b"; "a\x7fb"; "a\x1b[31m"; "a\rb" ] do
            testCase $"25.1: Reason-Phrase {Sanitizer.text reason}"
            <| fun () -> refused (fun () -> invite.CreateResponse(200, "x", reason) |> ignore)
    ]

let private headers =
    testList "header edits" [
        testCase "a Content-Length that is not the body's is refused, not obeyed"
        <| fun () ->
            let five =
                invite.WithBody("a/b", ReadOnlyMemory<byte>(Encoding.ASCII.GetBytes "12345"))

            refused (fun () -> five.WithHeader("Content-Length", "2") |> ignore)
            Expect.equal (five.WithHeader("Content-Length", "05").Body.Length) 5 "the same number"

        for name in [ "Subject "; ""; "a:b"; "Sub\r\nject" ] do
            testCase $"a name that is no token is no name: {Sanitizer.text name}"
            <| fun () ->
                refused (fun () -> invite.WithoutHeader name |> ignore)
                refused (fun () -> invite.WithHeader(name, "x") |> ignore)

        testCase "null is named"
        <| fun () ->
            for parameter, run in
                [
                    "name", (fun () -> invite.WithoutHeader nothing |> ignore)
                    "name", (fun () -> invite.WithHeader(nothing, "x") |> ignore)
                    "name", (fun () -> invite.WithAddedHeader(nothing, "x") |> ignore)
                    "value", (fun () -> invite.WithHeader("X", nothing) |> ignore)
                    "name", (fun () -> invite.GetHeader nothing |> ignore)
                    "name", (fun () -> invite.GetHeaders nothing |> ignore)
                    "host", (fun () -> uri.WithHost nothing |> ignore)
                    "name", (fun () -> uri.WithParameter(nothing, "x") |> ignore)
                    "name", (fun () -> address.WithParameter(nothing, "x") |> ignore)
                ] do
                try
                    run ()
                    failtest "not refused"
                with :? ArgumentNullException as error ->
                    Expect.equal error.ParamName parameter "the parameter"

        testCase "an inserted header is above, an added one below all others"
        <| fun () ->
            let names (message: SipMessage) = [ for header in message.Headers -> header.Key ]
            Expect.equal (List.head (names (invite.WithInsertedHeader("X", "y")))) "X" "above"
            Expect.equal (List.last (names (invite.WithAddedHeader("X", "y")))) "X" "below"

        for name, value, isRight in
            [
                "right", "a/b;c=d", true
                "malformed", "a/b;c=", false
                "doubled", "a/b\nContent-Type: c/d", false
            ] do
            testCase $"ContentType: {name}"
            <| fun () ->
                let text = Corpus.invite.Replace("text/plain", value)
                let expected: string | null = if isRight then value else null
                Expect.equal (Corpus.message text).ContentType expected "as every property"

        for name, lines, expected in
            [
                "alone", "Contact: *", true
                "compact", "m: *", true
                "beside another", "Contact: *\nContact: <sip:a>", false
                "doubled", "Contact: *\nContact: *", false
                "with parameters", "Contact: *;q=1", false
                "in a list", "Contact: *, <sip:a>", false
            ] do
            testCase $"10.2.2: * as Contact, {name}"
            <| fun () ->
                let text = Corpus.invite.Replace("Contact: <sip:alice@pc33.atlanta.com>", lines)
                Expect.equal (Corpus.message text).IsWildcardContact expected "wildcard"
    ]

let private textOf (octets: ReadOnlyMemory<byte>) = Encoding.Latin1.GetString octets.Span

/// All that goes through the writer at once, beside the edits one after the other.
let private rewritten =
    testPropertyWithConfig Generators.config "Writer: Via, Request-URI and Max-Forwards at once"
    <| fun (draft: Generators.Draft) (hops: byte) ->
        let via = "SIP/2.0/TCP a;branch=z9hG4bKx"

        match SipMessage.Parse(ReadOnlyMemory(Generators.write draft)) with
        | :? SipRequest as request ->
            let edited = request.WithRequestUri(uri).WithHeader("Max-Forwards", string hops)

            [
                ViaEdit.Keep, edited
                ViaEdit.Push, edited.PushVia via
                ViaEdit.Replace, edited.WithTopVia(Via.Parse via)
                ViaEdit.Pop, edited.WithoutTopVia()
            ]
            |> List.forall (fun (edit, expected) ->
                let rewrite = {
                    Via = edit
                    ViaValue = ReadOnlyMemory(Encoding.ASCII.GetBytes via)
                    RequestUri = ReadOnlyMemory(Encoding.ASCII.GetBytes(string uri))
                    MaxForwards = int hops
                }

                textOf (ReadOnlyMemory(Writer.toArray request rewrite)) = textOf expected.Bytes)
        | _ -> true

/// The edits, each with what it does to the message's text.
let private splices: (string * (SipMessage -> SipMessage) * (string -> string)) list =
    let afterStart (insert: string) (text: string) =
        let at = text.IndexOf("\r\n", StringComparison.Ordinal) + 2
        text.Insert(at, insert)

    let atEnd (insert: string) (text: string) =
        text.Insert(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 2, insert)

    [
        "PushVia", _.PushVia("SIP/2.0/UDP a"), afterStart "Via: SIP/2.0/UDP a\r\n"
        "WithInsertedHeader", _.WithInsertedHeader("Y-edit", "y"), afterStart "Y-edit: y\r\n"
        "WithAddedHeader", _.WithAddedHeader("Y-edit", "y"), atEnd "Y-edit: y\r\n"
        "WithHeader", _.WithHeader("Y-edit", "y"), atEnd "Y-edit: y\r\n"
        "push and pop", _.PushVia("SIP/2.0/UDP a").WithoutTopVia(), id
        "add and remove", _.WithAddedHeader("Y-edit", "y").WithoutHeader("y-EDIT"), id
        "the same top Via", (fun m -> m.WithTopVia m.TopVia), id
        "Writer, nothing",
        (fun m -> SipMessage.Parse(ReadOnlyMemory(Writer.toArray m Writer.asItCame))),
        id
    ]

let private untouched =
    testList "P-05: what enters equals what leaves" [
        rewritten

        for name, edit, expected in splices do
            testPropertyWithConfig Generators.config name
            <| fun (draft: Generators.Draft) ->
                let octets = Generators.write draft

                match Corpus.parse octets with
                | Error error -> failtestf "%O" error
                | Ok message ->
                    textOf (edit message).Bytes = expected (Encoding.Latin1.GetString octets)
    ]

let tests = testList "edits" [ opaque; injections; headers; untouched ]
