// A header field that can be asked for: its name and what reads it (RFC 3261, 20).
namespace SipFun

open SipFun.Core

/// <summary>A header field that we can read; see <c>HeaderFields</c>.</summary>
[<AbstractClass>]
type HeaderField internal (id: HeaderId) =
    /// <summary>The name as RFC 3261 spells it.</summary>
    member _.Name = HeaderName.text id

    member internal _.Id = id

    /// What is wrong with the lines of this field; null for nothing.
    abstract Fault: lines: FieldLines -> ParseError | null

/// <summary>A header field and the type of its value; see <c>HeaderFields</c>.</summary>
[<Sealed>]
type HeaderField<'T> internal (id: HeaderId, read: FieldLines -> ReadField<'T>) =
    inherit HeaderField(id)
    member internal _.Read = read

    /// What is wrong with the lines of this field; null for nothing.
    override _.Fault(lines) = (read lines).Error
