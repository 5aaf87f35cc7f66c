// How much each source sends, and who sends too much: so many requests within an interval, then nothing of it is
// heard for a while. Bounded: of too many sources, the one whose time is over first is forgotten.
namespace SipFun.Core

open System
open System.Buffers.Binary

type SourceLimitSettings = {
    /// So many requests within `Interval` are heard.
    Most: int
    Interval: Duration
    /// Then none for so long.
    Silence: Duration
    /// As many sources are known.
    Sources: int
    /// Of the table's keys.
    Key: struct (uint64 * uint64)
}

/// One source: an IPv4 address, or the /64 of an IPv6 one, of which a peer has all.
type SourceCount = {
    Source: Address
    Count: int
    /// When the interval ends, or the silence.
    Until: Instant
}

type SourceLimits = { Counts: Queue<SourceCount> }

[<RequireQualifiedAccess>]
module SourceLimits =
    let empty = { Counts = Queue.empty }

    let private sourceOf (address: Address) =
        if address.Family = Family.V6 then
            { address with Low = 0UL; Scope = 0u }
        else
            address

    /// Whoever has the same is counted with it: with a key that nobody knows, nobody can choose that.
    let private number settings (source: Address) =
        let octets: byte array = Array.zeroCreate 17
        BinaryPrimitives.WriteUInt64LittleEndian(Span(octets, 0, 8), source.High)
        BinaryPrimitives.WriteUInt64LittleEndian(Span(octets, 8, 8), source.Low)
        octets[16] <- byte source.Family
        int64 (SipHash.ofBytes settings.Key (ReadOnlySpan octets) >>> 1)

    let private swept now counts =
        match Queue.tryDue now counts with
        | ValueSome over -> Queue.remove over counts
        | ValueNone -> counts

    let private bounded most counts =
        if Queue.size counts <= most then
            counts
        else
            match Queue.tryDue Queue.never counts with
            | ValueSome first -> Queue.remove first counts
            | ValueNone -> counts

    let private set settings source (count: int) until counts =
        let row = { Source = source; Count = count; Until = until }
        Queue.set (number settings source) until row counts |> bounded settings.Sources

    /// One more request from there: whether it is too much.
    let count settings now address (limits: SourceLimits) : struct (bool * SourceLimits) =
        let source = sourceOf address
        let counts = limits.Counts |> swept now |> swept now

        let next, isTooMuch =
            match Queue.tryFind (number settings source) counts with
            | ValueSome { Value = known } when known.Until > now ->
                if known.Count > settings.Most then
                    counts, true
                elif known.Count = settings.Most then
                    let until = now + settings.Silence
                    set settings source (known.Count + 1) until counts, true
                else
                    set settings source (known.Count + 1) known.Until counts, false
            | _ -> set settings source 1 (now + settings.Interval) counts, false

        struct (isTooMuch, { Counts = next })

    /// The sources that are not heard now, and until when.
    let silenced settings now (limits: SourceLimits) = [
        for _, { Value = row } in Queue.toList limits.Counts do
            if row.Count > settings.Most && row.Until > now then
                struct (row.Source, row.Until)
    ]
