// The typed header fields by name (RFC 3261, 20, and its extensions).
namespace SipFun

open System
open System.Collections.Generic
open SipFun.Core

/// <summary>Names of header fields with the type of their values, for <c>TryGet</c>.</summary>
[<AbstractClass; Sealed>]
type HeaderFields private () =
    static let address =
        ValueReader<NameAddr>(fun octets next fault ->
            match NameAddr.ReadFirst(octets, &next, &fault) with
            | NonNull found -> found
            | _ -> Unchecked.defaultof<NameAddr>)

    static let hop =
        ValueReader<Via>(fun octets next fault ->
            match Via.ReadFirst(octets, &next, &fault) with
            | NonNull found -> found
            | _ -> Unchecked.defaultof<Via>)

    static let via = Field<IReadOnlyList<Via>>(HeaderId.Via, FieldReader.list hop)
    static let addresses id = Field<IReadOnlyList<NameAddr>>(id, FieldReader.list address)
    static let contact = addresses HeaderId.Contact
    static let route = addresses HeaderId.Route
    static let recordRoute = addresses HeaderId.RecordRoute

    /// <summary>Via, topmost first (RFC 3261, 20.42).</summary>
    static member Via = via

    /// <summary>Contact (RFC 3261, 20.10).</summary>
    static member Contact = contact

    /// <summary>Route (RFC 3261, 20.34).</summary>
    static member Route = route

    /// <summary>Record-Route (RFC 3261, 20.30).</summary>
    static member RecordRoute = recordRoute
