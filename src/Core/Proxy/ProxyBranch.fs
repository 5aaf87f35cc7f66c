// The branch that a stateless proxy puts into its Via: a keyed function of the request, the same for
// its copies, its CANCEL and its ACK, whichever way they came (RFC 3261, 16.11), with the part by which
// a loop is told (RFC 5393, 4.2.1). Of the way back it knows nothing.
module internal SipFun.Core.ProxyBranch

open System
open System.Buffers.Text
open System.Runtime.InteropServices
open SipFun

[<Literal>]
let private Cookie = "z9hG4bKp"

let private cookie = Octets.ofText Cookie

/// Cookie and two words.
[<Literal>]
let Length = 40

let private hex16 = Buffers.StandardFormat('x', 16uy)

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

let private append (value: uint64) (output: Span<byte>) =
    let mutable count = 0
    Utf8Formatter.TryFormat(value, output, &count, hex16) |> ignore

/// The branch into the output. The request bears the Via of who sent it.
let write (own: ProxySettings) (loop: uint64) (request: SipRequest) (output: Span<byte>) =
    cookie.CopyTo output
    append (identity own request) (output.Slice cookie.Length)
    append loop (output.Slice(cookie.Length + 16))

/// A Via of ours with the same second part: nothing that decides where it goes has changed since
/// (RFC 5393, 4.2.2). Looked for as text, wherever it stands.
let hasLooped (loop: uint64) (request: SipRequest) =
    request.ViaCount > 1
    && (let output = Array.zeroCreate<byte> 16
        append loop (output.AsSpan())
        let head = request.Bytes.Span.Slice(0, request.Index.HeadersEnd)
        head.IndexOf(ReadOnlySpan<byte> output) >= 0)

/// Whether this branch looks like one of ours, forged or not.
let isAlike (branch: ReadOnlySpan<byte>) =
    branch.Length = Length && branch.StartsWith(ReadOnlySpan<byte> cookie)
