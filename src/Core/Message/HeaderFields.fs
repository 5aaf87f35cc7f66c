// The typed header fields by name (RFC 3261, 20, and its extensions).
namespace SipFun

open SipFun.Core

/// <summary>Names of header fields with the type of their values, for <c>TryGet</c>.</summary>
[<AbstractClass; Sealed>]
type HeaderFields private () =
    /// <summary>Via (RFC 3261, 20.42).</summary>
    static member Via = KnownFields.via

    /// <summary>Contact (RFC 3261, 20.10; "*" is the empty list).</summary>
    static member Contact = KnownFields.contact

    /// <summary>Route (RFC 3261, 20.34).</summary>
    static member Route = KnownFields.route

    /// <summary>Record-Route (RFC 3261, 20.30).</summary>
    static member RecordRoute = KnownFields.recordRoute

    /// <summary>Path (RFC 3327, 4).</summary>
    static member Path = KnownFields.path

    /// <summary>Service-Route (RFC 3608, 5).</summary>
    static member ServiceRoute = KnownFields.serviceRoute

    /// <summary>Alert-Info (RFC 3261, 20.4).</summary>
    static member AlertInfo = KnownFields.alertInfo

    /// <summary>Call-Info (RFC 3261, 20.9).</summary>
    static member CallInfo = KnownFields.callInfo

    /// <summary>Error-Info (RFC 3261, 20.18).</summary>
    static member ErrorInfo = KnownFields.errorInfo

    /// <summary>Reply-To (RFC 3261, 20.31).</summary>
    static member ReplyTo = KnownFields.replyTo

    /// <summary>Refer-To (RFC 3515, 2.1).</summary>
    static member ReferTo = KnownFields.referTo

    /// <summary>Referred-By (RFC 3892, 3).</summary>
    static member ReferredBy = KnownFields.referredBy

    /// <summary>Accept (RFC 3261, 20.1).</summary>
    static member Accept = KnownFields.accept

    /// <summary>Accept-Encoding (RFC 3261, 20.2).</summary>
    static member AcceptEncoding = KnownFields.acceptEncoding

    /// <summary>Accept-Language (RFC 3261, 20.3).</summary>
    static member AcceptLanguage = KnownFields.acceptLanguage

    /// <summary>Reason (RFC 3326, 2).</summary>
    static member Reason = KnownFields.reason

    /// <summary>Content-Type (RFC 3261, 20.15).</summary>
    static member ContentType = KnownFields.contentType

    /// <summary>Content-Disposition (RFC 3261, 20.11).</summary>
    static member ContentDisposition = KnownFields.contentDisposition

    /// <summary>Event (RFC 6665, 8.2.1).</summary>
    static member Event = KnownFields.event

    /// <summary>Subscription-State (RFC 6665, 8.2.3).</summary>
    static member SubscriptionState = KnownFields.subscriptionState

    /// <summary>Replaces (RFC 3891, 6.1).</summary>
    static member Replaces = KnownFields.replaces

    /// <summary>Allow (RFC 3261, 20.5).</summary>
    static member Allow = KnownFields.allow

    /// <summary>Allow-Events (RFC 6665, 8.2.2).</summary>
    static member AllowEvents = KnownFields.allowEvents

    /// <summary>Content-Encoding (RFC 3261, 20.12).</summary>
    static member ContentEncoding = KnownFields.contentEncoding

    /// <summary>Content-Language (RFC 3261, 20.13).</summary>
    static member ContentLanguage = KnownFields.contentLanguage

    /// <summary>Proxy-Require (RFC 3261, 20.29).</summary>
    static member ProxyRequire = KnownFields.proxyRequire

    /// <summary>Require (RFC 3261, 20.32).</summary>
    static member Require = KnownFields.require

    /// <summary>Supported (RFC 3261, 20.37).</summary>
    static member Supported = KnownFields.supported

    /// <summary>Unsupported (RFC 3261, 20.40).</summary>
    static member Unsupported = KnownFields.unsupported

    /// <summary>In-Reply-To (RFC 3261, 20.21).</summary>
    static member InReplyTo = KnownFields.inReplyTo

    /// <summary>Expires (RFC 3261, 20.19; seconds).</summary>
    static member Expires = KnownFields.expires

    /// <summary>Min-Expires (RFC 3261, 20.23; seconds).</summary>
    static member MinExpires = KnownFields.minExpires

    /// <summary>Flow-Timer (RFC 5626, 10; seconds).</summary>
    static member FlowTimer = KnownFields.flowTimer

    /// <summary>RSeq (RFC 3262, 7.1).</summary>
    static member RSeq = KnownFields.rseq

    /// <summary>RAck (RFC 3262, 7.2).</summary>
    static member RAck = KnownFields.rack

    /// <summary>Retry-After (RFC 3261, 20.33).</summary>
    static member RetryAfter = KnownFields.retryAfter

    /// <summary>Session-Expires (RFC 4028, 4).</summary>
    static member SessionExpires = KnownFields.sessionExpires

    /// <summary>Min-SE (RFC 4028, 5).</summary>
    static member MinSe = KnownFields.minSe

    /// <summary>Date (RFC 3261, 20.17).</summary>
    static member Date = KnownFields.date

    /// <summary>Timestamp (RFC 3261, 20.38).</summary>
    static member Timestamp = KnownFields.timestamp

    /// <summary>Warning (RFC 3261, 20.43).</summary>
    static member Warning = KnownFields.warning

    /// <summary>WWW-Authenticate (RFC 3261, 20.44; one a line).</summary>
    static member WwwAuthenticate = KnownFields.wwwAuthenticate

    /// <summary>Proxy-Authenticate (RFC 3261, 20.27; one a line).</summary>
    static member ProxyAuthenticate = KnownFields.proxyAuthenticate

    /// <summary>Authorization (RFC 3261, 20.7; one a line).</summary>
    static member Authorization = KnownFields.authorization

    /// <summary>Proxy-Authorization (RFC 3261, 20.28; one a line).</summary>
    static member ProxyAuthorization = KnownFields.proxyAuthorization

    /// <summary>Authentication-Info (RFC 7616, 3.5).</summary>
    static member AuthenticationInfo = KnownFields.authenticationInfo

    /// <summary>Proxy-Authentication-Info (RFC 7615, 4, in the form of RFC 7616, 3.5).</summary>
    static member ProxyAuthenticationInfo = KnownFields.proxyAuthenticationInfo

    /// <summary>Organization (RFC 3261, 20.25).</summary>
    static member Organization = KnownFields.organization

    /// <summary>Priority (RFC 3261, 20.26).</summary>
    static member Priority = KnownFields.priority

    /// <summary>Server (RFC 3261, 20.35).</summary>
    static member Server = KnownFields.server

    /// <summary>Subject (RFC 3261, 20.36).</summary>
    static member Subject = KnownFields.subject

    /// <summary>User-Agent (RFC 3261, 20.41).</summary>
    static member UserAgent = KnownFields.userAgent

    /// <summary>MIME-Version (RFC 3261, 20.24).</summary>
    static member MimeVersion = KnownFields.mimeVersion

    /// <summary>SIP-ETag (RFC 3903, 11.3.1).</summary>
    static member SipETag = KnownFields.sipETag

    /// <summary>SIP-If-Match (RFC 3903, 11.3.2).</summary>
    static member SipIfMatch = KnownFields.sipIfMatch
