// Where everything in one message is: the start line, each header line, the fields every element
// looks at, the body. Made once by Indexer and never changed (RFC 3261, 7).
namespace SipFun.Core

/// One header line. The value has no blanks around it; folds are still in it.
[<Struct; NoEquality; NoComparison>]
type HeaderLine =
    val Id: HeaderId
    val Start: int
    val NameEnd: int
    val ValueStart: int
    val ValueEnd: int

    new(id, start, nameEnd, valueStart, valueEnd) =
        {
            Id = id
            Start = start
            NameEnd = nameEnd
            ValueStart = valueStart
            ValueEnd = valueEnd
        }

/// All positions count from the first byte of the start line; absent lines are -1.
[<Sealed>]
type MessageIndex(lines: HeaderLine[]) =
    member _.Lines = lines

    [<DefaultValue>]
    val mutable Count: int

    [<DefaultValue>]
    val mutable IsRequest: bool

    /// Request: the end of the method. Response: the status code.
    [<DefaultValue>]
    val mutable MethodEndOrStatus: int

    /// Request: the Request-URI. Response: the reason phrase.
    [<DefaultValue>]
    val mutable MiddleStart: int

    [<DefaultValue>]
    val mutable MiddleEnd: int

    [<DefaultValue>]
    val mutable HeadersStart: int

    /// The empty line.
    [<DefaultValue>]
    val mutable HeadersEnd: int

    [<DefaultValue>]
    val mutable BodyStart: int

    /// The end of the message; what follows in the datagram is not part of it.
    [<DefaultValue>]
    val mutable End: int

    // Index of the line of each field that comes once.
    [<DefaultValue>]
    val mutable FromLine: int

    [<DefaultValue>]
    val mutable ToLine: int

    [<DefaultValue>]
    val mutable CallIdLine: int

    [<DefaultValue>]
    val mutable CSeqLine: int

    [<DefaultValue>]
    val mutable ViaLine: int

    [<DefaultValue>]
    val mutable ViaCount: int

    [<DefaultValue>]
    val mutable TopVia: ViaParts

    [<DefaultValue>]
    val mutable FromTagStart: int

    [<DefaultValue>]
    val mutable FromTagEnd: int

    [<DefaultValue>]
    val mutable ToTagStart: int

    [<DefaultValue>]
    val mutable ToTagEnd: int

    [<DefaultValue>]
    val mutable CSeqNumber: uint32

    [<DefaultValue>]
    val mutable CSeqMethodStart: int

    /// -1 when absent.
    [<DefaultValue>]
    val mutable MaxForwards: int

    [<DefaultValue>]
    val mutable MaxForwardsStart: int

    [<DefaultValue>]
    val mutable MaxForwardsEnd: int

    /// -1 when absent.
    [<DefaultValue>]
    val mutable ContentLength: int64

    /// Whether every CR and LF of the header section is half of a CRLF, and no byte is NUL.
    [<DefaultValue>]
    val mutable IsPlain: bool

    /// The limit on typed values, which are read later.
    [<DefaultValue>]
    val mutable ValuesPerField: int

    // One bit for each HeaderId: seen at least once, and seen again.
    [<DefaultValue>]
    val mutable private seenLow: uint64

    [<DefaultValue>]
    val mutable private seenHigh: uint64

    [<DefaultValue>]
    val mutable private againLow: uint64

    [<DefaultValue>]
    val mutable private againHigh: uint64

    /// Notes that a line of this field was found.
    member this.Note(id: HeaderId) =
        let bit = 1UL <<< (int id &&& 63)

        if int id < 64 then
            this.againLow <- this.againLow ||| (this.seenLow &&& bit)
            this.seenLow <- this.seenLow ||| bit
        else
            this.againHigh <- this.againHigh ||| (this.seenHigh &&& bit)
            this.seenHigh <- this.seenHigh ||| bit

    /// Whether there is a line of this field.
    member this.Has(id: HeaderId) =
        let seen = if int id < 64 then this.seenLow else this.seenHigh
        (seen >>> (int id &&& 63)) &&& 1UL <> 0UL

    /// Whether there are two lines of this field.
    member this.HasTwo(id: HeaderId) =
        let again = if int id < 64 then this.againLow else this.againHigh
        (again >>> (int id &&& 63)) &&& 1UL <> 0UL

    /// Where line `i` ends, its CRLF included.
    member this.LineEnd(i: int) = if i + 1 < this.Count then lines[i + 1].Start else this.HeadersEnd
