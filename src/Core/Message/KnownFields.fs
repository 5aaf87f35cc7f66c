// What each header field is made of: the reader of its values, and how many there may be
// (RFC 3261, 20, and its extensions). Whether commas separate values is the field's, not the
// reader's.
namespace SipFun.Core

open System.Collections.Generic
open SipFun

/// The typed header fields, for HeaderFields.
[<RequireQualifiedAccess>]
module KnownFields =
    let private one id reader = HeaderField<_>(id, FieldReader.single reader)

    let private perhaps id reader = HeaderField<IReadOnlyList<_>>(id, FieldReader.listOrNone reader)

    let private list id reader = HeaderField<IReadOnlyList<_>>(id, FieldReader.list reader)
    let private lines id reader = HeaderField<IReadOnlyList<_>>(id, FieldReader.eachLine reader)
    let private tokens id = list id ValueReaders.token
    let private routes id = list id ValueReaders.bracketed
    let private information id = list id ValueReaders.information

    let via = HeaderField<IReadOnlyList<Via>>(HeaderId.Via, FieldReader.vias)

    let contact =
        HeaderField<IReadOnlyList<NameAddr>>(HeaderId.Contact, FieldReader.contact)

    let route = routes HeaderId.Route
    let recordRoute = routes HeaderId.RecordRoute
    let path = routes HeaderId.Path
    let serviceRoute = routes HeaderId.ServiceRoute
    let alertInfo = information HeaderId.AlertInfo
    let callInfo = information HeaderId.CallInfo
    let errorInfo = information HeaderId.ErrorInfo
    let replyTo = one HeaderId.ReplyTo ValueReaders.address
    let referTo = one HeaderId.ReferTo ValueReaders.address
    let referredBy = one HeaderId.ReferredBy ValueReaders.address
    let accept = perhaps HeaderId.Accept ValueReaders.mediaRange
    let acceptEncoding = perhaps HeaderId.AcceptEncoding ValueReaders.parameterized
    let acceptLanguage = perhaps HeaderId.AcceptLanguage ValueReaders.parameterized
    let reason = list HeaderId.Reason ValueReaders.parameterized
    let contentType = one HeaderId.ContentType ValueReaders.mediaRange

    let contentDisposition = one HeaderId.ContentDisposition ValueReaders.parameterized

    let event = one HeaderId.Event ValueReaders.parameterized

    let subscriptionState = one HeaderId.SubscriptionState ValueReaders.parameterized

    let replaces = one HeaderId.Replaces ValueReaders.replaces
    let allow = perhaps HeaderId.Allow ValueReaders.method
    let allowEvents = tokens HeaderId.AllowEvents
    let contentEncoding = tokens HeaderId.ContentEncoding
    let contentLanguage = tokens HeaderId.ContentLanguage
    let proxyRequire = tokens HeaderId.ProxyRequire
    let require = tokens HeaderId.Require
    let supported = perhaps HeaderId.Supported ValueReaders.token
    let unsupported = tokens HeaderId.Unsupported
    let inReplyTo = list HeaderId.InReplyTo ValueReaders.callId
    let expires = one HeaderId.Expires NumberReaders.number
    let minExpires = one HeaderId.MinExpires NumberReaders.number
    let flowTimer = one HeaderId.FlowTimer NumberReaders.number
    let rseq = one HeaderId.RSeq NumberReaders.number
    let rack = one HeaderId.RAck NumberReaders.rack
    let retryAfter = one HeaderId.RetryAfter NumberReaders.seconds
    let sessionExpires = one HeaderId.SessionExpires NumberReaders.sessionExpires
    let minSe = one HeaderId.MinSe NumberReaders.seconds
    let date = one HeaderId.Date NumberReaders.date
    let timestamp = one HeaderId.Timestamp NumberReaders.timestamp
    let warning = list HeaderId.Warning ValueReaders.warning

    let wwwAuthenticate =
        lines HeaderId.WwwAuthenticate CredentialReaders.authentication

    let proxyAuthenticate =
        lines HeaderId.ProxyAuthenticate CredentialReaders.authentication

    let authorization = lines HeaderId.Authorization CredentialReaders.authentication

    let proxyAuthorization =
        lines HeaderId.ProxyAuthorization CredentialReaders.authentication

    let authenticationInfo =
        one HeaderId.AuthenticationInfo CredentialReaders.authenticationInfo

    let proxyAuthenticationInfo =
        one HeaderId.ProxyAuthenticationInfo CredentialReaders.authenticationInfo

    let organization = one HeaderId.Organization ValueReaders.line
    let priority = one HeaderId.Priority ValueReaders.token
    let server = one HeaderId.Server ValueReaders.line
    let subject = one HeaderId.Subject ValueReaders.line
    let userAgent = one HeaderId.UserAgent ValueReaders.line
    let mimeVersion = one HeaderId.MimeVersion ValueReaders.line
    let sipETag = one HeaderId.SipETag ValueReaders.token
    let sipIfMatch = one HeaderId.SipIfMatch ValueReaders.token
