// `sipfun ladder`: recordings are read or refused line by line, joined, and drawn as text and as a picture.
module SipFun.Tests.Cli.LadderTests

open System
open System.IO
open System.Text
open System.Xml.Linq
open Expecto
open SipFun
open SipFun.Cli
open SipFun.Tests.Cli.Command

let private udp (port: int) = $"udp:127.0.0.1:{port}"

let private json (instant: float) isSent (local: int) (remote: int) (text: string) =
    let direction = if isSent then "sent" else "received"
    let bytes = Convert.ToBase64String(Encoding.UTF8.GetBytes text)
    let at = instant.ToString "0.000"

    $"{{\"version\":1,\"instant\":{at},\"flow\":\"{udp local} {udp remote}\",\"direction\":\"{direction}\",\"bytes\":\"{bytes}\"}}"

let private invite =
    SipRequest
        .Create(
            SipMethod.Invite,
            SipUri.Parse "sip:bob@b.test",
            NameAddr.Parse "<sip:alice@a.test>;tag=1",
            NameAddr.Parse "<sip:bob@b.test>",
            CallId.Parse "call-1",
            1u
        )
        .PushVia("SIP/2.0/UDP 127.0.0.1:1000;branch=z9hG4bK1")

let private text (message: SipMessage) = Encoding.UTF8.GetString message.Bytes.Span
let private busy = invite.CreateResponse(486, "2")
let private ack = invite.CreateErrorAck busy

/// The first INVITE and the first 486 are lost.
let private alice = [
    json 1.0 true 1000 2000 (text invite)
    json 1.5 true 1000 2000 (text invite)
    json 2.004 false 1000 2000 (text busy)
    json 2.005 true 1000 2000 (text ack)
    json 7.0 true 1000 2000 "\r\n\r\n"
    json 7.1 false 1000 2000 "\001rubbish"
]

let private bob = [
    json 11.502 false 2000 1000 (text invite)
    json 11.503 true 2000 1000 (text busy)
    json 12.003 true 2000 1000 (text busy)
    json 12.007 false 2000 1000 (text ack)
    json 17.002 false 2000 1000 "\r\n\r\n"
    json 17.099 true 2000 1000 "\001rubbish"
]

let private withFiles (files: (string * string list) list) run =
    let folder = Directory.CreateTempSubdirectory()

    try
        run [
            for name, lines in files do
                let path = Path.Combine(folder.FullName, name)
                File.WriteAllText(path, String.concat "" [ for line in lines -> line + "\n" ])
                path
        ]
    finally
        folder.Delete true

let private drawn files = withFiles files (fun paths -> succeeds 0 ("ladder" :: paths))

let private read line =
    let mutable packet = Unchecked.defaultof<RecordedPacket>
    let mutable fault = ""
    let isRead = RecordingReader.TryRead(line, &packet, &fault)
    isRead, fault

let private refusals =
    let good = json 1.0 true 1000 2000 "x"

    [
        "no JSON", "INVITE sip:bob", "not a line of a recording"
        "another JSON", "{\"a\":1}", "no version"
        "a list", "[1]", "not a line of a recording"
        "null", "null", "no version"
        "the next version",
        good.Replace("\"version\":1", "\"version\":2"),
        "version 2 of the format is not known"
        "no instant", good.Replace("\"instant\"", "\"moment\""), "instant"
        "a time before", good.Replace("1.000", "-1"), "instant"
        "a text for a number", good.Replace("1.000", "\"now\""), "not a line of a recording"
        "no direction", good.Replace("\"sent\"", "\"up\""), "neither sent nor received"
        "half a flow", good.Replace(" udp:127.0.0.1:2000", ""), "flow"
        "a flow of numbers", good.Replace("udp:127.0.0.1:2000", "7:127.0.0.1:2000"), "flow"
        "bytes that are none", good.Replace("eA==", "?"), "not a line of a recording"
        "no bytes", good.Replace("\"bytes\"", "\"octets\""), "bytes"
    ]

