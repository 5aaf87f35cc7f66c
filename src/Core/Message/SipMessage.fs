// A message: request or response, immutable. Reading is in MessageFields; here are parsing, edits
// and what is made of a message (RFC 3261, 7, 8.2.6, 9.1, 13.2.2.4, 17.1.1.3).
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open System.Collections.Generic
open SipFun.Core

/// <summary>A SIP message, kept as the bytes it came as. Immutable: every <c>With</c> method gives
/// a new message in which all else is unchanged, byte for byte.</summary>
[<AbstractClass>]
type SipMessage internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    inherit TypedFields(bytes, index)

    static let wrap (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) : SipMessage =
        let bytes = bytes.Slice(0, index.End)

        if index.IsRequest then
            SipRequest(bytes, index)
        else
            SipResponse(bytes, index)

    /// A message that was built or edited here. What is wrong with it the caller did.
    static member internal Built(octets: byte[]) : SipMessage =
        let mutable fault = Fault()

        match Indexer.readBuilt (ReadOnlySpan<byte> octets) &fault with
        | null -> raise (ArgumentException $"Not a SIP message: {fault.ToError octets.Length}")
        | index when index.End < octets.Length ->
            raise (ArgumentException "Content-Length is the length of the body: use WithBody.")
        | index -> wrap (ReadOnlyMemory<byte> octets) index

    /// A message that was written down with so many values a field; null: it is none.
    static member internal TryRestore
        (octets: ReadOnlyMemory<byte>, valuesPerField: int)
        : SipMessage | null =
        let mutable fault = Fault()

        match Indexer.readBuilt octets.Span &fault with
        | null -> null
        | index when index.End < octets.Length -> null
        | index ->
            index.ValuesPerField <- valuesPerField
            wrap octets index

    /// An edit of a message: its limits on typed values stay.
    static member internal Edited(index: MessageIndex, octets: byte[]) : SipMessage =
        let edited = SipMessage.Built octets
        edited.Index.ValuesPerField <- index.ValuesPerField
        edited

    /// An edit of its Vias, with its index where that is known.
    static member private ViaEdited
        (old: MessageIndex, octets: byte[], index: MessageIndex | null)
        : SipMessage =
        match index with
        | null -> SipMessage.Edited(old, octets)
        | index -> wrap (ReadOnlyMemory<byte> octets) index

    /// A message that Framing found in a stream: its bytes and index.
    static member internal Framed(octets: byte[], index: MessageIndex) : SipMessage =
        index.End <- octets.Length
        wrap (ReadOnlyMemory<byte> octets) index

    /// One whole message; null and a fault.
    static member private Scan
        (limits: ParseLimits, packet: ReadOnlyMemory<byte>, most: int, fault: byref<Fault>)
        : SipMessage | null =
        if packet.Length > most then
            fault.At(ParseFault.TooLarge, most, $"at most {most} bytes") |> ignore
            null
        else
            let s = packet.Span
            let blank = Indexer.leadingBlankLines s

            match Indexer.read limits (s.Slice blank) &fault with
            | null ->
                fault.Offset <- fault.Offset + blank
                null
            | index -> wrap (packet.Slice blank) index

    /// One whole message.
    static member internal Read
        (limits: ParseLimits, packet: ReadOnlyMemory<byte>, most: int)
        : Result<SipMessage, ParseError> =
        let mutable fault = Fault()

        match SipMessage.Scan(limits, packet, most, &fault) with
        | null -> Error(fault.ToError packet.Length)
        | message -> Ok message

    /// <summary>Reads one datagram, which must hold one whole message; what follows a body of known
    /// length is dropped (RFC 3261, 18.3). The bytes are kept, not copied: do not change
    /// them.</summary>
    static member TryParse
        (
            packet: ReadOnlyMemory<byte>,
            limits: ParseLimits,
            [<Out; NotNullWhen true>] message: byref<SipMessage | null>,
            [<Out; NotNullWhen false>] error: byref<ParseError | null>
        ) : bool =
        let mutable fault = Fault()
        message <- SipMessage.Scan(limits, packet, limits.Datagram, &fault)
        error <- if isNull message then fault.ToError packet.Length else null
        isNull error

    /// <summary>Reads one datagram within the default limits.</summary>
    static member TryParse
        (
            packet: ReadOnlyMemory<byte>,
            [<Out; NotNullWhen true>] message: byref<SipMessage | null>,
            [<Out; NotNullWhen false>] error: byref<ParseError | null>
        ) : bool =
        SipMessage.TryParse(packet, ParseLimits.Default, &message, &error)

    /// <summary>Reads one datagram.</summary>
    /// <exception cref="T:SipFun.SipParseException">It is not a SIP message.</exception>
    static member Parse(packet: ReadOnlyMemory<byte>) : SipMessage =
        match SipMessage.Read(ParseLimits.Default, packet, ParseLimits.Default.Datagram) with
        | Ok message -> message
        | Error error -> raise (SipParseException error)

    /// <summary>Reads one message from text; the line ends must be CRLF.</summary>
    /// <exception cref="T:SipFun.SipParseException">It is not a SIP message.</exception>
    static member Parse(text: string) : SipMessage =
        SipMessage.Parse(ReadOnlyMemory<byte>(Octets.ofText text))

    /// The addresses of a field, none if it is absent; refused when they cannot be read.
    member internal this.AddressesOf(field: HeaderField<IReadOnlyList<NameAddr>>) : NameAddr list =
        let mutable found: IReadOnlyList<NameAddr> = Array.Empty<NameAddr>()
        let mutable error: ParseError | null = null

        match this.TryGet(field, &found, &error), error with
        | true, _ -> List.ofSeq found
        | _, null -> []
        | _, error -> raise (ArgumentException $"{field.Name} cannot be read: {error}")

    /// <summary>Every fault in the fields that an element of this role works with, in no order;
    /// empty when there is nothing to refuse. RFC 4475 is the guide.</summary>
    member this.Validate(role: SipRole) : IReadOnlyList<ParseError> =
        Validation.faults role this.Bytes this.Index

    /// <summary>With one header line of that name instead of all there are.</summary>
    /// <exception cref="T:System.ArgumentException">The result would be no message.</exception>
    member this.WithHeader(name: string, value: string) : SipMessage =
        SipMessage.Edited(this.Index, MessageEdit.set this.Bytes this.Index name value)

    /// <summary>With one more header line, below all others.</summary>
    member this.WithAddedHeader(name: string, value: string) : SipMessage =
        SipMessage.Edited(
            this.Index,
            MessageEdit.add this.Bytes this.Index (MessageEdit.line name value)
        )

    /// <summary>With one more header line, above all others.</summary>
    member this.WithInsertedHeader(name: string, value: string) : SipMessage =
        SipMessage.Edited(
            this.Index,
            MessageEdit.push this.Bytes this.Index (MessageEdit.line name value)
        )

    /// <summary>Without the header lines of that name, full or compact.</summary>
    member this.WithoutHeader(name: string) : SipMessage =
        SipMessage.Edited(this.Index, MessageEdit.remove this.Bytes this.Index name)

    /// <summary>With another body; Content-Length follows. No type: no Content-Type.</summary>
    member this.WithBody(contentType: string | null, body: ReadOnlyMemory<byte>) : SipMessage =
        SipMessage.Edited(
            this.Index,
            MessageEdit.setBody this.Bytes this.Index contentType body.Span
        )

    /// <summary>With one more Via, above all others.</summary>
    member this.PushVia(via: Via) : SipMessage = this.PushVia(via.ToString())

    /// <summary>With one more Via, above all others.</summary>
    member this.PushVia(via: string) : SipMessage =
        let line = MessageEdit.line "Via" via
        let octets = MessageEdit.push this.Bytes this.Index line
        let index = IndexEdit.pushed this.Index octets 3 line.Length
        SipMessage.ViaEdited(this.Index, octets, index)

    /// <summary>Without its topmost Via.</summary>
    /// <exception cref="T:System.InvalidOperationException">There is none.</exception>
    member this.WithoutTopVia() : SipMessage =
        this.TopVia |> ignore
        let octets = MessageEdit.popVia this.Bytes this.Index
        SipMessage.ViaEdited(this.Index, octets, IndexEdit.popped this.Index octets)

    /// <summary>With another Via in the place of the topmost.</summary>
    /// <exception cref="T:System.InvalidOperationException">There is none.</exception>
    member this.WithTopVia(via: Via) : SipMessage =
        this.TopVia |> ignore
        let octets = MessageEdit.setTopVia this.Bytes this.Index via.Octets.Span
        let index = IndexEdit.replaced this.Index octets (octets.Length - this.Bytes.Length)
        SipMessage.ViaEdited(this.Index, octets, index)

