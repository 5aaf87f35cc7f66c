// A numeric host as an address: dotted IPv4, IPv6 with or without brackets
// (RFC 3261, 25.1; RFC 5954, 4; RFC 5118, 4.5 and 4.10). Names are not looked up.
namespace SipFun.Core

open System
open System.Buffers.Binary
open System.Net

/// Numeric hosts.
[<RequireQualifiedAccess>]
module HostAddress =
    let rec private v4From (host: string) at dots digits (bits: uint32) (number: uint32) =
        if at = host.Length then
            if dots = 3 && digits > 0 then
                ValueSome((bits <<< 8) ||| number)
            else
                ValueNone
        elif host[at] = '.' && dots < 3 && digits > 0 then
            v4From host (at + 1) (dots + 1) 0 ((bits <<< 8) ||| number) 0u
        elif Char.IsAsciiDigit host[at] && digits < 3 then
            let number = number * 10u + uint32 host[at] - uint32 '0'

            if number > 255u then
                ValueNone
            else
                v4From host (at + 1) dots (digits + 1) bits number
        else
            ValueNone

    /// Four decimal numbers, leading zeros read as decimal, no other form.
    let tryV4 (host: string) : uint32 voption = v4From host 0 0 0 0u 0u

    let private ipv4 (host: string) : IPAddress | null =
        match tryV4 host with
        | ValueSome bits -> IPAddress(int64 (BinaryPrimitives.ReverseEndianness bits))
        | ValueNone -> null

    /// One colon too many, as the old grammar allowed, is forgiven (RFC 5118, 4.10).
    let private ipv6 (host: string) : IPAddress | null =
        let mutable address: IPAddress | null = null
        let host = host.Replace(":::", "::", StringComparison.Ordinal)
        let isPlain = host.IndexOfAny([| '%'; '/'; '[' |]) < 0

        if isPlain && IPAddress.TryParse(host, &address) then
            address
        else
            null

    /// The address, or null for a name.
    let tryParse (host: string) : IPAddress | null =
        if host.StartsWith '[' && host.EndsWith ']' then
            ipv6 (host.Substring(1, host.Length - 2))
        elif host.Contains ':' then
            ipv6 host
        else
            ipv4 host

    /// As a host in a URI or Via: IPv6 in brackets, without zone.
    let toHost (address: IPAddress) =
        if address.AddressFamily = Sockets.AddressFamily.InterNetworkV6 then
            let zoneless = IPAddress(address.GetAddressBytes())
            "[" + zoneless.ToString() + "]"
        else
            address.ToString()