let private reading = [
    for name, line, why in refusals do
        testCase $"a bad line says why: {name}" (fun () ->
            let isRead, fault = read line
            Expect.isFalse isRead name
            Expect.stringContains fault why "why")

    testCase "unknown fields are of a later writer, and do not matter" (fun () ->
        let line = (json 1.0 true 1000 2000 "x").Replace("{", "{\"more\":[1],")
        Expect.equal (read line) (true, "") "read")

    testCase "a bad line is named, and ends it" (fun () ->
        withFiles [ "a.jsonl", [ alice[0]; "rubbish"; alice[1] ] ] (fun paths ->
            let error = fails 64 ("ladder" :: paths)
            Expect.stringContains error "a.jsonl, line 2: " "which"))

    testCase "a last line that was cut off is left out, and told" (fun () ->
        withFiles [ "a.jsonl", [ alice[0] ] ] (fun paths ->
            File.AppendAllText(paths.Head, alice[1].Substring(0, 40))
            let ended = run ("ladder" :: paths)
            Expect.equal ended.ExitCode 0 "drawn"
            Expect.equal ended.Errors.Length 1 "told"
            Expect.stringContains ended.Errors.Head "line 2: cut off" "which"
            Expect.exists ended.Output (fun line -> line.Contains "INVITE") "the rest"))

    testCase "an empty recording is one without packets" (fun () ->
        Expect.equal (drawn [ "a.jsonl", [] ]) [ "No packets." ] "said")

    testCase "a file that is not there" (fun () ->
        let error = fails 64 [ "ladder"; "/nowhere/a.jsonl" ]
        Expect.stringContains error "Cannot read" "why")
]

let private lines (chart: LadderChart) = [ for line in LadderText.Draw chart -> line.Text ]

let private merged recordings =
    LadderMerge.Merge [|
        for name, lines in recordings do
            let packets = [|
                for line in lines do
                    let mutable packet = Unchecked.defaultof<RecordedPacket>
                    let mutable fault = ""
                    RecordingReader.TryRead(line, &packet, &fault) |> ignore
                    packet
            |]

            struct (name, (packets :> Collections.Generic.IReadOnlyList<_>))
    |]

let private drawing = [
    testCase "one recording: what its end sent and saw" (fun () ->
        Expect.equal (lines (merged [ "alice", alice ])) LadderPictures.alone "drawn")

    testCase
        "two recordings: what arrived, when, and what was lost; clocks are set by what both saw"
        (fun () ->
            Expect.equal
                (lines (merged [ "alice", alice; "bob", bob ]))
                LadderPictures.joined
                "drawn"

            Expect.equal
                (lines (merged [ "bob", bob; "alice", alice ]))
                LadderPictures.joined
                "in any order")

    testCase "the command draws the same" (fun () ->
        Expect.equal
            (drawn [ "alice.jsonl", alice; "bob.jsonl", bob ])
            LadderPictures.joined
            "from files")

    testCase "a picture is XML, with an arrow a packet, and marks copies" (fun () ->
        withFiles [ "alice.jsonl", alice; "bob.jsonl", bob ] (fun paths ->
            let svg = Path.Combine(string (Path.GetDirectoryName paths.Head), "x.svg")
            Expect.equal (succeeds 0 ([ "ladder"; "--svg"; svg ] @ paths)) [] "quietly"
            let root = (XDocument.Load svg).Root |> Option.ofObj |> Option.get
            Expect.equal root.Name.LocalName "svg" "a picture"

            let groups = [
                for each in root.Elements() do
                    if each.Name.LocalName = "g" then
                        each
            ]

            Expect.equal groups.Length 7 "arrows"

            let isCopy (each: XElement) =
                each.Attribute(XName.Get "class") |> string = "class=\"copy\""

            Expect.equal (List.filter isCopy groups).Length 2 "two of them copies"))

    testCase "foreign text harms neither terminal nor XML" (fun () ->
        let strange =
            "SIP/2.0 299 <b>\001\u202e&\"\r\n" + (text busy).Substring((text busy).IndexOf "Via")

        let chart = merged [ "a", [ json 0.0 false 1000 2000 strange ] ]
        use writer = new StringWriter()
        LadderSvg.Draw(chart, writer)
        XDocument.Parse(writer.ToString()) |> ignore
        Expect.equal chart.Arrows.Count 1 "drawn")

    testCase
        "a hundred thousand packets are drawn as text, and a picture says what it leaves out"
        (fun () ->
            let packets = [
                for n in 0..99_999 -> json (float n / 100.0) (n % 2 = 0) 1000 2000 (text invite)
            ]

            let chart = merged [ "a", packets ]
            Expect.equal (lines chart).Length 100_004 "a line a packet"
            use writer = new StringWriter()
            LadderSvg.Draw(chart, writer)
            Expect.stringContains (writer.ToString()) "98000 more packets are not drawn" "bounded")

    testCase "only one call, if asked for" (fun () ->
        withFiles [ "alice.jsonl", alice ] (fun paths ->
            let none = succeeds 0 ([ "ladder"; "--call-id"; "other" ] @ paths)
            Expect.equal none [ "No packets." ] "none of that"
            let some = succeeds 0 ([ "ladder"; "--call-id"; "call-1" ] @ paths)

            Expect.isFalse
                (List.exists (fun (line: string) -> line.Contains "keep-alive") some)
                "only its messages"))
]

let tests = testList "Ladder" (reading @ drawing)
