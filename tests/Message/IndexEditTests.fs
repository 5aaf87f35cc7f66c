// What an edit of the Vias makes of an index is what a new reading of the bytes would have found.
module SipFun.Tests.Message.IndexEditTests

open System
open Expecto
open SipFun
open SipFun.Core

let private line (line: HeaderLine) =
    line.Id, line.Start, line.NameEnd, line.ValueStart, line.ValueEnd

let private via (index: MessageIndex) =
    let top = index.TopVia

    if index.ViaLine < 0 then
        []
    else
        [
            top.Start
            top.TransportStart
            top.TransportEnd
            top.HostStart
            top.HostEnd
            top.Port
            top.SentByEnd
            top.BranchStart
            top.ReceivedStart
            top.RPort
            top.End
        ]

/// A tag, absent or from here to there.
let private span start stop = if start < 0 then -1, -1 else start, stop

let private seen (index: MessageIndex) =
    Array.map line index.Lines[.. index.Count - 1],
    [
        index.Count
        index.MethodEndOrStatus
        index.MiddleStart
        index.MiddleEnd
        index.HeadersStart
        index.HeadersEnd
        index.BodyStart
        index.End
        index.FromLine
        index.ToLine
        index.CallIdLine
        index.CSeqLine
        index.ViaLine
        index.ViaCount
        int index.CSeqNumber
        index.CSeqMethodStart
        index.MaxForwards
        fst (span index.MaxForwards index.MaxForwardsStart)
    ],
    [
        span index.FromTagStart index.FromTagEnd
        span index.ToTagStart index.ToTagEnd
        span index.MaxForwardsStart index.MaxForwardsEnd
    ],
    (index.IsRequest, index.IsPlain, index.ContentLength),
    via index

let private agrees (message: SipMessage) =
    let mutable fault = Fault()

    match Indexer.readBuilt message.Bytes.Span &fault with
    | null -> failtest $"the edited message cannot be read: {message}"
    | again -> Expect.equal (seen message.Index) (seen again) (message.ToString())

let private pushes = [
    "SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bK1"
    "SIP/2.0/TCP [2001:db8::1] ;branch=z9hG4bK2;received=192.0.2.9"
    "SIP / 2.0 / TLS a"
    " SIP/2.0/UDP blank-before;branch=z9hG4bK3 "
    "SIP/2.0/UDP two;branch=z9hG4bK4, SIP/2.0/UDP vias"
]

let rec private popped (message: SipMessage) =
    agrees message

    if message.ViaCount > 0 then
        popped (message.WithoutTopVia())

let private edits (message: SipMessage) =
    for text in pushes do
        let pushed = message.PushVia text
        agrees pushed
        popped pushed
        agrees (pushed.WithTopVia(Via.Parse "SIP/2.0/UDP x"))
        agrees ((pushed.WithTopVia(Via.Parse pushes[1])).PushVia text)

    if message.ViaCount > 0 then
        agrees (message.WithTopVia(Via.Parse pushes[0]))
        popped message

let private messages = [
    for _, bytes in Array.append Corpus.rfc4475.Value (Corpus.folder "rfc5118/crlf" "*.dat") do
        match Corpus.parse bytes with
        | Ok message -> message
        | Error _ -> ()
]

let tests =
    testList "IndexEdit" [
        testCase "pushed, replaced and popped Vias of every torture message"
        <| fun () ->
            Expect.isGreaterThan messages.Length 30 "there are messages"
            List.iter edits messages

        testCase "the edits that every element makes read nothing anew"
        <| fun () ->
            for message in messages do
                let line = MessageEdit.line "Via" pushes[0]
                let octets = MessageEdit.push message.Bytes message.Index line
                Expect.isNotNull (IndexEdit.pushed message.Index octets 3 line.Length) "pushed"

                if message.ViaCount > 0 then
                    let octets = MessageEdit.popVia message.Bytes message.Index
                    Expect.isNotNull (IndexEdit.popped message.Index octets) "popped"

        testCase "Vias on one line, folded, compact, in between and last"
        <| fun () ->
            let vias = [
                "Via: SIP/2.0/UDP a;branch=z9hG4bK1 , SIP/2.0/TCP b\r\n ;branch=z9hG4bK2,SIP/2.0/TLS c"
                "v:SIP/2.0/UDP a"
                "VIA : SIP/2.0/UDP a ;rport"
            ]

            let rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 7 OPTIONS"

            for first in vias do
                for second in vias do
                    for lines in
                        [
                            $"{first}\r\n{second}\r\n{rest}"
                            $"{rest}\r\n{first}\r\n{second}"
                            $"{first}\r\n{rest}\r\nMax-Forwards: 9\r\n{second}"
                        ] do
                        edits (Corpus.message $"OPTIONS sip:c@d SIP/2.0\r\n{lines}\r\n\r\nbody")
    ]
