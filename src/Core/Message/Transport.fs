// The five transports of SIP and their two spellings: upper case in Via, lower case in URIs.
// RFC 3261, 18 and 20.42; RFC 7118 for WS and WSS. Knows nothing of sockets.
namespace SipFun

/// <summary>What carries a message (RFC 3261, 18; RFC 7118).</summary>
type Transport =
    /// <summary>Datagrams; unreliable, so requests are repeated (RFC 3261, 17.1).</summary>
    | Udp = 0
    /// <summary>A plain stream.</summary>
    | Tcp = 1
    /// <summary>TLS over TCP.</summary>
    | Tls = 2
    /// <summary>WebSocket over TCP (RFC 7118).</summary>
    | Ws = 3
    /// <summary>WebSocket over TLS (RFC 7118).</summary>
    | Wss = 4

namespace SipFun.Core

open System
open SipFun

/// The names of transports, in both spellings, and what follows from a transport.
[<RequireQualifiedAccess>]
module TransportName =
    let private names = [| "UDP"; "TCP"; "TLS"; "WS"; "WSS" |]
    let private lowerNames = [| "udp"; "tcp"; "tls"; "ws"; "wss" |]
    let private octets = names |> Array.map Text.Encoding.ASCII.GetBytes

    /// As in a Via: "UDP".
    let via (transport: Transport) = names[int transport]

    /// As in a URI's transport parameter: "udp".
    let parameter (transport: Transport) = lowerNames[int transport]

    /// The Via's spelling as bytes.
    let viaOctets (transport: Transport) = ReadOnlyMemory<byte>(octets[int transport])

    /// Either spelling, in any case; nothing for a transport that we do not speak.
    let tryParse (text: string | null) : Transport voption =
        let same (name: string) = String.Equals(name, text, StringComparison.OrdinalIgnoreCase)

        match Array.FindIndex(names, same) with
        | -1 -> ValueNone
        | found -> ValueSome(enum<Transport> found)

    /// Whether the transport keeps order and loses nothing (RFC 3261, 17).
    let isReliable (transport: Transport) = transport <> Transport.Udp

    /// Whether the transport is protected by TLS.
    let isSecure (transport: Transport) = transport = Transport.Tls || transport = Transport.Wss

    /// Where a server listens when nobody says otherwise (RFC 3261, 19.1.2; RFC 7118, 5.2.4).
    let defaultPort (transport: Transport) =
        match transport with
        | Transport.Tls -> 5061
        | Transport.Ws -> 80
        | Transport.Wss -> 443
        | _ -> 5060
