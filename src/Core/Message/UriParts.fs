// The positions of a URI's parts (RFC 3261, 19.1.1).
namespace SipFun.Core

/// What the scheme is.
type SchemeKind =
    | Sip = 0uy
    | Sips = 1uy
    | Tel = 2uy
    | Other = 3uy

/// Positions in a scanned URI. A part that is absent has start -1; Port is -1 without one.
[<Struct; NoEquality; NoComparison>]
type UriParts =
    val mutable Kind: SchemeKind
    val mutable SchemeEnd: int
    val mutable UserStart: int
    val mutable UserEnd: int
    val mutable PasswordStart: int
    val mutable PasswordEnd: int
    val mutable HostStart: int
    val mutable HostEnd: int
    val mutable Port: int
    val mutable ParametersStart: int
    val mutable ParametersEnd: int
    val mutable HeadersStart: int

    /// All positions `count` bytes earlier: relative to the URI instead of what it stands in.
    member this.Shift(count: int) =
        let inline earlier position = if position < 0 then position else position - count
        this.SchemeEnd <- this.SchemeEnd - count
        this.UserStart <- earlier this.UserStart
        this.UserEnd <- this.UserEnd - count
        this.PasswordStart <- earlier this.PasswordStart
        this.PasswordEnd <- this.PasswordEnd - count
        this.HostStart <- this.HostStart - count
        this.HostEnd <- this.HostEnd - count
        this.ParametersStart <- this.ParametersStart - count
        this.ParametersEnd <- this.ParametersEnd - count
        this.HeadersStart <- earlier this.HeadersStart
