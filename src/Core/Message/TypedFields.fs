// Every structured header field as a property: null when it is absent or malformed; TryGet tells
// which (RFC 3261, 20). Lists are empty instead.
namespace SipFun

open System
open System.Collections.Generic
open SipFun.Core

/// <summary>The header fields of a message by name. See <c>SipMessage</c>.</summary>
[<AbstractClass>]
type TypedFields internal (bytes: ReadOnlyMemory<byte>, index: MessageIndex) =
    inherit MessageFields(bytes, index)

    /// <summary>Via (RFC 3261, 20.42).</summary>
    member this.Vias: IReadOnlyList<Via> = this.ListOf HeaderFields.Via

    /// <summary>Contact (RFC 3261, 20.10; "*" is the empty list).</summary>
    member this.Contacts: IReadOnlyList<NameAddr> = this.ListOf HeaderFields.Contact

    /// <summary>Route (RFC 3261, 20.34).</summary>
    member this.Routes: IReadOnlyList<NameAddr> = this.ListOf HeaderFields.Route

    /// <summary>Record-Route (RFC 3261, 20.30).</summary>
    member this.RecordRoutes: IReadOnlyList<NameAddr> =
        this.ListOf HeaderFields.RecordRoute

    /// <summary>Path (RFC 3327, 4).</summary>
    member this.Path: IReadOnlyList<NameAddr> = this.ListOf HeaderFields.Path

    /// <summary>Service-Route (RFC 3608, 5).</summary>
    member this.ServiceRoute: IReadOnlyList<NameAddr> =
        this.ListOf HeaderFields.ServiceRoute

    /// <summary>Alert-Info (RFC 3261, 20.4).</summary>
    member this.AlertInfo: IReadOnlyList<NameAddr> = this.ListOf HeaderFields.AlertInfo

    /// <summary>Call-Info (RFC 3261, 20.9).</summary>
    member this.CallInfo: IReadOnlyList<NameAddr> = this.ListOf HeaderFields.CallInfo

    /// <summary>Error-Info (RFC 3261, 20.18).</summary>
    member this.ErrorInfo: IReadOnlyList<NameAddr> = this.ListOf HeaderFields.ErrorInfo

    /// <summary>Reply-To (RFC 3261, 20.31).</summary>
    member this.ReplyTo: NameAddr | null = this.ValueOf<NameAddr>(HeaderFields.ReplyTo)

    /// <summary>Refer-To (RFC 3515, 2.1).</summary>
    member this.ReferTo: NameAddr | null = this.ValueOf<NameAddr>(HeaderFields.ReferTo)

    /// <summary>Referred-By (RFC 3892, 3).</summary>
    member this.ReferredBy: NameAddr | null =
        this.ValueOf<NameAddr>(HeaderFields.ReferredBy)

    /// <summary>Accept (RFC 3261, 20.1).</summary>
    member this.Accept: IReadOnlyList<HeaderValue> = this.ListOf HeaderFields.Accept

    /// <summary>Accept-Encoding (RFC 3261, 20.2).</summary>
    member this.AcceptEncoding: IReadOnlyList<HeaderValue> =
        this.ListOf HeaderFields.AcceptEncoding

    /// <summary>Accept-Language (RFC 3261, 20.3).</summary>
    member this.AcceptLanguage: IReadOnlyList<HeaderValue> =
        this.ListOf HeaderFields.AcceptLanguage

    /// <summary>Reason (RFC 3326, 2).</summary>
    member this.Reason: IReadOnlyList<HeaderValue> = this.ListOf HeaderFields.Reason

    /// <summary>Content-Disposition (RFC 3261, 20.11).</summary>
    member this.ContentDisposition: HeaderValue | null =
        this.ValueOf<HeaderValue>(HeaderFields.ContentDisposition)

    /// <summary>Event (RFC 6665, 8.2.1).</summary>
    member this.Event: HeaderValue | null = this.ValueOf<HeaderValue>(HeaderFields.Event)

    /// <summary>Subscription-State (RFC 6665, 8.2.3).</summary>
    member this.SubscriptionState: HeaderValue | null =
        this.ValueOf<HeaderValue>(HeaderFields.SubscriptionState)

    /// <summary>Replaces (RFC 3891, 6.1).</summary>
    member this.Replaces: HeaderValue | null =
        this.ValueOf<HeaderValue>(HeaderFields.Replaces)

    /// <summary>Allow (RFC 3261, 20.5).</summary>
    member this.Allow: IReadOnlyList<SipMethod> = this.ListOf HeaderFields.Allow

    /// <summary>Allow-Events (RFC 6665, 8.2.2).</summary>
    member this.AllowEvents: IReadOnlyList<string> = this.ListOf HeaderFields.AllowEvents

    /// <summary>Content-Encoding (RFC 3261, 20.12).</summary>
    member this.ContentEncoding: IReadOnlyList<string> =
        this.ListOf HeaderFields.ContentEncoding

    /// <summary>Content-Language (RFC 3261, 20.13).</summary>
    member this.ContentLanguage: IReadOnlyList<string> =
        this.ListOf HeaderFields.ContentLanguage

    /// <summary>Proxy-Require (RFC 3261, 20.29).</summary>
    member this.ProxyRequire: IReadOnlyList<string> = this.ListOf HeaderFields.ProxyRequire

    /// <summary>Require (RFC 3261, 20.32).</summary>
    member this.Require: IReadOnlyList<string> = this.ListOf HeaderFields.Require

    /// <summary>Supported (RFC 3261, 20.37).</summary>
    member this.Supported: IReadOnlyList<string> = this.ListOf HeaderFields.Supported

    /// <summary>Unsupported (RFC 3261, 20.40).</summary>
    member this.Unsupported: IReadOnlyList<string> = this.ListOf HeaderFields.Unsupported

    /// <summary>In-Reply-To (RFC 3261, 20.21).</summary>
    member this.InReplyTo: IReadOnlyList<CallId> = this.ListOf HeaderFields.InReplyTo

    /// <summary>Expires (RFC 3261, 20.19; seconds).</summary>
    member this.Expires: Nullable<uint32> = this.NumberOf HeaderFields.Expires

    /// <summary>Min-Expires (RFC 3261, 20.23; seconds).</summary>
    member this.MinExpires: Nullable<uint32> = this.NumberOf HeaderFields.MinExpires

    /// <summary>Flow-Timer (RFC 5626, 10; seconds).</summary>
    member this.FlowTimer: Nullable<uint32> = this.NumberOf HeaderFields.FlowTimer

    /// <summary>RSeq (RFC 3262, 7.1).</summary>
    member this.RSeq: Nullable<uint32> = this.NumberOf HeaderFields.RSeq

    /// <summary>RAck (RFC 3262, 7.2).</summary>
    member this.RAck: RAckValue | null = this.ValueOf<RAckValue>(HeaderFields.RAck)

    /// <summary>Retry-After (RFC 3261, 20.33).</summary>
    member this.RetryAfter: SecondsValue | null =
        this.ValueOf<SecondsValue>(HeaderFields.RetryAfter)

    /// <summary>Session-Expires (RFC 4028, 4).</summary>
    member this.SessionExpires: SecondsValue | null =
        this.ValueOf<SecondsValue>(HeaderFields.SessionExpires)

    /// <summary>Min-SE (RFC 4028, 5).</summary>
    member this.MinSe: SecondsValue | null = this.ValueOf<SecondsValue>(HeaderFields.MinSe)

    /// <summary>Date (RFC 3261, 20.17).</summary>
    member this.Date: Nullable<DateTimeOffset> = this.NumberOf HeaderFields.Date

    /// <summary>Timestamp (RFC 3261, 20.38).</summary>
    member this.Timestamp: TimestampValue | null =
        this.ValueOf<TimestampValue>(HeaderFields.Timestamp)

    /// <summary>Warning (RFC 3261, 20.43).</summary>
    member this.Warning: IReadOnlyList<WarningValue> = this.ListOf HeaderFields.Warning

    /// <summary>WWW-Authenticate (RFC 3261, 20.44; one a line).</summary>
    member this.WwwAuthenticate: IReadOnlyList<AuthenticationValue> =
        this.ListOf HeaderFields.WwwAuthenticate

    /// <summary>Proxy-Authenticate (RFC 3261, 20.27; one a line).</summary>
    member this.ProxyAuthenticate: IReadOnlyList<AuthenticationValue> =
        this.ListOf HeaderFields.ProxyAuthenticate

    /// <summary>Authorization (RFC 3261, 20.7; one a line).</summary>
    member this.Authorization: IReadOnlyList<AuthenticationValue> =
        this.ListOf HeaderFields.Authorization

    /// <summary>Proxy-Authorization (RFC 3261, 20.28; one a line).</summary>
    member this.ProxyAuthorization: IReadOnlyList<AuthenticationValue> =
        this.ListOf HeaderFields.ProxyAuthorization

    /// <summary>Authentication-Info (RFC 7616, 3.5).</summary>
    member this.AuthenticationInfo: IReadOnlyList<SipParameter> =
        this.ListOf HeaderFields.AuthenticationInfo

    /// <summary>Proxy-Authentication-Info (RFC 7615, 4, in the form of RFC 7616, 3.5).</summary>
    member this.ProxyAuthenticationInfo: IReadOnlyList<SipParameter> =
        this.ListOf HeaderFields.ProxyAuthenticationInfo

    /// <summary>Organization (RFC 3261, 20.25).</summary>
    member this.Organization: string | null =
        this.ValueOf<string>(HeaderFields.Organization)

    /// <summary>Priority (RFC 3261, 20.26).</summary>
    member this.Priority: string | null = this.ValueOf<string>(HeaderFields.Priority)

    /// <summary>Server (RFC 3261, 20.35).</summary>
    member this.Server: string | null = this.ValueOf<string>(HeaderFields.Server)

    /// <summary>Subject (RFC 3261, 20.36).</summary>
    member this.Subject: string | null = this.ValueOf<string>(HeaderFields.Subject)

    /// <summary>User-Agent (RFC 3261, 20.41).</summary>
    member this.UserAgent: string | null = this.ValueOf<string>(HeaderFields.UserAgent)

    /// <summary>MIME-Version (RFC 3261, 20.24).</summary>
    member this.MimeVersion: string | null = this.ValueOf<string>(HeaderFields.MimeVersion)

    /// <summary>SIP-ETag (RFC 3903, 11.3.1).</summary>
    member this.SipETag: string | null = this.ValueOf<string>(HeaderFields.SipETag)

    /// <summary>SIP-If-Match (RFC 3903, 11.3.2).</summary>
    member this.SipIfMatch: string | null = this.ValueOf<string>(HeaderFields.SipIfMatch)

    /// <summary>Content-Type as text; null when absent or malformed.
    /// <c>HeaderFields.ContentType</c> has it taken apart (RFC 3261, 20.15).</summary>
    member this.ContentType: string | null =
        match this.ValueOf<HeaderValue>(HeaderFields.ContentType) with
        | null -> null
        | _ -> this.GetHeader "Content-Type"

    /// <summary>Whether the only Contact is "*": all bindings (RFC 3261, 10.2.2).</summary>
    member this.IsWildcardContact =
        let mutable found: IReadOnlyList<NameAddr> = Array.Empty<NameAddr>()
        let mutable error: ParseError | null = null

        match this.GetHeader "Contact" with
        | "*" -> this.TryGet(HeaderFields.Contact, &found, &error)
        | _ -> false
