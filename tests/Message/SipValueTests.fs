module SipFun.Tests.Message.SipValueTests

open System
open System.Text
open Expecto
open SipFun

/// Through the interfaces of .NET alone: read from bytes, printed into spans that fit or do not.
let private throughSpans<'T when 'T :> IUtf8SpanParsable<'T> and 'T :> SipValue and 'T: equality>
    (text: string)
    =
    let octets = Encoding.UTF8.GetBytes text
    let value = 'T.Parse(ReadOnlySpan<byte> octets, null)
    let mutable again = Unchecked.defaultof<'T>
    Expect.isTrue ('T.TryParse(ReadOnlySpan<byte> octets, null, &again)) text
    Expect.equal again value "the same, twice"
    Expect.isFalse ('T.TryParse(ReadOnlySpan<byte>(" "B), null, &again)) "no blank is one"
    Expect.throws (fun () -> 'T.Parse(ReadOnlySpan<byte>(" "B), null) |> ignore) "nor by Parse"

    let chars = Array.zeroCreate<char> text.Length
    let mutable written = 0
    let shown = value :> ISpanFormattable
    Expect.isTrue (shown.TryFormat(Span<char> chars, &written, ReadOnlySpan<char>(), null)) "fits"
    Expect.equal (String chars, written) (text, text.Length) "as characters"
    let short = Span<char>(chars, 0, text.Length - 1)
    Expect.isFalse (shown.TryFormat(short, &written, ReadOnlySpan<char>(), null)) "too short"
    Expect.equal (shown.ToString(null, null), written) (text, 0) "nothing written"

    let bytes = Array.zeroCreate<byte> octets.Length
    let shown = value :> IUtf8SpanFormattable
    Expect.isTrue (shown.TryFormat(Span<byte> bytes, &written, ReadOnlySpan<char>(), null)) "fits"
    Expect.equal (bytes, written) (octets, octets.Length) "as UTF-8"

let tests =
    testList "SipValue" [
        testCase "IUtf8SpanParsable, ISpanFormattable, IUtf8SpanFormattable"
        <| fun () ->
            throughSpans<SipUri> "sip:alice@example.com;lr"
            throughSpans<NameAddr> "\"Älice\" <sip:alice@example.com>;tag=1"
            throughSpans<Via> "SIP/2.0/UDP a;branch=z9hG4bK1"
            throughSpans<CSeq> "1 INVITE"
            throughSpans<CallId> "a@b"
            throughSpans<SipMethod> "INVITE"

        testCase "V-17: hashes of addresses and Vias spread over their parameters"
        <| fun () ->
            let count hashes = hashes |> List.distinct |> List.length

            let addresses = [ for i in 1..1000 -> (NameAddr.Parse $"<sip:a>;p={i}").GetHashCode() ]
            Expect.isGreaterThan (count addresses) 990 "addresses"
            let vias = [ for i in 1..1000 -> (Via.Parse $"SIP/2.0/UDP a{i};p=1").GetHashCode() ]
            Expect.isGreaterThan (count vias) 990 "Vias"

        testCase "what is equal has one hash: order and case of parameters do not count"
        <| fun () ->
            let address = NameAddr.Parse "<sip:a>;x=1;Y=2"
            let other = NameAddr.Parse "A <sip:a>;y=2;X=1"
            Expect.equal other address "addresses"
            Expect.equal (other.GetHashCode()) (address.GetHashCode()) "hashes of addresses"
            Expect.notEqual (NameAddr.Parse "<sip:a>;x=1;y=3") address "another value"
            Expect.notEqual (NameAddr.Parse "<sip:a>;x=1") address "one less"
            let via = Via.Parse "SIP/2.0/udp A:5060;x=1;branch=z9hG4bK1"
            let other = Via.Parse "SIP/2.0/UDP a : 5060;Branch=z9hG4bK1;X=1"
            Expect.equal other via "Vias"
            Expect.equal (other.GetHashCode()) (via.GetHashCode()) "hashes of Vias"
    ]
