module SipFun.Tests.Message.TortureTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core

let private bytes (text: string) = Encoding.UTF8.GetBytes text

/// What a parser as such refuses: Parse, then Validate (RFC 4475, parser column).
let private strictly packet =
    match Corpus.parse packet with
    | Error error -> Error error
    | Ok message ->
        match Seq.tryHead (message.Validate SipRole.Parser) with
        | Some fault -> Error fault
        | None -> Ok message

let private describe result =
    match result with
    | Ok _ -> "accepted"
    | Error error -> string error

let private torture =
    let messages = dict Corpus.rfc4475.Value

    testList "RFC 4475" [
        for row in Corpus.table "rfc4475/expected.tsv" do
            testCase $"{row[0]} ({row[1]}): {row[4]}"
            <| fun () ->
                let result = strictly messages[row[0]]
                let wanted = row[4].StartsWith "accept"
                Expect.equal (Result.isOk result) wanted (describe result)

        testCase "wsinv: blanks and folds everywhere (3.1.1.1)"
        <| fun () ->
            let message =
                Corpus.parse messages["wsinv.dat"]
                |> Result.defaultWith (fun e -> failwith (string e))

            Expect.equal
                [ for via in message.Vias -> via.SentBy ]
                [ "192.0.2.2"; "spindle.example.com"; "192.168.255.111" ]
                "Via"

            Expect.equal message.CSeq.Number 9u "CSeq"
            Expect.equal message.MaxForwards (Nullable 68) "Max-Forwards"
            Expect.equal message.ToTag "1918181833n" "To tag"
            Expect.equal message.FromTag "98asjd8" "From tag"
            Expect.equal message.From.DisplayName "J Rosenberg \\\"" "display name"
            Expect.equal message.Contacts[0].Q (Nullable 0.33m) "q"
            Expect.equal message.Subject "" "Subject"

        testCase "intmeth, esc02, longreq, transports: what is said of them"
        <| fun () ->
            let read name =
                Corpus.parse messages[name] |> Result.defaultWith (fun e -> failwith (string e))

            Expect.equal (read "intmeth.dat").CSeq.Method.IsKnown false "method"
            Expect.equal (read "intmeth.dat").MaxForwards (Nullable 255) "255"
            Expect.equal (read "esc02.dat").Contacts.Count 2 "C%6Fntact is another field"
            Expect.equal (read "esc02.dat").From.DisplayName "%Z%45" "not an escape"
            Expect.equal (read "longreq.dat").ViaCount 34 "34"

            Expect.equal
                [ for via in (read "transports.dat").Vias -> via.Transport ]
                [ "UDP"; "SCTP"; "TLS"; "UNKNOWN"; "TCP" ]
                "transports"

            Expect.equal ((read "unreason.dat") :?> SipResponse).ReasonPhrase.Length 47 "reason"
            Expect.isEmpty ((read "noreason.dat") :?> SipResponse).ReasonPhrase "empty"
            Expect.equal (read "inv2543.dat").Body.Length 105 "all that follows"
            Expect.equal (read "dblreq.dat").Bytes.Length (read "dblreq.dat").Index.BodyStart "cut"
            Expect.equal (read "mpart01.dat").Body.Length 553 "body"
            Expect.equal (read "badbranch.dat").TopVia.HasMagicCookie false "only the cookie"

        testCase "unksm2: a registrar wants a sip To (3.3.4)"
        <| fun () ->
            let message =
                Corpus.parse messages["unksm2.dat"]
                |> Result.defaultWith (fun e -> failwith (string e))

            Expect.isNonEmpty (message.Validate SipRole.Registrar) "refused"
            Expect.isEmpty (message.Validate SipRole.Proxy) "forwarded"
    ]

