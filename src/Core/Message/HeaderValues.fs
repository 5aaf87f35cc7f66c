// The shapes of structured header values beside addresses: a word with parameters, seconds,
// credentials, warnings, numbers in a row (RFC 3261, 20 and 25.1; 3262, 3326, 4028, 6665, 7616).
namespace SipFun

open System
open System.Collections.Generic
open System.Globalization
open SipFun.Core

/// <summary>A word and its parameters: Accept, Content-Type, Event, Reason and kin.</summary>
[<Sealed>]
type HeaderValue(value: string, parameters: IReadOnlyList<SipParameter>) =
    /// <summary>What stands before the first semicolon, such as <c>application/sdp</c>.</summary>
    member _.Value = value

    /// <summary>The parameters in order.</summary>
    member _.Parameters = parameters

    /// <summary>The value of a parameter; null when it is absent or has none.</summary>
    member _.GetParameter(name: string) : string | null =
        match Parameters.find parameters name with
        | ValueSome found -> found.Value
        | ValueNone -> null

    /// <summary>The q parameter; 1 when absent or malformed (RFC 3261, 20.1).</summary>
    member this.Q: decimal =
        let mutable q = 0m
        let style = NumberStyles.AllowDecimalPoint
        let culture = CultureInfo.InvariantCulture

        match Decimal.TryParse(this.GetParameter "q", style, culture, &q) with
        | true when q <= 1m -> q
        | _ -> 1m

    /// <summary>As in a header field.</summary>
    override _.ToString() = value + Parameters.toText parameters

/// <summary>A number of seconds with what may follow: Retry-After, Session-Expires,
/// Min-SE.</summary>
[<Sealed>]
type SecondsValue(seconds: uint32, comment: string | null, parameters: IReadOnlyList<SipParameter>)
    =
    /// <summary>Seconds.</summary>
    member _.Seconds = seconds

    /// <summary>The comment in parentheses, without them; or null (RFC 3261, 20.33).</summary>
    member _.Comment = comment

    /// <summary>Parameters such as <c>refresher</c> (RFC 4028, 4) or <c>duration</c>.</summary>
    member _.Parameters = parameters

    /// <summary>The value of a parameter; null when it is absent or has none.</summary>
    member _.GetParameter(name: string) : string | null =
        match Parameters.find parameters name with
        | ValueSome found -> found.Value
        | ValueNone -> null

    /// <summary>As in a header field.</summary>
    override _.ToString() =
        let remark =
            match comment with
            | null -> ""
            | text -> $" ({text})"

        $"{seconds}{remark}{Parameters.toText parameters}"

/// <summary>A scheme and its parameters: challenges and credentials (RFC 3261, 22; RFC
/// 7616).</summary>
[<Sealed>]
type AuthenticationValue(scheme: string, parameters: IReadOnlyList<SipParameter>) =
    /// <summary>The scheme as written, such as <c>Digest</c>; compare without regard to
    /// case.</summary>
    member _.Scheme = scheme

    /// <summary>The parameters in order, quotes taken away.</summary>
    member _.Parameters = parameters

    /// <summary>The value of a parameter; null when it is absent.</summary>
    member _.GetParameter(name: string) : string | null =
        match Parameters.find parameters name with
        | ValueSome found -> found.Value
        | ValueNone -> null

/// <summary>One value of Warning (RFC 3261, 20.43).</summary>
[<Sealed>]
type WarningValue(code: int, agent: string, text: string) =
    /// <summary>Three digits.</summary>
    member _.Code = code

    /// <summary>Host, host:port or a name.</summary>
    member _.Agent = agent

    /// <summary>For people.</summary>
    member _.Text = text

    /// <summary>As in a header field.</summary>
    override _.ToString() = $"{code} {agent} {Octets.quote text}"

/// <summary>RAck: which reliable provisional response is acknowledged (RFC 3262, 7.2).</summary>
[<Sealed>]
type RAckValue(rseq: uint32, cseq: CSeq) =
    /// <summary>The response's RSeq.</summary>
    member _.RSeq = rseq

    /// <summary>The CSeq of the request that was answered.</summary>
    member _.CSeq = cseq

    /// <summary>As in a header field.</summary>
    override _.ToString() = $"{rseq} {cseq}"

/// <summary>Timestamp: when the request was sent, and how long the server took, in seconds
/// (RFC 3261, 20.38).</summary>
[<Sealed>]
type TimestampValue(sent: decimal, delay: Nullable<decimal>) =
    /// <summary>The sender's clock.</summary>
    member _.Sent = sent

    /// <summary>Seconds between receipt and answer; null when not told.</summary>
    member _.Delay = delay