/// <summary>The edits of <c>SipMessage</c>, which give a message of the same kind.</summary>
and [<AbstractClass>] SipMessage<'Self when 'Self :> SipMessage>
    internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    inherit SipMessage(bytes, index)

    let same (message: SipMessage) : 'Self = downcast message

    /// <summary>With one header line of that name instead of all there are.</summary>
    /// <exception cref="T:System.ArgumentException">The result would be no message.</exception>
    member _.WithHeader(name: string, value: string) : 'Self = same (base.WithHeader(name, value))

    /// <summary>With one more header line, below all others.</summary>
    member _.WithAddedHeader(name: string, value: string) : 'Self =
        same (base.WithAddedHeader(name, value))

    /// <summary>With one more header line, above all others.</summary>
    member _.WithInsertedHeader(name: string, value: string) : 'Self =
        same (base.WithInsertedHeader(name, value))

    /// <summary>Without the header lines of that name, full or compact.</summary>
    member _.WithoutHeader(name: string) : 'Self = same (base.WithoutHeader name)

    /// <summary>With another body; Content-Length follows. No type: no Content-Type.</summary>
    member _.WithBody(contentType: string | null, body: ReadOnlyMemory<byte>) : 'Self =
        same (base.WithBody(contentType, body))

    /// <summary>With one more Via, above all others.</summary>
    member _.PushVia(via: Via) : 'Self = same (base.PushVia via)

    /// <summary>With one more Via, above all others.</summary>
    member _.PushVia(via: string) : 'Self = same (base.PushVia via)

    /// <summary>Without its topmost Via.</summary>
    member _.WithoutTopVia() : 'Self = same (base.WithoutTopVia())

    /// <summary>With another Via in the place of the topmost.</summary>
    member _.WithTopVia(via: Via) : 'Self = same (base.WithTopVia via)

