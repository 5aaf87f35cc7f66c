// Written values in an envelope: the version of the forms before them, a checksum behind them, so that what
// was cut off, changed or written by others is known before any of it is believed.
module internal SipFun.Core.Sealing

open System
open System.Buffers.Binary

/// Of all forms together: one that changes takes the next number (tests/Recording/shape.txt).
[<Literal>]
let Version = 2

let private key = struct (0x53495046756eUL, 0x5365616cUL)

/// The value's bytes, sealed.
let close (form: Form<'T>) (value: 'T) : byte array =
    let writer = ByteWriter()
    writer.Case Version
    form.Write writer value
    let body = writer.Written
    let sealed' = Array.zeroCreate<byte>(body.Length + 8)
    body.Span.CopyTo(Span sealed')
    let check = SipHash.ofBytes key body.Span
    BinaryPrimitives.WriteUInt64LittleEndian(Span(sealed', body.Length, 8), check)
    sealed'

let private read (form: Form<'T>) (reader: ByteReader) =
    let value = form.Read reader

    match reader.Fault with
    | null when reader.Left > 0 -> Error $"{reader.Left} bytes are too many"
    | null -> Ok value
    | fault -> Error fault

/// The value, or what is wrong with the bytes.
let open' (form: Form<'T>) (octets: ReadOnlyMemory<byte>) : Result<'T, string> =
    let length = octets.Length - 8

    if length < 1 then
        Error "it is cut off"
    elif
        BinaryPrimitives.ReadUInt64LittleEndian(octets.Span.Slice length)
        <> SipHash.ofBytes key (octets.Span.Slice(0, length))
    then
        Error "it is cut off or was changed"
    else
        let reader = ByteReader(octets.Slice(0, length))

        match reader.Case() with
        | Version -> read form reader
        | other -> Error $"its version is {other}, and this program reads {Version}"
