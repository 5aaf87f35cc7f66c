module SipFun.Tests.Message.ParserTests

open System
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
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

let private pathological = [
    for piece in
        [
            ";"
            ","
            "<"
            ">"
            "\""
            "\\\""
            "\r\n "
            "%"
            "%41"
            "("
            ")"
            "a "
            "="
            ";a=\"\""
            "?"
            "@"
            ":"
            "["
        ] do
        let many = String.replicate 4000 piece
        $"Contact: {many}"
        $"Via: SIP/2.0/UDP a{many}"
        $"X: {many}"
]

let private properties =
    testList "properties" [
        testPropertyWithConfig
            Generators.config
            "P-01: what is built is what is read, over every field we know"
        <| fun (draft: Generators.Draft) ->
            let message =
                Corpus.parse (Generators.write draft)
                |> Result.defaultWith (fun e -> failwithf "%O" e)

            let read = [ for header in message.Headers -> header.Key, header.Value ]
            let isSame = read = draft.Lines && message.Body.ToArray() = draft.Body
            isSame && (message.Validate SipRole.UserAgent).Count = 0

        testCase "P-01: each field by itself, typed"
        <| fun () ->
            for id in Generators.optional do
                for value in Gen.sample 20 (Generators.field id) do
                    let message =
                        (Corpus.request Corpus.invite).WithHeader(HeaderName.text id, value)

                    Expect.isEmpty (message.Validate SipRole.UserAgent) $"{id}: {value}"
                    Expect.equal (message.GetHeader(HeaderName.text id)) (value.TrimEnd ' ') "value"

        testPropertyWithConfig Generators.config "P-02: written and read again, it stays"
        <| fun (draft: Generators.Draft) ->
            let message =
                Corpus.parse (Generators.write draft)
                |> Result.defaultWith (fun e -> failwithf "%O" e)

            let again = Corpus.parse (Writer.toArray message Writer.asItCame)
            again |> Result.map (fun m -> m.Bytes.ToArray()) = Ok(message.Bytes.ToArray())

        testPropertyWithConfig
            Generators.config
            "P-03, P-10: any bytes give a message or a reason within them"
        <| fun (octets: byte[]) ->
            match Corpus.parse octets with
            | Ok _ -> true
            | Error error ->
                error.Offset >= 0 && error.Offset <= octets.Length && Enum.IsDefined error.Reason

        testPropertyWithConfig
            Generators.config
            "P-05: unknown header lines come back byte for byte, in order"
        <| fun (draft: Generators.Draft) ->
            let odd = [ "X-a", "  b\t c  ,;\"<"; "x-A", "\x01\x7f"; "X-b", "" ]
            let packet = Generators.write { draft with Lines = odd @ draft.Lines }
            let message = Corpus.parse packet |> Result.defaultWith (fun e -> failwithf "%O" e)

            let forwarded =
                (message.PushVia "SIP/2.0/UDP x;branch=z9hG4bK1").WithHeader("Max-Forwards", "5")

            let text = Encoding.UTF8.GetString forwarded.Bytes.Span

            text.Contains "X-a:   b\t c  ,;\"<\r\nx-A: \x01\x7f\r\nX-b: \r\n"
            && forwarded.Body.ToArray() = draft.Body

        testCase "P-09, V-06: at most 8 bytes allocated a byte, and 4 KiB"
        <| fun () ->
            let inputs = [
                for _, packet in Corpus.rfc4475.Value -> packet
                for line in pathological ->
                    Corpus.octets (Corpus.invite.Replace("X-Odd", line + "\nX-Odd"))
                yield bytes ("A sip:a SIP/2.0\r\n" + String.replicate 30000 "a:\r\n" + "\r\n")
                yield Array.zeroCreate 65000
            ]

            for input in inputs do
                Corpus.parse input |> ignore
                let before = GC.GetAllocatedBytesForCurrentThread()
                Corpus.parse input |> ignore
                let used = GC.GetAllocatedBytesForCurrentThread() - before

                Expect.isLessThanOrEqual
                    used
                    (int64 (8 * input.Length + 4096))
                    $"{input.Length} bytes"
    ]

