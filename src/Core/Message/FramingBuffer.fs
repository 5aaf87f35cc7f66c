// The bytes of a stream that are not yet a message: they grow in place while only the newest state
// is used, and are copied when an older one goes on. So states stay values (P-11, P-14).
namespace SipFun.Core

open System

/// An array of which the newest state may use the free end.
[<Sealed>]
type private Room(capacity: int) =
    member val Octets: byte[] = Array.zeroCreate capacity
    member val Used = 0 with get, set

/// Bytes that wait for more.
[<Struct; NoEquality; NoComparison>]
type FramingBuffer private (room: Room | null, length: int) =
    static member Empty = FramingBuffer(null, 0)

    member _.Length = length

    member _.Span =
        match room with
        | null -> ReadOnlySpan<byte>.Empty
        | room -> ReadOnlySpan<byte>(room.Octets, 0, length)

    /// With more bytes behind.
    member this.Append(more: ReadOnlySpan<byte>) =
        let total = Checked.(+) length more.Length

        let target =
            match room with
            | NonNull room when room.Used = length && room.Octets.Length >= total -> room
            | _ ->
                let fresh = Room(max 256 (Checked.(*) total 2))
                this.Span.CopyTo(fresh.Octets.AsSpan())
                fresh

        more.CopyTo(target.Octets.AsSpan length)
        target.Used <- total
        FramingBuffer(target, total)
