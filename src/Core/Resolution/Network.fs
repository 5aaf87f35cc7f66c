// A block of addresses with one prefix, as a leg's `Networks` names those it reaches
// (RFC 4632, 3.1; RFC 4291, 2.3).
namespace SipFun.Core

open System
open System.Globalization
open SipFun

[<Struct>]
type Network = {
    /// The first address of the block.
    Start: Address
    /// How many leading bits all its addresses share: 0 to 32, for IPv6 to 128.
    Length: int
}

module Network =
    let private width (address: Address) = if address.Family = Family.V6 then 128 else 32

    /// The leading `length` bits of a word, from 0 to 64.
    let private mask length =
        if length <= 0 then 0UL
        elif length >= 64 then UInt64.MaxValue
        else UInt64.MaxValue <<< (64 - length)

    let private prefix length (address: Address) =
        match address.Family with
        | Family.V6 -> {
            address with
                High = address.High &&& mask length
                Low = address.Low &&& mask (length - 64)
                Scope = 0u
          }
        | _ -> { address with Low = address.Low &&& (mask (length + 32)) }

    let create (address: Address) length = { Start = prefix length address; Length = length }

    let private number (text: string) =
        match Int32.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture) with
        | true, number -> number
        | _ -> -1

    /// "192.0.2.0/24", "2001:db8::/32"; an address alone is a block of one. None: it is neither.
    let parse (text: string) =
        match text.Split '/' with
        | [| host |] ->
            Address.parse host |> ValueOption.map (fun address -> create address (width address))
        | [| host; length |] ->
            match Address.parse host, number length with
            | ValueSome address, length when length >= 0 && length <= width address ->
                ValueSome(create address length)
            | _ -> ValueNone
        | _ -> ValueNone

    let contains (address: Address) (network: Network) =
        address.Family = network.Start.Family && prefix network.Length address = network.Start

    let toString (network: Network) = $"{Address.toString network.Start}/{network.Length}"
