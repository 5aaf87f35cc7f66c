// By what peers and callers find an entry again. Texts are compared in full; their hashes only lead there.
module SipFun.Core.Keys

open System
open SipFun

/// A server transaction's key (RFC 3261, 17.2.3). An ACK has its INVITE's, and a CANCEL, asked for
/// so, the key of what it cancels. Without the cookie RFC 2543's fields take the branch's place.
let private server (via: Via) (message: SipMessage) (method: SipMethod) =
    let named = if method = SipMethod.Ack then SipMethod.Invite.Name else method.Name

    if Branch.isOfRfc3261 via.Branch then
        String.Join('\n', via.Branch, via.SentBy.ToLowerInvariant(), named)
    else
        String.Join(
            '\n',
            via.ToString(),
            message.CallId.ToString(),
            string message.CSeq.Number + " " + named,
            message.FromTag
        )

let ofRequest (request: SipRequest) = server request.TopVia request request.Method

/// The key of the INVITE that a CANCEL means (RFC 3261, 9.2).
let ofCancelled (cancel: SipRequest) = server cancel.TopVia cancel SipMethod.Invite

/// The key of the request that a response answers: the top Via is still the requester's.
let ofResponse (response: SipResponse) = server response.TopVia response response.CSeq.Method

/// What tells requests without RFC 3261's branch apart beside the key: the Request-URI, and the To
/// tag, which is the response's in an ACK (17.2.3).
let rfc2543 (toTag: string | null) (request: SipRequest) =
    if Branch.isOfRfc3261 request.TopVia.Branch then
        ValueNone
    else
        ValueSome(String.Join('\n', request.RequestUri.ToString(), toTag))

/// What one request that came by several ways has in common; none in a dialog, and none of an ACK or
/// a CANCEL, which go with their INVITE's branch (8.2.2.2, 9.2).
let merged (request: SipRequest) =
    if
        not (isNull request.ToTag)
        || request.Method = SipMethod.Ack
        || request.Method = SipMethod.Cancel
    then
        ValueNone
    else
        ValueSome(
            String.Join(
                '\n',
                request.CallId.ToString(),
                request.FromTag,
                request.Method.Name,
                string request.CSeq.Number
            )
        )

/// What the ACK to a 2xx has in common with it: the dialog and the CSeq number (13.2.2.4).
let ack (message: SipMessage) =
    String.Join(
        '\n',
        message.CallId.ToString(),
        string message.CSeq.Number,
        message.FromTag,
        message.ToTag
    )

let hash (settings: Settings) (text: string) = SipHash.ofText settings.Secret text

let ofCallId settings (callId: CallId) = hash settings (callId.ToString())

let ofName settings (name: Name) =
    hash
        settings
        (match name.Text with
         | null -> string name.Number
         | text -> "\n" + text)
