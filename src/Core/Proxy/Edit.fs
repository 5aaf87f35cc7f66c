// One change to a message's bytes, and several at once: what is not named stays byte for byte
// (RFC 3261, 16.6, item 1; P-40). One array is made, of the right length.
namespace SipFun.Core

open System
open System.Collections.Generic

/// The bytes from Start to Stop become Text.
[<Struct; NoEquality; NoComparison>]
type Edit = { Start: int; Stop: int; Text: ReadOnlyMemory<byte> }

module internal Edits =
    /// In rising order; what is inserted at one place stays in the order in which it was given.
    let private sort (edits: List<Edit>) =
        for at in 1 .. edits.Count - 1 do
            let edit = edits[at]
            let mutable place = at

            while place > 0 && edits[place - 1].Start > edit.Start do
                edits[place] <- edits[place - 1]
                place <- place - 1

            edits[place] <- edit

    let private lengthAfter (bytes: ReadOnlyMemory<byte>) (edits: List<Edit>) =
        let mutable length = bytes.Length

        for edit in edits do
            length <- length + edit.Text.Length - (edit.Stop - edit.Start)

        length

    /// Edits of one message, which do not overlap.
    let apply (bytes: ReadOnlyMemory<byte>) (edits: List<Edit>) : byte[] =
        sort edits
        let output = Array.zeroCreate<byte>(lengthAfter bytes edits)
        let source = bytes.Span
        let mutable read = 0
        let mutable written = 0

        for edit in edits do
            let kept = source.Slice(read, edit.Start - read)
            kept.CopyTo(output.AsSpan written)
            edit.Text.Span.CopyTo(output.AsSpan(written + kept.Length))
            written <- written + kept.Length + edit.Text.Length
            read <- edit.Stop

        source.Slice(read).CopyTo(output.AsSpan written)
        output
