// How a registrar behaves, and why it refuses (RFC 3261, 10.3, and its extensions).
namespace SipFun.Core

open SipFun

/// All lengths of time are whole seconds, as SIP says them.
[<NoComparison>]
type RegistrarSettings = {
    /// Hosts in lower case, as AddressOfRecord has them.
    Domains: Set<string>
    DefaultExpires: uint32
    MinExpires: uint32
    MaxExpires: uint32
    /// Bindings of one address-of-record.
    MaxContacts: int
    /// Bytes of one Contact with its Path.
    MaxLength: int
    ServiceRoute: NameAddr list
    /// A Path is taken although the user agent does not say that it supports it (RFC 3327, 5.3).
    TakesAnyPath: bool
    /// RFC 5626: bindings by instance and reg-id.
    Outbound: bool
    /// Sent with the answer to a flow's REGISTER (RFC 5626, 10).
    FlowTimer: uint32 voption
    /// GRUUs are given out (RFC 5627).
    Gruus: bool
    /// Keys the temporary GRUUs and the To tags.
    Secret: struct (uint64 * uint64)
}

/// Why a REGISTER changed nothing.
[<RequireQualifiedAccess>]
type RegisterRefusal =
    | Malformed of reason: string
    | ForeignScheme
    /// The Request-URI's host is none of ours (10.3, step 1).
    | ForeignDomain
    /// The To's host is not the Request-URI's (10.3, step 5).
    | UnknownAddress
    | BadExtension of tags: string list
    | Forbidden
    /// A Contact that would lead back to the address itself (RFC 5627, 5.1).
    | Loop
    | FirstHopLacksOutbound
    | TooBrief of least: uint32
    | OutOfOrder
    | TooManyContacts
    | TooLong
    /// The store takes no more addresses.
    | Full
    /// The store failed.
    | StoreFailed
    /// The store has not answered in time.
    | StoreLate

[<RequireQualifiedAccess>]
module RegisterRefusal =
    let status refusal =
        match refusal with
        | RegisterRefusal.Malformed _ -> StatusCode.BadRequest
        | RegisterRefusal.ForeignScheme -> StatusCode.UnsupportedUriScheme
        | RegisterRefusal.ForeignDomain
        | RegisterRefusal.UnknownAddress -> StatusCode.NotFound
        | RegisterRefusal.BadExtension _ -> StatusCode.BadExtension
        | RegisterRefusal.Forbidden
        | RegisterRefusal.Loop
        | RegisterRefusal.TooManyContacts -> StatusCode.Forbidden
        | RegisterRefusal.FirstHopLacksOutbound -> StatusCode.FirstHopLacksOutboundSupport
        | RegisterRefusal.TooBrief _ -> StatusCode.IntervalTooBrief
        | RegisterRefusal.TooLong -> StatusCode.MessageTooLarge
        | RegisterRefusal.Full -> StatusCode.ServiceUnavailable
        | RegisterRefusal.OutOfOrder
        | RegisterRefusal.StoreFailed -> StatusCode.ServerInternalError
        | RegisterRefusal.StoreLate -> StatusCode.ServerTimeOut

    /// The reason phrase; null for the usual one.
    let reason refusal : string | null =
        match refusal with
        | RegisterRefusal.Malformed reason -> reason
        | RegisterRefusal.Loop -> "Contact Leads Back Here"
        | RegisterRefusal.TooManyContacts -> "Too Many Contacts"
        | RegisterRefusal.OutOfOrder -> "CSeq Out Of Order"
        | _ -> null

    let headers refusal =
        match refusal with
        | RegisterRefusal.BadExtension tags -> [ "Unsupported", String.concat ", " tags ]
        | RegisterRefusal.TooBrief least -> [ "Min-Expires", string least ]
        | RegisterRefusal.Full -> [ "Retry-After", "60" ]
        | _ -> []
