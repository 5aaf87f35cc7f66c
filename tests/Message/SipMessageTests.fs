module SipFun.Tests.Message.SipMessageTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private text (message: SipMessage) = message.ToString()

let private ok =
    """SIP/2.0 200 OK
Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bK776asdhds
Record-Route: <sip:p2.example.com;lr>
Record-Route: <sip:p1.example.com;lr>
To: Bob <sip:bob@biloxi.com>;tag=a6c85cf
From: Alice <sip:alice@atlanta.com>;tag=1928301774
Call-ID: a84b4c76e66710@pc33.atlanta.com
CSeq: 314159 INVITE
Contact: <sip:bob@192.0.2.4>
Content-Length: 0

"""

let private reading =
    testCase "the fields of RFC 3261, 24.2 F1 are read"
    <| fun () ->
        let invite = Corpus.request Corpus.invite
        Expect.equal invite.Method SipMethod.Invite "method"
        Expect.equal (invite.RequestUri.ToString()) "sip:bob@biloxi.com" "Request-URI"
        Expect.equal invite.TopVia.Branch "z9hG4bK776asdhds" "branch"
        Expect.equal invite.ViaCount 2 "Vias"
        Expect.equal invite.Vias[1].RPort (Nullable 5071) "rport of the second"
        Expect.equal invite.Vias[1].Received "192.0.2.8" "received of the second"
        Expect.equal invite.From.DisplayName "Alice" "display name"
        Expect.equal invite.FromTag "1928301774" "From tag"
        Expect.isNull invite.ToTag "no To tag"
        Expect.equal invite.CSeq.Number 314159u "CSeq"
        Expect.equal invite.MaxForwards (Nullable 70) "Max-Forwards"
        Expect.equal invite.Routes.Count 2 "Route"
        Expect.isTrue invite.Routes[1].Uri.IsLooseRouter "lr"
        Expect.equal (invite.GetHeader "x-odd") "kept as   it is" "unknown header"
        Expect.equal (Encoding.ASCII.GetString invite.Body.Span) "body" "body"

let private edits =
    testList "edits" [
        testCase "a header set twice stays where the first was"
        <| fun () ->
            let edited = (Corpus.request Corpus.invite).WithHeader("max-forwards", "69")
            let expected = Corpus.invite.Replace("Max-Forwards: 70", "max-forwards: 69")
            Expect.equal (text edited) ((Corpus.message expected).ToString()) "only that line"

        testCase "a Via pushed is on top, and popping it gives the message back"
        <| fun () ->
            let invite = Corpus.request Corpus.invite
            let via = Via.Create(Transport.Tcp, "192.0.2.1:5060", "z9hG4bKx", true)
            let pushed = invite.PushVia via
            Expect.equal pushed.TopVia via "on top"
            Expect.equal pushed.ViaCount 3 "one more"
            Expect.equal (text (pushed.WithoutTopVia())) (text invite) "back"

        testCase "the first of two Vias on one line is taken off (RFC 3261, 7.3.1)"
        <| fun () ->
            let joined = Corpus.invite.Replace("z9hG4bK776asdhds\nVia: ", "z9hG4bK776asdhds , ")

            let popped = (Corpus.request joined).WithoutTopVia()
            Expect.equal popped.ViaCount 1 "one left"
            Expect.equal popped.TopVia.Branch "z9hG4bKsecond" "the second"

        testCase "a body brings its length and type"
        <| fun () ->
            let edited =
                (Corpus.request Corpus.invite).WithBody("a/b", ReadOnlyMemory<byte> [| 1uy; 2uy |])

            Expect.equal edited.ContentLength (Nullable 2L) "Content-Length"
            Expect.equal edited.ContentType "a/b" "Content-Type"
            Expect.equal (edited.Body.ToArray()) [| 1uy; 2uy |] "body"

        testCase "a value with a line end is refused (V-05)"
        <| fun () ->
            Expect.throwsT<ArgumentException>
                (fun () ->
                    (Corpus.request Corpus.invite).WithHeader("X", "a\r\nRoute: b") |> ignore)
                "injection"
    ]

let private derived =
    testList "derived" [
        testCase "a 200 copies what 8.2.6.2 says and adds the tag"
        <| fun () ->
            let invite = Corpus.request Corpus.invite
            let ok = invite.CreateResponse(200, "xyz")
            Expect.equal ok.ViaCount 2 "every Via"
            Expect.equal ok.ToTag "xyz" "tag"
            Expect.equal ok.From invite.From "From"
            Expect.equal ok.CallId invite.CallId "Call-ID"
            Expect.equal ok.CSeq invite.CSeq "CSeq"
            Expect.isNull (ok.GetHeader "Timestamp") "Timestamp only in 100"
            Expect.equal ok.ReasonPhrase "OK" "reason"

        testCase "a 100 keeps Timestamp (RFC 3261, 8.2.6.1)"
        <| fun () ->
            let trying = (Corpus.request Corpus.invite).CreateResponse(100, null)
            Expect.equal (trying.GetHeader "Timestamp") "54" "Timestamp"

        testCase "the ACK to a 2xx follows the reversed Record-Route (13.2.2.4, 12.2.1.1)"
        <| fun () ->
            let ack = (Corpus.request Corpus.invite).CreateAck(Corpus.response ok)
            Expect.equal ack.Method SipMethod.Ack "method"
            Expect.equal ack.ViaCount 0 "no Via"
            Expect.equal (ack.RequestUri.ToString()) "sip:bob@192.0.2.4" "remote target"
            let routes = [ for route in ack.Routes -> route.Uri.Host ]
            Expect.equal routes [ "p1.example.com"; "p2.example.com" ] "reversed"
            Expect.equal ack.CSeq.Number 314159u "same number"
            Expect.equal ack.ToTag "a6c85cf" "the response's tag"

        testCase "a strict router takes the Request-URI (12.2.1.1)"
        <| fun () ->
            let strict = ok.Replace("p1.example.com;lr", "p1.example.com")
            let ack = (Corpus.request Corpus.invite).CreateAck(Corpus.response strict)
            Expect.equal (ack.RequestUri.ToString()) "sip:p1.example.com" "the router"
            let routes = [ for route in ack.Routes -> route.Uri.ToString() ]
            Expect.equal routes [ "sip:p2.example.com;lr"; "sip:bob@192.0.2.4" ] "target last"

        testCase "the ACK to a failure repeats top Via and Route (17.1.1.3)"
        <| fun () ->
            let invite = Corpus.request Corpus.invite
            let busy = invite.CreateResponse(486, "busy")
            let ack = invite.CreateErrorAck busy
            Expect.equal ack.ViaCount 1 "one Via"
            Expect.equal ack.TopVia invite.TopVia "the same"
            Expect.equal ack.ToTag "busy" "the response's To"
            Expect.equal ack.Routes.Count 2 "Route"
            Expect.equal ack.RequestUri invite.RequestUri "Request-URI"

        testCase "CANCEL repeats top Via, Route and CSeq number (9.1)"
        <| fun () ->
            let invite = Corpus.request Corpus.invite
            let cancel = invite.CreateCancel()
            Expect.equal (cancel.CSeq.ToString()) "314159 CANCEL" "CSeq"
            Expect.equal cancel.TopVia invite.TopVia "Via"
            Expect.equal cancel.Routes.Count 2 "Route"
            Expect.isNull cancel.ToTag "To as in the request"
    ]

let tests = testList "SipMessage" [ reading; edits; derived ]
