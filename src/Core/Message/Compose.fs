// New messages out of old ones, as bytes: responses (RFC 3261, 8.2.6), ACK (13.2.2.4, 17.1.1.3),
// CANCEL (9.1). What is copied is copied byte for byte.
namespace SipFun.Core

open System
open System.Buffers
open SipFun

/// A message being written.
[<Sealed>]
type Composition() =
    let output = ArrayBufferWriter<byte> 512

    /// Text as UTF-8.
    member _.Text(text: string) = output.Write(ReadOnlySpan<byte>(Octets.ofText text))

    /// Bytes as they are.
    member _.Octets(octets: ReadOnlyMemory<byte>) = output.Write octets.Span

    /// "Name: value" and CRLF.
    member this.Line(name: string, value: ReadOnlyMemory<byte>) =
        this.Text(name + ": ")
        this.Octets value
        this.Text "\r\n"

    /// "Name: value" and CRLF.
    member this.Line(name: string, value: string) =
        this.Text(String.Concat(name, ": ", value, "\r\n"))

    /// The whole message, without body.
    member this.End() : byte[] =
        this.Text "Content-Length: 0\r\n\r\n"
        output.WrittenSpan.ToArray()

/// What is copied from one message to another.
[<RequireQualifiedAccess>]
module Compose =
    /// The start line of a request.
    let requestLine (method: string) (uri: ReadOnlyMemory<byte>) =
        let text = Composition()
        text.Text(method + " ")
        text.Octets uri
        text.Text " SIP/2.0\r\n"
        text

    /// The start line of a response. A caller's misuse is told at once (V-05).
    let statusLine (status: int) (reason: string) =
        if String.exists Octets.isControl reason then
            raise (ArgumentException("No control characters in a reason phrase.", nameof reason))

        let text = Composition()
        text.Text(String.Concat([ "SIP/2.0 "; string status; " "; reason; "\r\n" ]))
        text

    /// All lines of a field as they are.
    let copy id (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) (text: Composition) =
        for i in 0 .. index.Count - 1 do
            if index.Lines[i].Id = id then
                let start = index.Lines[i].Start
                text.Octets(bytes.Slice(start, index.LineEnd i - start))

    let private isToken (text: string) =
        let octets = ReadOnlySpan<byte>(Octets.ofText text)
        octets.Length > 0 && Grammar.token octets 0 octets.Length = octets.Length

    /// The To of a request with our tag at its end, when it has none yet (RFC 3261, 8.2.6.2).
    let tagged
        (bytes: ReadOnlyMemory<byte>)
        (index: MessageIndex)
        (tag: string | null)
        (text: Composition)
        =
        let line = index.Lines[index.ToLine]
        text.Text "To: "
        text.Octets(bytes.Slice(line.ValueStart, line.ValueEnd - line.ValueStart))

        match tag with
        | NonNull tag when not (isToken tag) ->
            raise (ArgumentException("A tag is a token (RFC 3261, 19.3).", nameof tag))
        | NonNull tag when index.ToTagStart < 0 -> text.Text(";tag=" + tag)
        | _ -> ()

        text.Text "\r\n"

    /// A response to a request (RFC 3261, 8.2.6; Record-Route by 12.1.1).
    let response (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) status reason tag : byte[] =
        let text = statusLine status reason
        copy HeaderId.Via bytes index text

        if status > 100 && status < 300 then
            copy HeaderId.RecordRoute bytes index text

        copy HeaderId.From bytes index text
        tagged bytes index tag text
        copy HeaderId.CallId bytes index text
        copy HeaderId.CSeq bytes index text

        if status = 100 then
            copy HeaderId.Timestamp bytes index text

        text.End()

    /// CANCEL, or the ACK to 300-699: the request's top Via, Route, From and Call-ID; To from the
    /// request or the response (RFC 3261, 9.1, 17.1.1.3).
    let companion method (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) (recipient: NameAddr) =
        let uri = bytes.Slice(index.MiddleStart, index.MiddleEnd - index.MiddleStart)
        let via = index.TopVia
        let text = requestLine method uri

        if index.ViaLine >= 0 then
            text.Line("Via", bytes.Slice(via.Start, via.End - via.Start))

        text.Line("Max-Forwards", "70")
        copy HeaderId.Route bytes index text
        copy HeaderId.From bytes index text
        text.Line("To", recipient.Octets)
        copy HeaderId.CallId bytes index text
        text.Line("CSeq", String.Concat(string index.CSeqNumber, " ", method))
        text.End()

    /// Where a dialog's request goes: Request-URI and Route values for a route set and a remote
    /// target; a strict router first takes the Request-URI (RFC 3261, 12.2.1.1).
    let route (routeSet: NameAddr list) (target: SipUri) =
        match routeSet with
        | first :: rest when not first.Uri.IsLooseRouter ->
            struct (first.Uri.ForRequest(), rest @ [ NameAddr.Create target ])
        | _ -> struct (target.ForRequest(), routeSet)

    /// The same for a dialog whose last request had this Request-URI and these Routes. A top Route
    /// that is no loose router: a strict one has taken the Request-URI, and the remote target is
    /// the last Route (RFC 3261, 12.2.1.1).
    let routeAgain (requestUri: SipUri) (routes: NameAddr list) (target: SipUri) =
        match routes with
        | first :: _ when not first.Uri.IsLooseRouter ->
            let others = List.take (routes.Length - 1) routes
            struct (requestUri, others @ [ NameAddr.Create target ])
        | _ -> struct (target.ForRequest(), routes)

    /// The ACK to a 2xx, a request of its own, without Via (RFC 3261, 13.2.2.4).
    let ack bytes (index: MessageIndex) (recipient: NameAddr) (uri: SipUri) routes : byte[] =
        let text = requestLine "ACK" uri.Octets
        text.Line("Max-Forwards", "70")

        for (hop: NameAddr) in routes do
            text.Line("Route", hop.Octets)

        copy HeaderId.From bytes index text
        text.Line("To", recipient.Octets)
        copy HeaderId.CallId bytes index text
        text.Line("CSeq", string index.CSeqNumber + " ACK")
        copy HeaderId.Authorization bytes index text
        copy HeaderId.ProxyAuthorization bytes index text
        text.End()