/// P-04: twelve rewritings that the grammar allows and that mean the same.
let private rewritings: (string * (Generators.Draft -> Generators.Draft)) list =
    let mapName change (draft: Generators.Draft) = {
        draft with
            Lines = draft.Lines |> List.map (fun (n, v) -> change n, v)
    }

    let mapValue change (draft: Generators.Draft) = {
        draft with
            Lines = draft.Lines |> List.map (fun (n, v) -> n, change v)
    }

    let short name =
        match HeaderName.ofText name with
        | HeaderId.Unknown -> name
        | id ->
            match HeaderName.compactForm id with
            | "" -> name
            | form -> form

    let split (draft: Generators.Draft) =
        let apart (name, value: string) =
            if name = "Via" then
                value.Split ", " |> Array.map (fun v -> name, v) |> List.ofArray
            else
                [ name, value ]

        { draft with Lines = List.collect apart draft.Lines }

    [
        "upper case names", mapName (fun n -> n.ToUpperInvariant())
        "lower case names", mapName (fun n -> n.ToLowerInvariant())
        "compact names (7.3.3)", mapName short
        "blank before the colon", mapName (fun n -> n + " ")
        "tab before the colon", mapName (fun n -> n + "\t")
        "many blanks after the colon", mapValue (fun v -> "   \t " + v)
        "fold after the colon", mapValue (fun v -> "\r\n " + v)
        "blanks at the end", mapValue (fun v -> v + "  \t")
        "fold at the end", mapValue (fun v -> v + "\r\n\t")
        "other order of fields",
        fun (draft: Generators.Draft) -> { draft with Lines = List.sortBy fst draft.Lines }
        "one Via a line (7.3.1)", split
        "an unknown field",
        fun (draft: Generators.Draft) -> { draft with Lines = ("X-New", "x") :: draft.Lines }
    ]

let private metamorphic =
    testList "P-04: the same, said otherwise" [
        for name, rewrite in rewritings do
            testPropertyWithConfig
                { Generators.config with maxTest = Generators.config.maxTest / 5 }
                name
            <| fun (draft: Generators.Draft) ->
                let read draft =
                    Corpus.parse (Generators.write draft)
                    |> Result.mapError string
                    |> Result.map Meaning.ofMessage

                read draft = read (rewrite draft) && Result.isOk (read draft)
    ]

/// Header names as lenient parsers of others read them (V-05): how a line's name is cut out of it.
let private controls = [| '\000' .. ' ' |]

let private lenientReadings: (string -> string) list =
    let before: (string -> string) list = [ id; _.TrimStart(); _.TrimStart(controls) ]

    let after: (string -> string) list = [
        _.TrimEnd(' ')
        _.TrimEnd(controls)
        (fun name -> Array.head (name.Split([| ' '; '\t'; '\v'; '\f' |])))
        _.TrimEnd(Array.append controls [| '\u00A0'; '\u0085' |])
    ]

    List.allPairs before after |> List.map (fun (first, second) -> first >> second)

