// The one way by which foreign text reaches a log: one printable line, bounded (V-15, P-41).
// Refuses to know what the text means.
namespace SipFun.Core

open System
open System.Buffers
open System.Globalization
open System.Text

/// Turns anything into one line of at most 200 printable characters.
[<RequireQualifiedAccess>]
module Sanitizer =
    /// The longest line that comes out, the mark of a cut included.
    [<Literal>]
    let MaxLength = 200

    let private cut = "..."

    /// Letters, marks, digits, punctuation, symbols and the plain blank. All else could act on a
    /// terminal or a viewer: controls, format characters (bidi), separators, surrogates.
    let private isPrintable (rune: Rune) =
        match Rune.GetUnicodeCategory rune with
        | UnicodeCategory.Control
        | UnicodeCategory.Format
        | UnicodeCategory.LineSeparator
        | UnicodeCategory.ParagraphSeparator
        | UnicodeCategory.Surrogate
        | UnicodeCategory.PrivateUse
        | UnicodeCategory.OtherNotAssigned -> false
        | UnicodeCategory.SpaceSeparator -> rune.Value = 0x20
        | _ -> true

    let private escapeRune (rune: Rune) =
        if rune.Value = int '\\' then @"\\"
        elif isPrintable rune then rune.ToString()
        elif rune.Value < 0x80 then $"\\x%02X{rune.Value}"
        else $"\\u{{%X{rune.Value}}}"

    /// Appends while it fits; false when the line is full and was cut.
    let private append (line: StringBuilder) (piece: string) =
        if line.Length + piece.Length <= MaxLength then
            line.Append piece |> ignore
            true
        else
            line.Length <- min line.Length (MaxLength - cut.Length)
            line.Append cut |> ignore
            false

    /// Bytes that are not UTF-8 come out as \xNN.
    let bytes (source: ReadOnlySpan<byte>) : string =
        let line = StringBuilder()
        let mutable rest = source
        let mutable fits = true

        while fits && not rest.IsEmpty do
            let mutable rune = Rune()
            let mutable used = 0

            if Rune.DecodeFromUtf8(rest, &rune, &used) = OperationStatus.Done then
                fits <- append line (escapeRune rune)
            else
                used <- 1
                fits <- append line $"\\x%02X{rest[0]}"

            rest <- rest.Slice used

        line.ToString()

    /// A lone surrogate comes out as \u{NNNN}; null as nothing.
    let text (source: string | null) : string =
        let line = StringBuilder()

        let source =
            match source with
            | null -> ""
            | some -> some

        let mutable at = 0
        let mutable fits = true

        while fits && at < source.Length do
            let mutable rune = Rune()

            if Rune.TryGetRuneAt(source, at, &rune) then
                fits <- append line (escapeRune rune)
                at <- at + rune.Utf16SequenceLength
            else
                fits <- append line $"\\u{{%X{int source[at]}}}"
                at <- at + 1

        line.ToString()
