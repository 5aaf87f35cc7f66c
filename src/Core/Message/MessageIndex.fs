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

/// Which fields a message has, and which have a second line: one bit for each HeaderId.
[<Sealed>]
type FieldsSeen(lines: HeaderLine[], count: int) =
    let mutable low = 0UL
    let mutable high = 0UL
    let mutable againLow = 0UL
    let mutable againHigh = 0UL

    do
        for i in 0 .. count - 1 do
            let id = int lines[i].Id
            let bit = 1UL <<< (id &&& 63)

            if id < 64 then
                againLow <- againLow ||| (low &&& bit)
                low <- low ||| bit
            else
                againHigh <- againHigh ||| (high &&& bit)
                high <- high ||| bit

    member _.Has(id: HeaderId) =
        let seen = if int id < 64 then low else high
        (seen >>> (int id &&& 63)) &&& 1UL <> 0UL

    member _.HasTwo(id: HeaderId) =
        let again = if int id < 64 then againLow else againHigh
        (again >>> (int id &&& 63)) &&& 1UL <> 0UL

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

    [<DefaultValue>]
    val mutable private seen: FieldsSeen | null

    /// Made when somebody asks for a field that few ask for.
    member private this.Seen =
        match this.seen with
        | null ->
            let found = FieldsSeen(lines, this.Count)
            this.seen <- found
            found
        | found -> found

    /// Whether there is a line of this field.
    member this.Has(id: HeaderId) = this.Seen.Has id

    /// Whether there are two lines of this field.
    member this.HasTwo(id: HeaderId) = this.Seen.HasTwo id

    /// Where line `i` ends, its CRLF included.
    member this.LineEnd(i: int) = if i + 1 < this.Count then lines[i + 1].Start else this.HeadersEnd
