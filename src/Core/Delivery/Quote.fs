// What an ICMP message quotes of a datagram of ours (RFC 792; RFC 1812, 4.3.2.3): its beginning,
// seldom all of it. So no parser reads it; it is searched for what we wrote ourselves.
module SipFun.Core.Quote

open System
open System.Text

let private response = "SIP/2.0 "B
let private topVia = "\r\nVia: "B
let private lineEnd = "\r\n"B
let private parameter = ";branch="B

let private valueIn (via: ReadOnlySpan<byte>) : string | null =
    match via.IndexOf(ReadOnlySpan<byte> parameter) with
    | -1 -> null
    | start ->
        let value = via.Slice(start + parameter.Length)
        let stop = value.IndexOfAny(byte ';', byte ',')
        Encoding.ASCII.GetString(if stop < 0 then value else value.Slice(0, stop))

/// The branch in the top Via of a request of ours; null when the quotation ends before it, and for
/// a response, whose branch is the peer's.
let branch (octets: ReadOnlySpan<byte>) : string | null =
    match octets.IndexOf(ReadOnlySpan<byte> topVia) with
    | -1 -> null
    | _ when octets.StartsWith(ReadOnlySpan<byte> response) -> null
    | start ->
        let via = octets.Slice(start + topVia.Length)

        match via.IndexOf(ReadOnlySpan<byte> lineEnd) with
        | -1 -> null
        | stop -> valueIn (via.Slice(0, stop))
