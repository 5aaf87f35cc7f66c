// A dialog as a value (RFC 3261, 12): who talks to whom, by which route, and which CSeq comes next.
// It changes by making another; who owns it, and when it ends, is the user agent's matter.
namespace SipFun

open System
open System.Collections.Generic
open SipFun.Core

/// <summary>What is wrong with a request within a dialog (RFC 3261, 12.2.2).</summary>
type DialogFault =
    /// <summary>Nothing.</summary>
    | None = 0
    /// <summary>It is another dialog's: answered 481.</summary>
    | Foreign = 1
    /// <summary>Its CSeq is lower than an earlier one's: answered 500.</summary>
    | OutOfOrder = 2

/// <summary>
/// One dialog, seen from one of its two ends; immutable (RFC 3261, 12).
/// </summary>
[<Sealed>]
type Dialog
    private
    (
        callId: CallId,
        local: NameAddr,
        remote: NameAddr,
        target: SipUri,
        routes: NameAddr list,
        localSequence: uint32,
        remoteSequence: uint32 voption,
        isEarly: bool,
        isSecure: bool
    ) =

    static let firstContact (message: SipMessage) : SipUri | null =
        match Seq.tryHead message.Contacts with
        | Some contact -> contact.Uri
        | None -> null

    /// Callers by RFC 2543 may leave Contact out: they are where From says.
    static let callerOf (request: SipRequest) : SipUri | null =
        match firstContact request with
        | null when request.Vias.Count > 0 && not request.Vias[0].HasMagicCookie -> request.From.Uri
        | contact -> contact

    static let sameTag (a: string | null) (b: string | null) =
        String.Equals(a, b, StringComparison.OrdinalIgnoreCase)

    let changed target localSequence remoteSequence isEarly =
        Dialog(
            callId,
            local,
            remote,
            target,
            routes,
            localSequence,
            remoteSequence,
            isEarly,
            isSecure
        )

    /// <summary>The Call-ID of all its requests.</summary>
    member _.CallId = callId

    /// <summary>This end: address and tag.</summary>
    member _.Local = local

    /// <summary>The other end: address and tag.</summary>
    member _.Remote = remote

    /// <summary>Where the other end wants its requests: its Contact (12.1).</summary>
    member _.RemoteTarget = target

    /// <summary>The proxies on the way, from here (12.1).</summary>
    member _.RouteSet: IReadOnlyList<NameAddr> = routes

    /// <summary>The number of this end's last request.</summary>
    member _.LocalSequence = localSequence

    /// <summary>The number of the other end's last request; null: there was none.</summary>
    member _.RemoteSequence: Nullable<uint32> = ValueOption.toNullable remoteSequence

    /// <summary>Only a provisional response made it.</summary>
    member _.IsEarly = isEarly

    /// <summary>It began with a sips Request-URI: its targets must be sips too (12.1.1).</summary>
    member _.IsSecure = isSecure

    /// <summary>The caller's side, from the response to its INVITE (12.1.2).</summary>
    /// <param name="request">The INVITE, SUBSCRIBE or REFER sent.</param>
    /// <param name="response">A 101 to 199 with a To tag, or a 2xx. One without To tag, as RFC 2543
    /// allows it, makes a dialog whose remote tag is null.</param>
    /// <returns>Null when the response makes no dialog: it is 100, above 299, or provisional and
    /// without To tag.</returns>
    static member OfResponse(request: SipRequest, response: SipResponse) : Dialog | null =
        let isEarly = response.StatusCode > 100 && not (isNull response.ToTag)

        if not (response.IsSuccess || response.IsProvisional && isEarly) then
            null
        else
            let target =
                match firstContact response with
                | null -> request.RequestUri
                | contact -> contact

            Dialog(
                response.CallId,
                response.From,
                response.To,
                target,
                List.rev (List.ofSeq response.RecordRoutes),
                response.CSeq.Number,
                ValueNone,
                response.IsProvisional,
                request.RequestUri.IsSips
            )

    /// <summary>The called side, from the response it gives (12.1.1).</summary>
    /// <param name="request">The request received.</param>
    /// <param name="response">The response to it, with our To tag.</param>
    /// <returns>Null when the response makes no dialog.</returns>
    static member OfRequest(request: SipRequest, response: SipResponse) : Dialog | null =
        match callerOf request with
        | NonNull contact when
            not (isNull response.ToTag) && response.StatusCode <> 100 && response.StatusCode < 300
            ->
            Dialog(
                request.CallId,
                response.To,
                request.From,
                contact,
                List.ofSeq request.RecordRoutes,
                0u,
                ValueSome request.CSeq.Number,
                response.IsProvisional,
                request.RequestUri.IsSips
            )
        | _ -> null

    /// <summary>Whether a request from the other end belongs to it: Call-ID and both tags
    /// (12.2.2).</summary>
    member _.Owns(request: SipRequest) =
        request.CallId = callId
        && sameTag request.ToTag local.Tag
        && sameTag request.FromTag remote.Tag

    /// <summary>Whether a response to a request of this end belongs to it.</summary>
    member _.Owns(response: SipResponse) =
        response.CallId = callId
        && sameTag response.FromTag local.Tag
        && sameTag response.ToTag remote.Tag

    /// <summary>
    /// The next request of this end, without Via, Contact and body (12.2.1.1). Not for ACK and
    /// CANCEL: <c>invite.CreateAck</c>, <c>invite.CreateCancel</c>.
    /// </summary>
    /// <param name="method">BYE, INVITE, UPDATE, INFO, ...</param>
    /// <param name="next">The dialog after it, with one CSeq more.</param>
    member _.CreateRequest(method: SipMethod, next: outref<Dialog>) : SipRequest =
        if method = SipMethod.Ack || method = SipMethod.Cancel then
            raise (ArgumentException "Take CreateAck or CreateCancel of the INVITE.")

        let sequence = localSequence + 1u
        let struct (uri, way) = Compose.route routes target
        let request = SipRequest.Create(method, uri, local, remote, callId, sequence)
        next <- changed target sequence remoteSequence isEarly

        List.fold
            (fun (message: SipRequest) (route: NameAddr) ->
                message.WithAddedHeader("Route", route.ToString()))
            request
            way

    /// <summary>
    /// A request of the other end came (12.2.2): checks whose it is and its order, and follows its
    /// Contact if it may change the target (INVITE, UPDATE).
    /// </summary>
    /// <param name="request">The request; an ACK changes nothing.</param>
    /// <param name="next">The dialog after it; this one when there is a fault.</param>
    member this.Receive(request: SipRequest, next: outref<Dialog>) : DialogFault =
        let struct (fault, ordered) = this.Ordered request
        let isRefresh = fault = DialogFault.None && request.Method <> SipMethod.Ack
        next <- if isRefresh then ordered.Followed request else ordered
        fault

    /// A request of the other end came, which may still be refused: its order only.
    member internal this.Ordered(request: SipRequest) : struct (DialogFault * Dialog) =
        if not (this.Owns request) then
            struct (DialogFault.Foreign, this)
        elif request.Method = SipMethod.Ack then
            struct (DialogFault.None, this)
        elif ValueOption.exists (fun last -> request.CSeq.Number < last) remoteSequence then
            struct (DialogFault.OutOfOrder, this)
        else
            let sequence = ValueSome request.CSeq.Number
            struct (DialogFault.None, changed target localSequence sequence isEarly)

    /// It was answered 2xx: its Contact is the target, if it may change it (12.2.2).
    member internal this.Followed(request: SipRequest) : Dialog =
        changed (this.Refreshed request) localSequence remoteSequence isEarly

    /// <summary>A response to a request of this end came: a 2xx confirms the dialog, and its Contact
    /// changes the target if the request may (12.2.1.2; RFC 3311, 5.1).</summary>
    /// <param name="response">A response that it owns.</param>
    /// <returns>The dialog after it.</returns>
    member this.Receive(response: SipResponse) : Dialog =
        if this.Owns response && response.IsSuccess then
            changed (this.Refreshed response) localSequence remoteSequence false
        else
            this

    /// The early dialog confirmed by the 2xx to its INVITE, whose Record-Route and Contact count
    /// from now on (13.2.2.4); the sequences go on.
    member internal this.Confirmed(request: SipRequest, response: SipResponse) : Dialog =
        match Dialog.OfResponse(request, response) with
        | null -> this
        | confirmed ->
            Dialog(
                callId,
                local,
                remote,
                confirmed.RemoteTarget,
                List.ofSeq confirmed.RouteSet,
                localSequence,
                remoteSequence,
                false,
                isSecure
            )

    /// The early dialog of the called side, after its 2xx.
    member internal _.Answered: Dialog = changed target localSequence remoteSequence false

    /// The target after this message: only INVITE, UPDATE, SUBSCRIBE, NOTIFY and REFER refresh it.
    member private _.Refreshed(message: SipMessage) =
        let refreshes =
            [
                SipMethod.Invite
                SipMethod.Update
                SipMethod.Subscribe
                SipMethod.Notify
                SipMethod.Refer
            ]
            |> List.contains message.CSeq.Method

        match firstContact message with
        | NonNull contact when refreshes -> contact
        | _ -> target

    /// <summary>Call-ID and both ends, for logs.</summary>
    override _.ToString() = $"{callId} {local} {remote}"
