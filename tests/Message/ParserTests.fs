module SipFun.Tests.Message.ParserTests

open System
open System.Text
open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun
open SipFun.Core

let private bytes (text: string) = Encoding.UTF8.GetBytes text

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
                    Expect.equal (Meaning.typed message) 0 $"{id}: {value}"
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

/// The version in both start lines (RFC 3261, 7.1).
let private versions =
    testList "the version" [
        for version, isGood in
            [
                "SIP/2.0", true
                "sip/2.0", true
                "SIP/2.1", false
                "SIP/2.", false
                "SIP/2.00", false
                "SIP/2-0", false
                "SIP/3.0", false
                "SIP-2.0", false
                "SIX/2.0", false
            ] do
            testCase version
            <| fun () ->
                let fields = Corpus.invite.Substring(Corpus.invite.IndexOf "\n" + 1)
                let read (start: string) = Corpus.parse (Corpus.octets (start + "\n" + fields))
                let request = read $"INVITE sip:bob@biloxi.com {version}"
                Expect.equal (Result.isOk request) isGood "request"
                Expect.equal (Result.isOk (read $"{version} 200 OK")) isGood "response"
    ]

/// Blanks and folds around each `;` and `,`, and the `=` after one, outside quotes and brackets.
let private spaced (name: string, value: string) =
    let output = StringBuilder()
    let mutable isQuoted, depth, isName = false, 0, false

    for c in value do
        isQuoted <- isQuoted <> (c = '"' && not (output.ToString().EndsWith '\\'))

        depth <-
            depth
            + (if c = '<' then 1
               elif c = '>' then -1
               else 0)

        let isFree = not isQuoted && depth = 0
        let isMark = isFree && (c = ';' || c = ',')
        let text = string c

        output.Append(
            if isMark then $" \t{text}\r\n "
            elif isFree && isName && c = '=' then "\r\n\t= "
            else text
        )
        |> ignore

        isName <- isMark || (isName && c <> '=')

    match HeaderName.ofText name with
    | HeaderId.Unknown
    | HeaderId.Date
    | HeaderId.Subject
    | HeaderId.Server
    | HeaderId.UserAgent
    | HeaderId.Organization
    | HeaderId.MimeVersion
    | HeaderId.Identity
    | HeaderId.IdentityInfo
    | HeaderId.RequestDisposition -> name, value
    | _ -> name, output.ToString()

/// P-04: thirteen rewritings that the grammar allows and that mean the same.
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
        "folds and blanks inside values (7.3.1, 25.1 SEMI, COMMA, EQUAL)",
        fun (draft: Generators.Draft) -> { draft with Lines = List.map spaced draft.Lines }
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

let tests = testList "Parser" [ properties; versions; metamorphic ]
