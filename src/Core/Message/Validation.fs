// What each element refuses, beyond what Parse checks (RFC 4475, 3; RFC 3261, 8.2, 10.3, 16.3).
// Fields whose faults may be overlooked (Date, Expires ...) are in no list.
namespace SipFun

/// <summary>What an element is to the message it looks at.</summary>
type SipRole =
    /// <summary>Any element: what the grammar forbids in the fields it routes and decides
    /// by.</summary>
    | Parser = 0
    /// <summary>A user agent (RFC 3261, 8.2).</summary>
    | UserAgent = 1
    /// <summary>A proxy (RFC 3261, 16.3): it forwards what it need not understand.</summary>
    | Proxy = 2
    /// <summary>A registrar (RFC 3261, 10.3).</summary>
    | Registrar = 3

namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

/// The faults by role.
[<RequireQualifiedAccess>]
module Validation =
    let private routing: HeaderField list = [
        HeaderFields.Route
        HeaderFields.RecordRoute
        HeaderFields.ProxyAuthorization
        HeaderFields.ProxyRequire
    ]

    let private registering: HeaderField list = [
        HeaderFields.Contact
        HeaderFields.Require
        HeaderFields.Path
    ]

    let private grammar: HeaderField list =
        routing
        @ registering
        @ [
            HeaderFields.Allow
            HeaderFields.Authorization
            HeaderFields.ContentDisposition
            HeaderFields.ContentEncoding
            HeaderFields.ContentType
            HeaderFields.Event
            HeaderFields.RAck
            HeaderFields.ReferTo
            HeaderFields.Replaces
            HeaderFields.RSeq
            HeaderFields.ServiceRoute
            HeaderFields.SubscriptionState
            HeaderFields.Supported
            HeaderFields.Unsupported
        ]

    let private talking: HeaderField list =
        grammar
        @ [
            HeaderFields.MinSe
            HeaderFields.ProxyAuthenticate
            HeaderFields.RetryAfter
            HeaderFields.SessionExpires
            HeaderFields.WwwAuthenticate
        ]

    let private fields (role: SipRole) =
        match role with
        | SipRole.Proxy -> routing
        | SipRole.Registrar -> routing @ registering
        | SipRole.UserAgent -> talking
        | _ -> grammar

    /// A registrar's To names the address-of-record: sip or sips (RFC 3261, 10.3; RFC 4475, 3.3.4).
    let private addressOfRecord (bytes: ReadOnlyMemory<byte>) (index: MessageIndex) =
        let line = index.Lines[index.ToLine]
        let mutable parts = NameAddrParts()
        let mutable uri = UriParts()
        let mutable fault = Fault()
        let span = bytes.Span
        NameAddrScan.scan span line.ValueStart line.ValueEnd &parts &uri &fault |> ignore

        if uri.Kind = SchemeKind.Sip || uri.Kind = SchemeKind.Sips then
            []
        else
            [
                ParseError(ParseFault.Uri, parts.UriStart, "a sip or sips address-of-record")
            ]

    let private faultOf bytes index (field: HeaderField) : ParseError list =
        let lines = FieldLines(bytes, index, field.Id)

        if lines.Next 0 < 0 then
            []
        else
            match field.Fault lines with
            | null -> []
            | error -> [ error ]

    /// All of them.
    let faults (role: SipRole) bytes index : IReadOnlyList<ParseError> =
        let own = if role = SipRole.Registrar then addressOfRecord bytes index else []
        own @ List.collect (faultOf bytes index) (fields role) |> Array.ofList :> _
