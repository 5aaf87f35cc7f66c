// How much of anything we are willing to read (V-06). Pure numbers, checked by Indexer and Framing.
namespace SipFun

open System
open System.Runtime.InteropServices

/// <summary>Bounds on what is parsed, all inclusive. Any may be set by name:
/// <c>new ParseLimits(vias: 10)</c>.</summary>
/// <param name="datagram">Longest datagram in bytes.</param>
/// <param name="streamMessage">Longest message on a stream in bytes, body included.</param>
/// <param name="headerLines">Most header lines; a folded one counts once.</param>
/// <param name="lineLength">Longest header line in bytes, its folds included.</param>
/// <param name="valuesPerField">Most values of one header field, over all its lines.</param>
/// <param name="vias">Most Via values.</param>
/// <exception cref="T:System.ArgumentOutOfRangeException">One is below 1.</exception>
[<Sealed>]
type ParseLimits
    (
        [<Optional; DefaultParameterValue(65_535)>] datagram: int,
        [<Optional; DefaultParameterValue(65_536)>] streamMessage: int,
        [<Optional; DefaultParameterValue(256)>] headerLines: int,
        [<Optional; DefaultParameterValue(8_192)>] lineLength: int,
        [<Optional; DefaultParameterValue(128)>] valuesPerField: int,
        [<Optional; DefaultParameterValue(70)>] vias: int
    ) =
    static let positive name value =
        if value < 1 then
            raise (ArgumentOutOfRangeException(name, "must be 1 or more"))

    static let standard = ParseLimits(65_535, 65_536, 256, 8_192, 128, 70)

    do
        positive (nameof datagram) datagram
        positive (nameof streamMessage) streamMessage
        positive (nameof headerLines) headerLines
        positive (nameof lineLength) lineLength
        positive (nameof valuesPerField) valuesPerField
        positive (nameof vias) vias

    /// <summary>The bounds used when none are given.</summary>
    static member Default = standard

    /// <summary>Longest datagram in bytes; default 65,535.</summary>
    member _.Datagram = datagram

    /// <summary>Longest message on a stream in bytes, body included; default 64 KiB.</summary>
    member _.StreamMessage = streamMessage

    /// <summary>Most header lines, a folded one counted once; default 256.</summary>
    member _.HeaderLines = headerLines

    /// <summary>Longest header line in bytes, its folds included; default 8 KiB.</summary>
    member _.LineLength = lineLength

    /// <summary>Most values of one header field, over all its lines; default 128.</summary>
    member _.ValuesPerField = valuesPerField

    /// <summary>Most Via values; default 70, as Max-Forwards (RFC 3261, 8.1.1.6).</summary>
    member _.Vias = vias
