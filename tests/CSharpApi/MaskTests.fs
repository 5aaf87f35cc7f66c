// A recording without its secrets: of the same length, to be drawn and not replayed.
module SipFun.Tests.CSharpApi.MaskTests

open System
open System.IO
open System.Text
open Expecto
open SipFun
open SipFun.Shell
open SipFun.Tests.CSharpApi.House

let private mask (text: string) =
    let octets = Mask.Apply(ReadOnlyMemory(Encoding.Latin1.GetBytes text))
    Encoding.Latin1.GetString octets

let private hides (text: string) (expected: string) =
    Expect.equal (mask text) expected "without the secret"
    Expect.equal (mask text).Length text.Length "of the same length"

let tests =
    testList "Mask" [
        testCase "credentials, after their scheme"
        <| fun () ->
            hides
                "Authorization: Digest username=\"a\", response=\"0f\"\r\nVia: x\r\n"
                "Authorization: Digest ************* *************\r\nVia: x\r\n"

            hides "PROXY-AUTHORIZATION :\tBasic YTpi\r\n" "PROXY-AUTHORIZATION :\tBasic ****\r\n"

        testCase "credentials over folds"
        <| fun () ->
            hides
                "Authorization: Digest a=\"b\",\r\n  c=\"d\"\r\nTo: a\r\n"
                "Authorization: Digest ******\r\n  *****\r\nTo: a\r\n"

        testCase "a challenge is no secret"
        <| fun () ->
            let text = "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
            Expect.equal (mask text) text "as it was"

        testCase "passwords of URIs"
        <| fun () ->
            hides "To: <sip:alice:secret@h.test>\r\n" "To: <sip:alice:******@h.test>\r\n"

            Expect.equal
                (mask "To: <sip:h.test:5060>\r\n")
                "To: <sip:h.test:5060>\r\n"
                "a port is none"

        testCase "keys of media"
        <| fun () ->
            hides
                "\r\na=crypto:1 AES inline:d0\r\na=ice-pwd:xyz\r\nm=audio\r\n"
                "\r\na=crypto:* *** *********\r\na=ice-pwd:***\r\nm=audio\r\n"

        testProperty "any bytes, of the same length, and twice is once" (fun (octets: byte array) ->
            let once = Mask.Apply(ReadOnlyMemory octets)
            once.Length = octets.Length && Mask.Apply(ReadOnlyMemory once) = once)

        testCase "a masked copy has the packets, without the secrets, and is not replayed"
        <| fun () ->
            use whole = new MemoryStream()
            use peer = new Peer()
            let dispatcher = start (DispatcherOptions(Legs = loopback.Legs, Recorder = whole))
            let request = request dispatcher peer SipMethod.Options
            let secret = request.WithHeader("Authorization", "Digest response=\"deadbeef\"")
            dispatcher.Deliver secret |> ignore
            peer.ReceiveRequest() |> ignore
            finish dispatcher
            use copy = new MemoryStream()
            use source = new MemoryStream(whole.ToArray())
            Recording.MaskAsync(source, copy).Wait()
            let text = Encoding.UTF8.GetString(copy.ToArray())

            for line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries) do
                let fields = (Json.JsonDocument.Parse line).RootElement

                match fields.TryGetProperty "bytes" with
                | true, bytes ->
                    let packet = Encoding.UTF8.GetString(bytes.GetBytesFromBase64())
                    Expect.stringContains packet "Digest ****" "masked"
                    Expect.isFalse (packet.Contains "deadbeef") "gone"
                | _ -> Expect.equal (string (fields.GetProperty "kind")) "masked" "only packets"

            use again = new MemoryStream(copy.ToArray())

            Expect.throwsT<InvalidDataException>
                (fun () -> Recording.ReplayAsync(again).GetAwaiter().GetResult() |> ignore)
                "refused"
    ]