let private vulnerabilities =
    let subsets = [ "Via"; "From"; "To"; "Call-ID"; "CSeq"; "Max-Forwards" ]

    testList "vulnerabilities" [
        testCase "V-02: every subset of the mandatory fields removed, doubled, emptied, put last"
        <| fun () ->
            let lines = Corpus.invite.Split '\n'
            let isOf (name: string) (line: string) = line.StartsWith(name + ":")

            for mask in 0..63 do
                let chosen =
                    subsets
                    |> List.indexed
                    |> List.filter (fun (i, _) -> mask >>> i &&& 1 = 1)
                    |> List.map snd

                let isChosen line = chosen |> List.exists (fun name -> isOf name line)
                let needed = chosen |> List.except [ "Max-Forwards" ]
                let removed = lines |> Array.filter (isChosen >> not)

                let emptied =
                    lines
                    |> Array.map (fun l ->
                        if isChosen l then l.Substring(0, l.IndexOf ':' + 1) else l)

                let doubled =
                    lines |> Array.collect (fun l -> if isChosen l then [| l; l |] else [| l |])

                let once = chosen |> List.except [ "Via" ]

                let parse (lines: string[]) =
                    Corpus.parse (Corpus.octets (String.Join('\n', lines))) |> Result.isOk

                Expect.equal (parse removed) needed.IsEmpty $"removed %A{chosen}"
                Expect.equal (parse emptied) chosen.IsEmpty $"emptied %A{chosen}"
                Expect.equal (parse doubled) once.IsEmpty $"doubled %A{chosen}"
                let body = Array.findIndex ((=) "") lines
                let head, rest = lines[.. body - 1], lines[body..]

                let last =
                    Array.append (Array.filter (isChosen >> not) head) (Array.filter isChosen head)

                Expect.isTrue (parse (Array.append last rest)) $"last %A{chosen}"

        testCase "V-03: nesting of 1e6 levels costs no stack"
        <| fun () ->
            let limits = ParseLimits(datagram = 10_000_000, lineLength = 10_000_000)

            for value in
                [
                    "Retry-After: 1 " + String('(', 1_000_000)
                    "Retry-After: 1 " + String('(', 1_000_000) + String(')', 1_000_000)
                    "Contact: \"" + String.replicate 1_000_000 "\\\\" + "\" <sip:a>"
                    "Contact: " + String('<', 1_000_000)
                    "Authorization: Digest " + String.replicate 300_000 "a=\"b\","
                ] do
                let packet =
                    ReadOnlyMemory<byte>(
                        Corpus.octets (Corpus.invite.Replace("X-Odd", value + "\nX-Odd"))
                    )

                match Parser.parse limits packet with
                | Ok message -> Meaning.touch message |> ignore
                | Error error -> failtestf "%O" error

        testCase "V-03: lengths and numbers that others got wrong"
        <| fun () ->
            let refused = [
                "CSeq: 314159", "CSeq: 4294967297"
                "CSeq: 314159", "CSeq: 2147483648"
                "CSeq: 314159 INVITE", "CSeq: " + String('9', 5000) + " INVITE"
                "Max-Forwards: 70", "Max-Forwards: 256"
                "Max-Forwards: 70", "Max-Forwards: -1"
                "pc33.atlanta.com;branch", "[:]:5060;branch" // Kamailio CVE-2018-8828
                "pc33.atlanta.com;branch", ":];branch"
                "rport=5071", "rport=65536"
                "Content-Length: 4", "Content-Length: 5"
            ]

            for good, bad in refused do
                Expect.isError (Corpus.parse (Corpus.octets (Corpus.invite.Replace(good, bad)))) bad

        testCase "V-05: what is removed is gone for twelve lenient readers too"
        <| fun () ->
            let packets = [
                for _, packet in Corpus.rfc4475.Value -> packet
                for draft in Gen.sample 200 Generators.draft -> Generators.write draft
                for odd in
                    [
                        "Route : x"
                        "Route\t: x"
                        "ROUTE:x"
                        "route\r\n :x"
                        "Route\v: x"
                        "Route\000: x"
                        "Route\u00A0: x"
                        " Route: x"
                        "\tRoute: x"
                        "X: a\r\n Route: b"
                        "X: a\rRoute: b"
                        "X: a\nRoute: b"
                        "Route\x01: x"
                    ] do
                    let text = Encoding.UTF8.GetString(Corpus.octets Corpus.invite)
                    yield bytes (text.Replace("X-Odd", odd + "\r\nX-Odd"))
            ]

            for packet in packets do
                match Corpus.parse packet with
                | Error _ -> ()
                | Ok message ->
                    for name in
                        [ "Route"; "Contact"; "Authorization"; "Subject"; "Supported"; "Event" ] do
                        let left =
                            Encoding.Latin1.GetString((message.WithoutHeader name).Bytes.Span)

                        let head = left.Substring(0, left.IndexOf "\r\n\r\n")

                        let lines =
                            head.Split([| "\r\n"; "\n"; "\r" |], StringSplitOptions.None)
                            |> Array.skip 1

                        let isFold (line: string) = line.StartsWith ' ' || line.StartsWith '\t'

                        for line in
                            lines
                            |> Array.filter (fun line -> line.Contains ':' && not (isFold line)) do
                            for reading in lenientReadings do
                                let seen = reading (line.Substring(0, line.IndexOf ':'))
                                let isName = HeaderName.ofText seen = HeaderName.ofText name
                                Expect.isFalse isName (Sanitizer.text line)

        testCase "V-06: the limits hold, one below and one above"
        <| fun () ->
            let add lines =
                Corpus.parse (Corpus.octets (Corpus.invite.Replace("X-Odd", lines + "\nX-Odd")))
                |> Result.isOk

            let vias count =
                String.Join('\n', List.replicate count "Via: SIP/2.0/UDP a;branch=z9hG4bK1")

            let fields count = String.Join('\n', List.replicate count "X: y")

            let present =
                Corpus.invite.Split('\n') |> Array.findIndex ((=) "") |> (fun n -> n - 1)

            Expect.isTrue (add (vias 68)) "70 Vias"
            Expect.isFalse (add (vias 69)) "71 Vias"
            Expect.isTrue (add (fields (256 - present))) "256 lines"
            Expect.isFalse (add (fields (257 - present))) "257 lines"
            Expect.isTrue (add ("X: " + String('y', 8189))) "8 KiB"
            Expect.isFalse (add ("X: " + String('y', 8190))) "8 KiB and a byte"
            let sized length = Array.append (bytes "\r\n") (Array.zeroCreate (length - 2))

            match Corpus.parse (sized 65536) with
            | Error error -> Expect.equal error.Reason ParseFault.TooLarge "datagram"
            | Ok _ -> failtest "accepted"

        testCase "V-17: keys of equal length and prefix spread, and are compared in full"
        <| fun () ->
            let keys = [
                for i in 0..99_999 ->
                    CallId.Parse $"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa{i:D6}@example.com"
            ]

            let hashes = keys |> List.map (fun key -> key.GetHashCode()) |> List.distinct
            Expect.isGreaterThan hashes.Length 99_900 "32-bit hashes"

            let low =
                keys |> List.countBy (fun key -> key.GetHashCode() &&& 0xFFFF) |> List.map snd

            Expect.isLessThan (List.max low) 20 "1.5 a bucket on average"
            Expect.notEqual keys[0] keys[1] "in full"
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

let tests =
    testList "Parser" [ torture; ipv6; properties; metamorphic; vulnerabilities; corpora; hostile ]
