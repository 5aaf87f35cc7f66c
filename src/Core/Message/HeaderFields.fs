// The typed header fields by name (RFC 3261, 20, and its extensions). A field is its lines and a
// reader; whether commas separate values is the field's, not the reader's (RFC 3261, 7.3.1).
namespace SipFun

open System.Collections.Generic
open SipFun.Core

/// <summary>Names of header fields with the type of their values, for <c>TryGet</c>.</summary>
[<AbstractClass; Sealed>]
type HeaderFields private () =
    static let one id reader = HeaderField<_>(id, FieldReader.single reader)

    static let perhaps id reader = HeaderField<IReadOnlyList<_>>(id, FieldReader.listOrNone reader)

    static let list id reader = HeaderField<IReadOnlyList<_>>(id, FieldReader.list reader)
    static let lines id reader = HeaderField<IReadOnlyList<_>>(id, FieldReader.eachLine reader)
    static let tokens id = list id ValueReaders.token
    static let routes id = list id ValueReaders.bracketed
    static let information id = list id ValueReaders.information

    static let viaField = HeaderField<IReadOnlyList<Via>>(HeaderId.Via, FieldReader.vias)

    static let contactField =
        HeaderField<IReadOnlyList<NameAddr>>(HeaderId.Contact, FieldReader.contact)

    static let routeField = routes HeaderId.Route
    static let recordRouteField = routes HeaderId.RecordRoute
    static let pathField = routes HeaderId.Path
    static let serviceRouteField = routes HeaderId.ServiceRoute
    static let alertInfoField = information HeaderId.AlertInfo
    static let callInfoField = information HeaderId.CallInfo
    static let errorInfoField = information HeaderId.ErrorInfo
    static let replyToField = one HeaderId.ReplyTo ValueReaders.address
    static let referToField = one HeaderId.ReferTo ValueReaders.address
    static let referredByField = one HeaderId.ReferredBy ValueReaders.address
    static let acceptField = perhaps HeaderId.Accept ValueReaders.mediaRange
    static let acceptEncodingField = perhaps HeaderId.AcceptEncoding ValueReaders.parameterized
    static let acceptLanguageField = perhaps HeaderId.AcceptLanguage ValueReaders.parameterized
    static let reasonField = list HeaderId.Reason ValueReaders.parameterized
    static let contentTypeField = one HeaderId.ContentType ValueReaders.mediaRange

    static let contentDispositionField =
        one HeaderId.ContentDisposition ValueReaders.parameterized

    static let eventField = one HeaderId.Event ValueReaders.parameterized

    static let subscriptionStateField =
        one HeaderId.SubscriptionState ValueReaders.parameterized

    static let replacesField = one HeaderId.Replaces ValueReaders.replaces
    static let allowField = perhaps HeaderId.Allow ValueReaders.method
    static let allowEventsField = tokens HeaderId.AllowEvents
    static let contentEncodingField = tokens HeaderId.ContentEncoding
    static let contentLanguageField = tokens HeaderId.ContentLanguage
    static let proxyRequireField = tokens HeaderId.ProxyRequire
    static let requireField = tokens HeaderId.Require
    static let supportedField = perhaps HeaderId.Supported ValueReaders.token
    static let unsupportedField = tokens HeaderId.Unsupported
    static let inReplyToField = list HeaderId.InReplyTo ValueReaders.callId
    static let expiresField = one HeaderId.Expires NumberReaders.number
    static let minExpiresField = one HeaderId.MinExpires NumberReaders.number
    static let flowTimerField = one HeaderId.FlowTimer NumberReaders.number
    static let rseqField = one HeaderId.RSeq NumberReaders.number
    static let rackField = one HeaderId.RAck NumberReaders.rack
    static let retryAfterField = one HeaderId.RetryAfter NumberReaders.seconds
    static let sessionExpiresField = one HeaderId.SessionExpires NumberReaders.sessionExpires
    static let minSeField = one HeaderId.MinSe NumberReaders.seconds
    static let dateField = one HeaderId.Date NumberReaders.date
    static let timestampField = one HeaderId.Timestamp NumberReaders.timestamp
    static let warningField = list HeaderId.Warning ValueReaders.warning

    static let wwwAuthenticateField =
        lines HeaderId.WwwAuthenticate CredentialReaders.authentication

    static let proxyAuthenticateField =
        lines HeaderId.ProxyAuthenticate CredentialReaders.authentication

    static let authorizationField =
        lines HeaderId.Authorization CredentialReaders.authentication

    static let proxyAuthorizationField =
        lines HeaderId.ProxyAuthorization CredentialReaders.authentication

    static let authenticationInfoField =
        one HeaderId.AuthenticationInfo CredentialReaders.authenticationInfo

    static let organizationField = one HeaderId.Organization ValueReaders.line
    static let priorityField = one HeaderId.Priority ValueReaders.token
    static let serverField = one HeaderId.Server ValueReaders.line
    static let subjectField = one HeaderId.Subject ValueReaders.line
    static let userAgentField = one HeaderId.UserAgent ValueReaders.line
    static let mimeVersionField = one HeaderId.MimeVersion ValueReaders.line
    static let sipETagField = one HeaderId.SipETag ValueReaders.token
    static let sipIfMatchField = one HeaderId.SipIfMatch ValueReaders.token

    /// <summary>Via (RFC 3261, 20.42).</summary>
    static member Via = viaField

    /// <summary>Contact (RFC 3261, 20.10; "*" is the empty list).</summary>
    static member Contact = contactField

    /// <summary>Route (RFC 3261, 20.34).</summary>
    static member Route = routeField

    /// <summary>Record-Route (RFC 3261, 20.30).</summary>
    static member RecordRoute = recordRouteField

    /// <summary>Path (RFC 3327, 4).</summary>
    static member Path = pathField

    /// <summary>Service-Route (RFC 3608, 5).</summary>
    static member ServiceRoute = serviceRouteField

    /// <summary>Alert-Info (RFC 3261, 20.4).</summary>
    static member AlertInfo = alertInfoField

    /// <summary>Call-Info (RFC 3261, 20.9).</summary>
    static member CallInfo = callInfoField

    /// <summary>Error-Info (RFC 3261, 20.18).</summary>
    static member ErrorInfo = errorInfoField

    /// <summary>Reply-To (RFC 3261, 20.31).</summary>
    static member ReplyTo = replyToField

    /// <summary>Refer-To (RFC 3515, 2.1).</summary>
    static member ReferTo = referToField

    /// <summary>Referred-By (RFC 3892, 3).</summary>
    static member ReferredBy = referredByField

    /// <summary>Accept (RFC 3261, 20.1).</summary>
    static member Accept = acceptField

    /// <summary>Accept-Encoding (RFC 3261, 20.2).</summary>
    static member AcceptEncoding = acceptEncodingField

    /// <summary>Accept-Language (RFC 3261, 20.3).</summary>
    static member AcceptLanguage = acceptLanguageField

    /// <summary>Reason (RFC 3326, 2).</summary>
    static member Reason = reasonField

    /// <summary>Content-Type (RFC 3261, 20.15).</summary>
    static member ContentType = contentTypeField

    /// <summary>Content-Disposition (RFC 3261, 20.11).</summary>
    static member ContentDisposition = contentDispositionField

    /// <summary>Event (RFC 6665, 8.2.1).</summary>
    static member Event = eventField

    /// <summary>Subscription-State (RFC 6665, 8.2.3).</summary>
    static member SubscriptionState = subscriptionStateField

    /// <summary>Replaces (RFC 3891, 6.1).</summary>
    static member Replaces = replacesField

    /// <summary>Allow (RFC 3261, 20.5).</summary>
    static member Allow = allowField

    /// <summary>Allow-Events (RFC 6665, 8.2.2).</summary>
    static member AllowEvents = allowEventsField

    /// <summary>Content-Encoding (RFC 3261, 20.12).</summary>
    static member ContentEncoding = contentEncodingField

    /// <summary>Content-Language (RFC 3261, 20.13).</summary>
    static member ContentLanguage = contentLanguageField

    /// <summary>Proxy-Require (RFC 3261, 20.29).</summary>
    static member ProxyRequire = proxyRequireField

    /// <summary>Require (RFC 3261, 20.32).</summary>
    static member Require = requireField

    /// <summary>Supported (RFC 3261, 20.37).</summary>
    static member Supported = supportedField

    /// <summary>Unsupported (RFC 3261, 20.40).</summary>
    static member Unsupported = unsupportedField

    /// <summary>In-Reply-To (RFC 3261, 20.21).</summary>
    static member InReplyTo = inReplyToField

    /// <summary>Expires (RFC 3261, 20.19; seconds).</summary>
    static member Expires = expiresField

    /// <summary>Min-Expires (RFC 3261, 20.23; seconds).</summary>
    static member MinExpires = minExpiresField

    /// <summary>Flow-Timer (RFC 5626, 10; seconds).</summary>
    static member FlowTimer = flowTimerField

    /// <summary>RSeq (RFC 3262, 7.1).</summary>
    static member RSeq = rseqField

    /// <summary>RAck (RFC 3262, 7.2).</summary>
    static member RAck = rackField

    /// <summary>Retry-After (RFC 3261, 20.33).</summary>
    static member RetryAfter = retryAfterField

    /// <summary>Session-Expires (RFC 4028, 4).</summary>
    static member SessionExpires = sessionExpiresField

    /// <summary>Min-SE (RFC 4028, 5).</summary>
    static member MinSe = minSeField

    /// <summary>Date (RFC 3261, 20.17).</summary>
    static member Date = dateField

    /// <summary>Timestamp (RFC 3261, 20.38).</summary>
    static member Timestamp = timestampField

    /// <summary>Warning (RFC 3261, 20.43).</summary>
    static member Warning = warningField

    /// <summary>WWW-Authenticate (RFC 3261, 20.44; one a line).</summary>
    static member WwwAuthenticate = wwwAuthenticateField

    /// <summary>Proxy-Authenticate (RFC 3261, 20.27; one a line).</summary>
    static member ProxyAuthenticate = proxyAuthenticateField

    /// <summary>Authorization (RFC 3261, 20.7; one a line).</summary>
    static member Authorization = authorizationField

    /// <summary>Proxy-Authorization (RFC 3261, 20.28; one a line).</summary>
    static member ProxyAuthorization = proxyAuthorizationField

    /// <summary>Authentication-Info (RFC 7616, 3.5).</summary>
    static member AuthenticationInfo = authenticationInfoField

    /// <summary>Organization (RFC 3261, 20.25).</summary>
    static member Organization = organizationField

    /// <summary>Priority (RFC 3261, 20.26).</summary>
    static member Priority = priorityField

    /// <summary>Server (RFC 3261, 20.35).</summary>
    static member Server = serverField

    /// <summary>Subject (RFC 3261, 20.36).</summary>
    static member Subject = subjectField

    /// <summary>User-Agent (RFC 3261, 20.41).</summary>
    static member UserAgent = userAgentField

    /// <summary>MIME-Version (RFC 3261, 20.24).</summary>
    static member MimeVersion = mimeVersionField

    /// <summary>SIP-ETag (RFC 3903, 11.3.1).</summary>
    static member SipETag = sipETagField

    /// <summary>SIP-If-Match (RFC 3903, 11.3.2).</summary>
    static member SipIfMatch = sipIfMatchField
