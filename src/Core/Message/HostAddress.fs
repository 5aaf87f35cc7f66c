// A numeric host as an address: dotted IPv4, IPv6 with or without brackets
// (RFC 3261, 25.1; RFC 5954, 4; RFC 5118, 4.5 and 4.10). Names are not looked up.
namespace SipFun.Core

open System
open System.Net

/// Numeric hosts.
[<RequireQualifiedAccess>]
module HostAddress =
    let private octet (part: string) =
        part.Length >= 1
        && part.Length <= 3
        && Seq.forall Char.IsAsciiDigit part
        && Int32.Parse(part, Globalization.CultureInfo.InvariantCulture) <= 255

    /// Four decimal numbers, leading zeros read as decimal, no other form.
    let private ipv4 (host: string) : IPAddress | null =
        let parts = host.Split '.'

        if parts.Length = 4 && Array.forall octet parts then
            let number (part: string) = Byte.Parse(part, Globalization.CultureInfo.InvariantCulture)

            IPAddress(ReadOnlySpan<byte>(Array.map number parts))
        else
            null

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
