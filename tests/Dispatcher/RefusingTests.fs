// Packets that are no messages: requests among them are answered without state, back to where they came
// from, and nothing else is (RFC 3261, 8.2.6, 8.2.7, 18.2.1, 18.2.2; RFC 4475, 3.3.1).
module SipFun.Tests.Dispatcher.RefusingTests

open System
open System.Text
open Expecto
open SipFun
open SipFun.Core
open SipFun.Tests.Message
open SipFun.Tests.Rig

let private octets (text: string) = ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes text)

let private via = "SIP/2.0/UDP 127.0.0.7:5070;branch=z9hG4bKbad"

/// A request whose CSeq nobody can read.
let private bad (via: string) (rest: string list) =
    String.concat "\r\n" [
        "OPTIONS sip:b@127.0.0.1 SIP/2.0"
        $"Via: {via}"
        yield! rest
        "From: <sip:a@a.test>;tag=1"
        "To: <sip:b@b.test>"
        "Call-ID: bad"
        "CSeq: one OPTIONS"
        ""
        ""
    ]

let private comesAs status source (packet: ReadOnlyMemory<byte>) rig =
    give (Unparsed(1, source, packet, status)) rig

let private comes source text rig = comesAs 400 source (octets text) rig

/// Where answers went, and their text.
let private said rig = [
    for _, effect in effects rig do
        match effect with
        | Effect.Transmit(_, leg, hop, packet, _) -> leg, hop, Encoding.UTF8.GetString packet.Span
        | _ -> ()
]

let private answerTo source text =
    let rig = start |> receiving |> comes source text
    expectIdle rig
    List.exactlyOne (said rig)

let private lines (_, _, text: string) = List.ofArray (text.Split "\r\n")
let private hop (_, hop: Hop, _) = hop
let private elsewhere = { peer with Port = 9999 }

