// The way back of a response: the leg and the connection that its request came by (RFC 3581, 4), in a
// Via parameter of ours that every element gives back (RFC 3261, 8.2.6.2), sealed. It stands beside the
// branch, which must not change with it (16.11). A response without a true one is not ours.
module internal SipFun.Core.ProxyWay

open System
open System.Buffers.Text
open System.Text
open SipFun

[<Struct; NoEquality; NoComparison>]
type WayBack = {
    Leg: int
    /// The connection, 0: none; of the run that the epoch names.
    Flow: int64
    Epoch: uint32
}

let private name = Octets.ofText "back"

/// The longest there is: name, leg, epoch, flow, mark, and what stands between.
[<Literal>]
let Longest = 64

let private hex16 = Buffers.StandardFormat('x', 16uy)
let private hex8 = Buffers.StandardFormat('x', 8uy)
let private hex = Buffers.StandardFormat('x')

let private part (bytes: ReadOnlySpan<byte>) start stop =
    if start < 0 then
        ReadOnlySpan<byte>.Empty
    else
        bytes.Slice(start, stop - start)

/// The mark that nobody can forge: over the way, the branch, and the Via below, to which the response
/// goes on.
let private seal
    (own: ProxySettings)
    (back: WayBack)
    (branch: ReadOnlySpan<byte>)
    (bytes: ReadOnlySpan<byte>)
    (via: inref<ViaParts>)
    =
    let mutable hash = SipHash.Pieces own.Secret
    hash.Add 3L
    hash.Add(int64 back.Leg)
    hash.Add back.Flow
    hash.Add(if back.Flow = 0L then 0L else int64 back.Epoch)
    hash.Add branch
    hash.Add(part bytes via.TransportStart via.TransportEnd)
    hash.Add(part bytes via.BranchStart via.BranchEnd)
    hash.Add(part bytes via.HostStart via.SentByEnd)
    hash.Add(part bytes via.ReceivedStart via.ReceivedEnd)
    hash.Add(int64 via.RPort)
    hash.Finish()

let private append (value: uint64) (format: Buffers.StandardFormat) (output: Span<byte>) at =
    let mutable count = 0
    Utf8Formatter.TryFormat(value, output.Slice at, &count, format) |> ignore
    at + count

let private point (output: Span<byte>) at =
    output[at] <- 46uy
    at + 1

/// The parameter into the output, and how long it is. The request bears the Via of who sent it, the
/// source noted in it.
let write own back (branch: ReadOnlySpan<byte>) (request: SipRequest) (output: Span<byte>) =
    output[0] <- 59uy
    name.CopyTo(output.Slice 1)
    let value = 1 + name.Length
    output[value] <- 61uy
    let at = append (uint64 back.Leg) hex output (value + 1)

    let at =
        if back.Flow = 0L then
            at
        else
            let at = append (uint64 back.Epoch) hex8 output (point output at)
            append (uint64 back.Flow) hex output (point output at)

    let via = request.Index.TopVia
    let mark = seal own back branch request.Bytes.Span &via
    append mark hex16 output (point output at)

let private number (text: ReadOnlySpan<byte>) (value: byref<uint64>) =
    let mutable used = 0
    Utf8Parser.TryParse(text, &value, &used, 'x') && used = text.Length

/// Between two points; moves behind the second.
let private next (text: ReadOnlySpan<byte>) (at: byref<int>) =
    let rest = text.Slice(min at text.Length)
    let stop = rest.IndexOf 46uy
    let length = if stop < 0 then rest.Length else stop
    at <- at + length + 1
    rest.Slice(0, length)

/// Leg, then epoch and connection if there is one, then the mark.
let private fields
    (text: ReadOnlySpan<byte>)
    (leg: byref<uint64>)
    (epoch: byref<uint64>)
    (flow: byref<uint64>)
    (mark: byref<uint64>)
    =
    let mutable at = 0

    match text.Count 46uy with
    | 1 -> number (next text &at) &leg && number (next text &at) &mark
    | 3 ->
        number (next text &at) &leg
        && number (next text &at) &epoch
        && number (next text &at) &flow
        && number (next text &at) &mark
    | _ -> false

/// Our parameter in the top Via, however it is written; empty without one.
let private ours (response: SipResponse) =
    let via = response.Index.TopVia
    let bytes = response.Bytes.Span
    let mutable parts = ParameterParts()
    let mutable fault = Fault()
    let mutable at = Grammar.skipBlanks bytes via.SentByEnd via.End
    let mutable start, stop = 0, 0

    while at >= 0 && at < via.End && bytes[at] = 59uy && stop = 0 do
        at <- ParameterScan.read bytes (at + 1) via.End &parts &fault
        let found = bytes.Slice(parts.NameStart, parts.NameEnd - parts.NameStart)

        if parts.ValueStart >= 0 && Ascii.EqualsIgnoreCase(found, ReadOnlySpan<byte> name) then
            start <- parts.ValueStart
            stop <- parts.ValueEnd

    bytes.Slice(start, stop - start)

/// The way back that we put there, beside our branch and on top of this very Via; none: it is not ours,
/// or somebody made it up.
let tryRead (own: ProxySettings) (response: SipResponse) (below: inref<ViaParts>) =
    let mutable leg, epoch, flow, mark = 0UL, 0UL, 0UL, 0UL

    if fields (ours response) &leg &epoch &flow &mark && leg <= uint64 Int32.MaxValue then
        let back = { Leg = int leg; Flow = int64 flow; Epoch = uint32 epoch }

        if seal own back (Peek.branch response) response.Bytes.Span &below = mark then
            ValueSome back
        else
            ValueNone
    else
        ValueNone