/// <summary>A request (RFC 3261, 7.1).</summary>
and [<Sealed>] SipRequest internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    inherit SipMessage<SipRequest>(bytes, index)
    let mutable uri: SipUri | null = null

    static let built octets : SipRequest = downcast SipMessage.Built octets

    /// <summary>The method.</summary>
    member this.Method: SipMethod = this.CSeq.Method

    /// <summary>The Request-URI.</summary>
    member this.RequestUri: SipUri =
        match uri with
        | null ->
            let mutable error: ParseError | null = null
            let index = this.Index
            let length = index.MiddleEnd - index.MiddleStart
            let octets = this.Bytes.Slice(index.MiddleStart, length)

            match SipUri.Read(octets, &error), error with
            | NonNull found, _ ->
                uri <- found
                found
            | _, NonNull error -> raise (SipParseException error)
            | _ -> invalidOp "unreachable"
        | found -> found

    /// <summary>With another Request-URI.</summary>
    member this.WithRequestUri(uri: SipUri) : SipRequest =
        downcast
            SipMessage.Edited(
                this.Index,
                MessageEdit.setMiddle this.Bytes this.Index uri.Octets.Span
            )

    /// <summary>A response by RFC 3261, 8.2.6: every Via, From, To, Call-ID, CSeq; Record-Route for
    /// 101 to 299; Timestamp for 100.</summary>
    /// <param name="statusCode">100 to 699.</param>
    /// <param name="toTag">Added to To unless it has a tag; null for none.</param>
    /// <param name="reason">The reason phrase; null for the usual one.</param>
    member this.CreateResponse
        (statusCode: int, toTag: string | null, reason: string | null)
        : SipResponse =
        let reason =
            match reason with
            | null -> StatusCode.ReasonPhrase statusCode
            | text -> text

        downcast SipMessage.Built(Compose.response this.Bytes this.Index statusCode reason toTag)

    /// <summary>The same with the usual reason phrase.</summary>
    member this.CreateResponse(statusCode: int, toTag: string | null) : SipResponse =
        this.CreateResponse(statusCode, toTag, null)

    member private this.IsInviteOf(response: SipResponse) =
        this.Method = SipMethod.Invite && response.CallId = this.CallId && response.CSeq = this.CSeq

    /// <summary>The ACK to a 2xx of this INVITE: to its Contact, by its Record-Route reversed, with
    /// the same credentials; without Via (RFC 3261, 13.2.2.4). To an INVITE within a dialog, which
    /// has a To tag, the 2xx gives only the target: the route is the INVITE's (12.2).</summary>
    /// <param name="response">The 2xx. Without a Contact the ACK goes to the Request-URI.</param>
    /// <exception cref="T:System.ArgumentException">This is no INVITE, that no 2xx to it, or a
    /// Contact, Record-Route or Route that is needed is malformed or too long.</exception>
    member this.CreateAck(response: SipResponse) : SipRequest =
        if not (response.IsSuccess && this.IsInviteOf response) then
            raise (ArgumentException("Not a 2xx to this INVITE.", nameof response))

        let target =
            match List.tryHead (response.AddressesOf HeaderFields.Contact) with
            | Some contact -> contact.Uri
            | None -> this.RequestUri

        let struct (uri, routes) =
            if isNull this.ToTag then
                let recorded = response.AddressesOf HeaderFields.RecordRoute
                Compose.route (List.rev recorded) target
            else
                Compose.routeAgain this.RequestUri (this.AddressesOf HeaderFields.Route) target

        built (Compose.ack this.Bytes this.Index response.To uri routes)

    /// <summary>The ACK to a 300-699 of this INVITE: same top Via, Request-URI, Route, From and
    /// Call-ID; the response's To (RFC 3261, 17.1.1.3).</summary>
    /// <exception cref="T:System.ArgumentException">This is no INVITE, or that no
    /// 300-699.</exception>
    member this.CreateErrorAck(response: SipResponse) : SipRequest =
        if this.Method <> SipMethod.Invite || response.StatusCode < 300 then
            raise (ArgumentException("Not a 300 to 699 to an INVITE.", nameof response))

        built (Compose.companion "ACK" this.Bytes this.Index response.To)

    /// <summary>The CANCEL of this request: same top Via, Request-URI, Route, From, To, Call-ID and
    /// CSeq number (RFC 3261, 9.1).</summary>
    /// <exception cref="T:System.ArgumentException">This is an ACK or a CANCEL.</exception>
    member this.CreateCancel() : SipRequest =
        if this.Method = SipMethod.Ack || this.Method = SipMethod.Cancel then
            raise (ArgumentException $"{this.Method} cannot be cancelled (RFC 3261, 9.1).")

        built (Compose.companion "CANCEL" this.Bytes this.Index this.To)

    /// <summary>A request, without Via, Contact and body. Nothing is made up: all identifiers are
    /// the caller's (RFC 3261, 8.1.1).</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">CSeq is 2**31 or more, or
    /// Max-Forwards not 0 to 255.</exception>
    static member Create
        (
            method: SipMethod,
            uri: SipUri,
            from: NameAddr,
            ``to``: NameAddr,
            callId: CallId,
            cseqNumber: uint32,
            maxForwards: int
        ) : SipRequest =
        if maxForwards < 0 || maxForwards > 255 then
            raise (ArgumentOutOfRangeException(nameof maxForwards, "0 to 255"))

        let cseq = CSeq(cseqNumber, method)
        let text = Compose.requestLine method.Name (uri.ForRequest().Octets)
        text.Line("Max-Forwards", string maxForwards)
        text.Line("From", from.Octets)
        text.Line("To", ``to``.Octets)
        text.Line("Call-ID", callId.Value)
        text.Line("CSeq", cseq.ToString())
        built (text.End())

    /// <summary>The same with Max-Forwards 70 (RFC 3261, 8.1.1.6).</summary>
    static member Create
        (
            method: SipMethod,
            uri: SipUri,
            from: NameAddr,
            ``to``: NameAddr,
            callId: CallId,
            cseqNumber: uint32
        ) : SipRequest =
        SipRequest.Create(method, uri, from, ``to``, callId, cseqNumber, 70)