let private ipv6 =
    testList "RFC 5118" [
        let fixedForm = dict (Corpus.folder "rfc5118/crlf-length-fixed" "*")

        for row in Corpus.table "rfc5118/expected.tsv" do
            testCase $"{row[0]} ({row[1]}): {row[4]}"
            <| fun () ->
                let packet = fixedForm[row[0] + ".dat"]
                let isOpen = not ((Encoding.UTF8.GetString packet).Contains "\r\n\r\n")
                let packet = if isOpen then Array.append packet (bytes "\r\n") else packet
                let result = strictly packet
                Expect.equal (Result.isOk result) (row[4].StartsWith "accept") (describe result)

        testCase "addresses and ports (4.3, 4.4, 4.5, 4.9)"
        <| fun () ->
            let read name =
                Corpus.parse fixedForm[name + ".dat"]
                |> Result.defaultWith (fun e -> failwith (string e))

            let uri name = (read name :?> SipRequest).RequestUri
            Expect.equal (string (uri "port-ambiguous").Address) "2001:db8::10:5070" "no port"
            Expect.isFalse (uri "port-ambiguous").Port.HasValue "no port"
            Expect.equal (uri "port-unambiguous").Port (Nullable 5070) "port"

            Expect.equal
                (string (read "via-received-param-with-delim").TopVia.ReceivedAddress)
                "2001:db8::9:255"
                "received"

            Expect.equal (read "mult-ip-in-header").Vias[2].Received "192.0.2.200" "third"

        testCase "as archived (LF) and with CRLF: a definite answer each"
        <| fun () ->
            for _, packet in Corpus.folder "rfc5118/as-archived" "*" do
                match Corpus.parse packet with
                | Ok _ -> failtest "LF is no line end"
                | Error error -> Expect.equal error.Reason ParseFault.LineEnd "LF"

            for _, packet in Corpus.folder "rfc5118/crlf" "*" do
                Corpus.parse packet |> describe |> ignore
    ]

/// What is read of any bytes: no exception, P-02 and P-10 hold.
let private survive (packet: byte[]) =
    match Corpus.parse packet with
    | Ok message ->
        Meaning.touch message |> ignore

        match Corpus.parse (message.Bytes.ToArray()) with
        | Ok again when again.Bytes.Span.SequenceEqual message.Bytes.Span -> ()
        | _ -> failtest "not a fixpoint"

        1
    | Error error ->
        if error.Offset < 0 || error.Offset > packet.Length then
            failtest "offset outside"

        string error |> ignore
        0

let private corpora =
    let whole name = fun () -> Corpus.zip name
    let accepted = dict [ for row in Corpus.table "accepted.tsv" -> row[0], row[1] ]

    let sets = [
        "rfc-examples", whole "rfc-examples/rfc-examples.zip"
        "protos-c07-sip", whole "protos-c07-sip/protos-c07-sip.zip"
        "jain-sip-torture", whole "jain-sip-torture/jain-sip-torture.zip"
        "osip", whole "osip/osip.zip"
        "fuzz-seeds", whole "fuzz-seeds/sip-seeds.zip"
        "captures", whole "captures/captures.zip"
    ]

    testList "corpora" [
        for name, files in sets do
            let run () =
                let packets = files ()
                let good = packets |> Array.sumBy (snd >> survive)

                Expect.equal
                    $"{good} of {packets.Length}"
                    accepted[name]
                    "accepted.tsv is under review"

            match Corpus.sharedFolder with
            | Some _ -> testCase $"{name}: no exception, and as many accepted as the table says" run
            | None -> ptestCase $"{name}: ../shared/data is not there" run
    ]

let private hostile =
    testList "hostile" [
        testCase "each torture message cut at every byte"
        <| fun () ->
            for _, packet in Corpus.rfc4475.Value do
                for length in 0 .. packet.Length - 1 do
                    survive packet[.. length - 1] |> ignore

        testCase "each byte of each torture message changed to 8 values"
        <| fun () ->
            let values = [| 0uy; 10uy; 13uy; 32uy; 34uy; 44uy; 60uy; 255uy |]

            for _, original in Corpus.rfc4475.Value do
                let packet = Array.copy original

                for at in 0 .. packet.Length - 1 do
                    let kept = packet[at]

                    for value in values do
                        packet[at] <- value
                        survive packet |> ignore

                    packet[at] <- kept

        testCase "mutation fuzz, 1e5 inputs"
        <| fun () ->
            let count = if SipFun.Tests.Suite.long then 2_000_000 else 100_000
            let accepted = Mutation.run 20261123 count survive
            Expect.isGreaterThan accepted (count / 20) "many are still right"
    ]

let tests = testList "Torture" [ torture; ipv6; corpora; hostile ]
