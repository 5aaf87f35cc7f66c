// The branch in what an ICMP message quotes: of any request of ours, cut anywhere.
module SipFun.Tests.Delivery.QuoteTests

open System
open System.Text
open Expecto
open FsCheck
open SipFun.Core

let private branch (text: string) = Quote.branch (ReadOnlySpan(Encoding.UTF8.GetBytes text))

let private request =
    String.Join(
        "\r\n",
        [
            "MESSAGE sip:a@b;branch=z9hG4bKuri SIP/2.0"
            "Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK2a-00;rport"
            "Via: SIP/2.0/UDP other;branch=z9hG4bKother"
            "Subject: ;branch=none"
            ""
            ""
        ]
    )

/// Where the line end of the top Via is complete.
let private enough = request.IndexOf "rport" + "rport\r\n".Length

let tests =
    testList "Quote" [
        testCase "the branch of the top Via, not of the URI, nor of the Via below"
        <| fun () -> Expect.equal (branch request) "z9hG4bK2a-00" "ours"

        testProperty "cut anywhere: the whole branch or none" (fun (n: NonNegativeInt) ->
            let length = n.Get % (request.Length + 1)
            let expected: string | null = if length >= enough then "z9hG4bK2a-00" else null
            branch request[.. length - 1] = expected)

        testCase "nothing of a response, or of what is no message of ours"
        <| fun () ->
            let response =
                request.Replace("MESSAGE sip:a@b;branch=z9hG4bKuri SIP/2.0", "SIP/2.0 200 OK")

            for text in
                [ response; ""; "\r\n\r\n"; "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n" ] do
                Expect.isNull (branch text) text

        testProperty "whatever the bytes, no exception" (fun (bytes: byte array) ->
            Quote.branch (ReadOnlySpan bytes) |> ignore)
    ]