/// <summary>A response (RFC 3261, 7.2).</summary>
and [<Sealed>] SipResponse internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    inherit SipMessage<SipResponse>(bytes, index)

    /// <summary>100 to 699.</summary>
    member this.StatusCode = this.Index.MethodEndOrStatus

    /// <summary>The reason phrase; may be empty.</summary>
    member this.ReasonPhrase: string =
        let index = this.Index
        let length = index.MiddleEnd - index.MiddleStart
        Octets.toText (this.Bytes.Span.Slice(index.MiddleStart, length))

    /// <summary>100 to 199.</summary>
    member this.IsProvisional = this.StatusCode < 200

    /// <summary>200 to 699.</summary>
    member this.IsFinal = this.StatusCode >= 200

    /// <summary>200 to 299.</summary>
    member this.IsSuccess = this.StatusCode >= 200 && this.StatusCode < 300

    /// <summary>A response from its parts, without body: a status code from 100 to 699, the reason
    /// phrase (null for the usual one), the Via values, topmost first.</summary>
    static member Create
        (
            statusCode: int,
            reason: string | null,
            vias: IEnumerable<Via>,
            from: NameAddr,
            ``to``: NameAddr,
            callId: CallId,
            cseq: CSeq
        ) : SipResponse =
        let reason =
            match reason with
            | null -> StatusCode.ReasonPhrase statusCode
            | text -> text

        let text = Compose.statusLine statusCode reason

        for via in vias do
            text.Line("Via", via.Octets)

        text.Line("From", from.Octets)
        text.Line("To", ``to``.Octets)
        text.Line("Call-ID", callId.Value)
        text.Line("CSeq", cseq.ToString())
        downcast SipMessage.Built(text.End())