let private contents =
    testList "what is said" [
        testCase "what there is of the request, with a To tag, and received where it differs"
        <| fun () ->
            let source = SipFun.Tests.Rig.hop "127.0.0.9" 5070
            let answer = lines (answerTo source (bad via [ "Via: SIP/2.0/UDP c.test" ]))
            let to' = List.find (fun (line: string) -> line.StartsWith "To:") answer
            Expect.isMatch to' "^To: <sip:b@b.test>;tag=[0-9a-f]{16}$" "our tag"

            same
                (List.except [ to' ] answer)
                [
                    "SIP/2.0 400 Bad Request"
                    via.Replace("SIP", "Via: SIP") + ";received=127.0.0.9"
                    "Via: SIP/2.0/UDP c.test"
                    "From: <sip:a@a.test>;tag=1"
                    "Call-ID: bad"
                    "CSeq: one OPTIONS"
                    "Content-Length: 0"
                    ""
                ]
                "the rest"

        testCase "what stands behind the top Via in its line stays there"
        <| fun () ->
            let answer = lines (answerTo peer (bad (via + " , SIP/2.0/UDP c.test") []))
            Expect.contains answer $"Via: {via} , SIP/2.0/UDP c.test" "one line"

        testCase "rport gets the source's port, and received its address (RFC 3581, 4)"
        <| fun () ->
            let answer = answerTo elsewhere (bad (via + ";rport") [])
            same (hop answer) elsewhere "back to it"

            let stamped = $"Via: {via};rport=9999;received=127.0.0.7"
            Expect.contains (lines answer) stamped "stamped"

        testCase "a To that has a tag keeps it; one that nobody can read stays as it is"
        <| fun () ->
            let with' (to': string) =
                lines (answerTo peer ((bad via []).Replace("To: <sip:b@b.test>", to')))

            Expect.contains (with' "To: <sip:b@b.test>;tag=x") "To: <sip:b@b.test>;tag=x" "tagged"
            Expect.contains (with' "To: <sip:b@b.test") "To: <sip:b@b.test" "broken"

        testCase "copies get the same tag, and it cannot be told without our secret"
        <| fun () ->
            let once = answerTo peer (bad via [])
            same (answerTo peer (bad via [])) once "the same"

            let other =
                withSettings { settings with Secret = struct (5UL, 6UL) }
                |> receiving
                |> comes peer (bad via [])

            Expect.notEqual (said other) [ once ] "another"

        testCase "the status is the fault's"
        <| fun () ->
            let status status =
                start
                |> receiving
                |> comesAs status peer (octets (bad via []))
                |> said
                |> List.exactlyOne
                |> lines
                |> List.head

            same
                (List.map status [ 505; 513 ])
                [ "SIP/2.0 505 Version Not Supported"; "SIP/2.0 513 Message Too Large" ]
                "lines"
    ]

let private places =
    testList "where it goes" [
        testCase "over UDP to the source's address, at the port that its Via names (18.2.2)"
        <| fun () ->
            let to' via = hop (answerTo elsewhere (bad via []))
            same (to' via) peer "its port"
            same (to' "SIP/2.0/UDP c.test") { peer with Port = 5060 } "the default"

        testCase "never where the peer wrote: received and maddr are not followed"
        <| fun () ->
            let forged = via + ";received=192.0.2.1;maddr=192.0.2.2"
            let answer = answerTo peer (bad forged [])
            same (hop answer) peer "back to the source"

            same
                (answer |> lines |> List.item 1)
                $"Via: {via};received=127.0.0.7;maddr=192.0.2.2"
                "overwritten"

        testCase "a Via that nobody can read: to the source, as it came"
        <| fun () ->
            let answer = answerTo elsewhere (bad "SIP/2.0/UDP 192.0.2.15;;,;,," [])
            same (hop answer) elsewhere "the source"
            Expect.contains (lines answer) "Via: SIP/2.0/UDP 192.0.2.15;;,;,," "copied"

        testCase "over a stream by its connection"
        <| fun () ->
            let leg = { own with Transport = Transport.Tcp }
            let source = { peer with Transport = Transport.Tcp; Flow = 5L }

            let rig =
                rooted settings [ leg ]
                |> receiving
                |> give (FlowAccepted(1, source, []))
                |> comes source (bad via [])

            same (said rig |> List.map hop) [ source ] "the same"
    ]

let private silence =
    testList "what gets no answer" [
        let isSilent name rig =
            testCase name
            <| fun () ->
                same (said rig) [] "nothing is said"
                expectIdle rig

        isSilent "without a receiver: nobody serves here" (start |> comes peer (bad via []))

        for text in
            [
                bad via [] |> _.Replace("OPTIONS sip:b@127.0.0.1 SIP/2.0", "SIP/2.0 200 OK")
                bad via [] |> _.Replace("OPTIONS", "ACK")
                (bad via []).Replace("Via:", "Nothing:")
                "OPTIONS sip:b SIP/2.0\r\n\r\n"
                (bad via []).TrimEnd()
                "\r\n\r\n"
                "x"
                ""
            ] do
            isSilent $"%A{text}" (start |> receiving |> comes peer text)

        testCase "a leg that is gone: counted"
        <| fun () ->
            let packet = octets (bad via [])
            let rig = start |> receiving |> give (Unparsed(9, peer, packet, 400))
            same (said rig) [] "nothing is said"
            same (counted Counted.UnknownLeg rig) 1 "counted"
    ]

let private torture =
    testList "RFC 4475, V-08: one answer at most, back to its source, hardly longer than the packet" [
        for name, packet in Corpus.rfc4475.Value do
            match Corpus.parse packet with
            | Ok _ -> ()
            | Error error ->
                testCase name
                <| fun () ->
                    let rig =
                        start
                        |> receiving
                        |> comesAs error.SuggestedStatus elsewhere (ReadOnlyMemory packet)

                    expectIdle rig

                    match said rig with
                    | [] -> ()
                    | [ leg, hop, answer ] ->
                        same (leg, hop.Address) (1, elsewhere.Address) "back"

                        Expect.isLessThan
                            (Encoding.UTF8.GetByteCount answer)
                            (packet.Length + 150)
                            "no amplifier"
                    | more -> failtest $"{more.Length} answers"
    ]

let tests = testList "Refusing" [ contents; places; silence; torture ]
