// The branch that a stateless proxy puts into its Via: a keyed function of the request, the same for
// its copies, its CANCEL and its ACK (RFC 3261, 16.11), with the way back in it (RFC 3581, 4) and the
// part by which a loop is told (RFC 5393, 4.2.1). A response without a true one is not ours.
module internal SipFun.Core.ProxyBranch

open System
open System.Buffers.Text
open System.Runtime.InteropServices
open SipFun

/// Where the request came by, and what is told by the rest of the branch.
[<Struct; NoEquality; NoComparison>]
type WayBack = {
    Leg: int
    /// The connection, 0: none; of the run that the epoch names.
    Flow: int64
    Epoch: uint32
}

[<Literal>]
let private Cookie = "z9hG4bKp"

let private cookie = Octets.ofText Cookie

/// The longest there is: cookie, two words, leg, epoch, flow, mark, and the points between.
[<Literal>]
let Longest = 96

let private hex16 = Buffers.StandardFormat('x', 16uy)
let private hex8 = Buffers.StandardFormat('x', 8uy)
let private hex = Buffers.StandardFormat('x')

let private part (bytes: ReadOnlySpan<byte>) start stop =
    if start < 0 then
        ReadOnlySpan<byte>.Empty
    else
        bytes.Slice(start, stop - start)

/// Of the branch of the request's own Via where that is unique, else of what tells transactions
/// apart; of the To tag no word, so that an RFC 2543 ACK has its INVITE's (16.11).
let private identity (own: ProxySettings) (request: SipRequest) =
    let mutable hash = SipHash.Pieces own.Secret
    hash.Add 1L
    hash.Add(Peek.branch request)
    hash.Add(Peek.sentBy request)

    if not (request.TopVia.HasMagicCookie) then
        hash.Add(Peek.fromTag request)
        hash.Add(Peek.callId request)
        hash.Add(int64 (Peek.cseqNumber request))
        hash.Add(Peek.requestUri request)

    hash.Finish()

/// Of everything that decides where a request goes, of what keeps transactions apart, and of this
/// proxy among others with its secret; of the method no word (RFC 5393, 4.2.1).
let loopMark (view: ProxyView) (request: SipRequest) =
    let own = view.Own
    let index = request.Index
    let bytes = request.Bytes.Span
    let mutable hash = SipHash.Pieces own.Secret
    hash.Add 2L

    match view.State.Legs with
    | first :: _ -> hash.Add(MemoryMarshal.AsBytes(first.SentBy.AsSpan()))
    | [] -> ()

    hash.Add(Peek.requestUri request)
    hash.Add(Peek.callId request)
    hash.Add(int64 (Peek.cseqNumber request))

    if index.Has HeaderId.Route then
        for line in 0 .. index.Count - 1 do
            if index.Lines[line].Id = HeaderId.Route then
                let at = index.Lines[line]
                hash.Add(bytes.Slice(at.ValueStart, at.ValueEnd - at.ValueStart))

    hash.Finish()

/// The mark that nobody can forge: over all the branch says, and over the Via below, to which the
/// response goes on.
let private seal
    (own: ProxySettings)
    (back: WayBack)
    (words: ReadOnlySpan<byte>)
    (bytes: ReadOnlySpan<byte>)
    (via: inref<ViaParts>)
    =
    let mutable hash = SipHash.Pieces own.Secret
    hash.Add 3L
    hash.Add(int64 back.Leg)
    hash.Add back.Flow
    hash.Add(if back.Flow = 0L then 0L else int64 back.Epoch)
    hash.Add words
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

/// The branch into the output, and how long it is. The request bears the Via of who sent it, the
/// source noted in it.
let write (own: ProxySettings) back (loop: uint64) (request: SipRequest) (output: Span<byte>) =
    let index = request.Index
    cookie.CopyTo output
    let words = cookie.Length
    let at = append (identity own request) hex16 output words
    let stop = append loop hex16 output at
    let at = append (uint64 back.Leg) hex output (point output stop)

    let at =
        if back.Flow = 0L then
            at
        else
            let at = append (uint64 back.Epoch) hex8 output (point output at)
            append (uint64 back.Flow) hex output (point output at)

    let text = output.Slice(words, stop - words)
    let via = index.TopVia
    let mark = seal own back (Span.op_Implicit text) request.Bytes.Span &via
    append mark hex16 output (point output at)

/// The text by which a request that was here before is known, wherever it stands.
let private markText (loop: uint64) (output: Span<byte>) = append loop hex16 output 0

/// A Via of ours with the same second part: nothing that decides where it goes has changed since
/// (RFC 5393, 4.2.2).
let hasLooped (loop: uint64) (request: SipRequest) =
    request.ViaCount > 1
    && (let output = Array.zeroCreate<byte> 16
        markText loop (output.AsSpan()) |> ignore
        let head = request.Bytes.Span.Slice(0, request.Index.HeadersEnd)
        head.IndexOf(ReadOnlySpan<byte> output) >= 0)

let private number (text: ReadOnlySpan<byte>) (value: byref<uint64>) =
    let mutable used = 0
    Utf8Parser.TryParse(text, &value, &used, 'x') && used = text.Length

/// Between two points; moves behind the second.
let private next (text: ReadOnlySpan<byte>) (at: byref<int>) =
    let rest = text.Slice at
    let stop = rest.IndexOf 46uy
    let length = if stop < 0 then rest.Length else stop
    at <- at + length + 1
    rest.Slice(0, length)

[<Literal>]
let private Words = 32

let private isOurs (branch: ReadOnlySpan<byte>) =
    branch.Length > cookie.Length + Words + 1
    && branch.Length <= Longest
    && branch.StartsWith(ReadOnlySpan<byte> cookie)
    && branch[cookie.Length + Words] = 46uy

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

/// The way back in a branch that we put there, on top of this very Via; none: it is not ours, or
/// somebody made it up.
let tryRead
    (own: ProxySettings)
    (branch: ReadOnlySpan<byte>)
    (bytes: ReadOnlySpan<byte>)
    (below: inref<ViaParts>)
    =
    let mutable leg, epoch, flow, mark = 0UL, 0UL, 0UL, 0UL

    if
        isOurs branch
        && fields (branch.Slice(cookie.Length + Words + 1)) &leg &epoch &flow &mark
        && leg <= uint64 Int32.MaxValue
    then
        let back = { Leg = int leg; Flow = int64 flow; Epoch = uint32 epoch }
        let words = branch.Slice(cookie.Length, Words)

        if seal own back words bytes &below = mark then
            ValueSome back
        else
            ValueNone
    else
        ValueNone

/// Whether this branch looks like one of ours, forged or not.
let isAlike (branch: ReadOnlySpan<byte>) = isOurs branch
