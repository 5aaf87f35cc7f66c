// One hop of a message's way: transport, who sent it, and the branch (RFC 3261, 20.42; RFC 3581).
// Kept as its bytes; strings made when asked.
namespace SipFun

open System
open System.Diagnostics.CodeAnalysis
open System.Runtime.InteropServices
open System.Collections.Generic
open System.Globalization
open System.Net
open SipFun.Core

/// <summary>One Via value. Immutable; the <c>With</c> methods give a new one.</summary>
[<Sealed>]
type Via private (octets: ReadOnlyMemory<byte>, parts: ViaParts) =
    inherit SipValue()
    let mutable parameters: IReadOnlyList<SipParameter> | null = null

    let slice start stop = octets.Span.Slice(start, stop - start)

    let parameterList () =
        match parameters with
        | null ->
            let at = Grammar.skipBlanks octets.Span parts.SentByEnd parts.End
            let found = Parameters.list octets.Span at parts.End
            parameters <- found
            found
        | found -> found

    let find name =
        match Parameters.find (parameterList ()) name with
        | ValueSome found -> found.Value
        | ValueNone -> null

    /// The first value in `octets`, and where the comma after it is.
    static member internal ReadFirst
        (octets: ReadOnlyMemory<byte>, next: byref<int>, fault: byref<Fault>)
        : Via | null =
        let mutable parts = ViaParts()
        next <- ViaScan.scan octets.Span 0 octets.Length &parts &fault
        if next < 0 then null else Via(octets.Slice(0, next), parts)

    /// A value that was scanned before: `parts` are positions in `message`.
    static member internal OfScanned(message: ReadOnlyMemory<byte>, parts: ViaParts) : Via =
        let mutable own = parts
        own.Shift parts.Start
        Via(message.Slice(parts.Start, parts.End - parts.Start), own)

    static member private Read(text: string | null, error: byref<ParseError | null>) : Via | null =
        let reader =
            ValueReader<_>(fun octets next fault -> Via.ReadFirst(octets, &next, &fault))

        OneValue.read ParseFault.Via reader text &error

    /// What was built or edited: what is wrong with it the caller did.
    static member private Edited(text: string) : Via =
        let mutable error: ParseError | null = null

        match Via.Read(text, &error) with
        | null -> raise (ArgumentException $"Not a Via (RFC 3261, 20.42): {error}")
        | found -> found

    member internal _.Octets = octets.Slice(0, parts.End)
    member internal _.Parts = parts

    /// <summary>A Via to put on top: no parameters but the branch, and rport when asked.</summary>
    /// <param name="transport">What the message goes out by.</param>
    /// <param name="sentBy">Host, or host:port, where responses may come back to.</param>
    /// <param name="branch">Begins with z9hG4bK (RFC 3261, 8.1.1.7).</param>
    /// <param name="rport">Whether to ask for the source port (RFC 3581, 3).</param>
    /// <exception cref="T:System.ArgumentException">One of them is not what its place asks
    /// for.</exception>
    static member Create(transport: Transport, sentBy: string, branch: string, rport: bool) : Via =
        if transport < Transport.Udp || transport > Transport.Wss then
            raise (ArgumentOutOfRangeException(nameof transport))

        let rport = if rport then ";rport" else ""
        let start = String.Concat("SIP/2.0/", TransportName.via transport, " ", sentBy)
        let made = Via.Edited(String.Concat(start, rport, ";branch=", branch))

        if not (made.IsMadeOf(sentBy, branch)) then
            raise (ArgumentException "Not host[:port] and a token (RFC 3261, 20.42).")

        made

    /// <summary>The transport in upper case, such as UDP.</summary>
    member _.Transport: string =
        (Octets.toText (slice parts.TransportStart parts.TransportEnd)).ToUpperInvariant()

    /// <summary>The host of sent-by as written, an IPv6 address in brackets.</summary>
    member _.Host: string = Octets.toText (slice parts.HostStart parts.HostEnd)

    /// <summary>The port of sent-by; null when it is not written.</summary>
    member _.Port: Nullable<int> =
        if parts.Port < 0 then Nullable() else Nullable parts.Port

    /// <summary>Host, or host:port, without blanks.</summary>
    member this.SentBy: string =
        if parts.Port < 0 then
            this.Host
        else
            this.Host + ":" + string parts.Port

    /// Whether nothing was smuggled in with them.
    member private this.IsMadeOf(sentBy, branch) =
        Octets.toText (slice parts.HostStart parts.SentByEnd) = sentBy
        && this.Branch = branch
        && Grammar.token octets.Span parts.BranchStart parts.BranchEnd = parts.BranchEnd

    /// <summary>The branch; null without one, as in RFC 2543.</summary>
    member _.Branch: string | null =
        if parts.BranchStart < 0 then
            null
        else
            Octets.toText (slice parts.BranchStart parts.BranchEnd)

    /// <summary>Whether the branch begins with z9hG4bK and goes on: it alone names the transaction
    /// (RFC 3261, 17.2.3).</summary>
    member this.HasMagicCookie =
        match this.Branch with
        | null -> false
        | branch ->
            branch.Length > 7 && branch.StartsWith("z9hG4bK", StringComparison.OrdinalIgnoreCase)

    /// <summary>The source address that the next hop saw, without brackets; or null
    /// (RFC 3261, 18.2.1).</summary>
    member _.Received: string | null =
        if parts.ReceivedStart < 0 then
            null
        else
            (Octets.unquoted (slice parts.ReceivedStart parts.ReceivedEnd)).Trim('[', ']')

    /// <summary>The received address, or null (RFC 3261, 18.2.1).</summary>
    member this.ReceivedAddress: IPAddress | null =
        match this.Received with
        | null -> null
        | text -> HostAddress.tryParse text

    /// <summary>The host of sent-by as an address; null when it is a name.</summary>
    member this.Address: IPAddress | null = HostAddress.tryParse this.Host

    /// <summary>Whether there is an rport parameter, with or without a value (RFC 3581).</summary>
    member _.HasRPort = parts.RPort >= 0

    /// <summary>The value of rport; null when absent or empty (RFC 3581).</summary>
    member _.RPort: Nullable<int> =
        if parts.RPort <= 0 then Nullable() else Nullable parts.RPort

    /// <summary>The maddr parameter, without brackets; or null (RFC 3261, 18.1.1).</summary>
    member _.Maddr: string | null =
        match find "maddr" with
        | null -> null
        | text -> text.Trim('[', ']')

    /// <summary>The ttl parameter, 0 to 255; null when absent or malformed.</summary>
    member _.Ttl: Nullable<int> =
        let mutable value = 0uy

        match
            Byte.TryParse(find "ttl", NumberStyles.None, CultureInfo.InvariantCulture, &value)
        with
        | true -> Nullable(int value)
        | _ -> Nullable()

    /// <summary>All parameters.</summary>
    member _.Parameters: IReadOnlyList<SipParameter> = parameterList ()

    /// <summary>The value of a parameter; null when it is absent or has none.</summary>
    member _.GetParameter(name: string) : string | null = find name

    /// <summary>Whether there is a parameter of that name.</summary>
    member _.HasParameter(name: string) = (Parameters.find (parameterList ()) name).IsSome

    member private _.With(name: string, insert: string) : Via =
        let at = Grammar.skipBlanks octets.Span parts.SentByEnd parts.End
        let edited = Parameters.edited octets.Span at parts.End name insert
        Via.Edited(Octets.unfolded (slice 0 parts.SentByEnd) + edited)

    /// <summary>With the parameter set; in its old place when it was there.</summary>
    member this.WithParameter(name: string, value: string | null) : Via =
        this.With(name, ";" + (Parameters.named name value).ToString())

    /// <summary>Without the parameter.</summary>
    member this.WithoutParameter(name: string) : Via = this.With(name, "")

    /// <summary>With the branch.</summary>
    member this.WithBranch(branch: string) : Via = this.WithParameter("branch", branch)

    /// <summary>With the source address that was seen, without brackets (RFC 5118, 4.5).</summary>
    member this.WithReceived(address: IPAddress) : Via =
        this.WithParameter("received", (HostAddress.toHost address).Trim('[', ']'))

    /// <summary>With the source port that was seen (RFC 3581, 4).</summary>
    member this.WithRPort(port: int) : Via = this.WithParameter("rport", string port)

    /// With both that were seen, or the address alone.
    member internal this.WithSource(address: IPAddress, port: int voption) : Via =
        let received = ";received=" + (HostAddress.toHost address).Trim('[', ']')
        let at = Grammar.skipBlanks octets.Span parts.SentByEnd parts.End
        let edited = Parameters.edited octets.Span at parts.End "received" received

        let edited =
            match port with
            | ValueNone -> edited
            | ValueSome port ->
                let octets = Octets.ofText edited

                Parameters.edited
                    (ReadOnlySpan octets)
                    0
                    octets.Length
                    "rport"
                    (";rport=" + string port)

        Via.Edited(Octets.unfolded (slice 0 parts.SentByEnd) + edited)

    /// <summary>Reads one Via value; says why not.</summary>
    static member TryParse
        (
            text: string | null,
            [<Out; NotNullWhen true>] result: byref<Via | null>,
            [<Out; NotNullWhen false>] error: byref<ParseError | null>
        ) : bool =
        result <- Via.Read(text, &error)
        not (isNull result)

    /// <summary>Reads one Via value.</summary>
    static member TryParse
        (text: string | null, [<Out; NotNullWhen true>] result: byref<Via | null>)
        : bool =
        let mutable error: ParseError | null = null
        Via.TryParse(text, &result, &error)

    /// <summary>Reads one Via value.</summary>
    /// <exception cref="T:SipFun.SipParseException">It breaks RFC 3261, 20.42.</exception>
    static member Parse(text: string) : Via =
        let mutable error: ParseError | null = null

        match Via.Read(text, &error) with
        | null -> raise (SipParseException(nonNull error))
        | found -> found

    /// <summary>As it was written, folds as one blank.</summary>
    override _.ToString() = Octets.unfolded (slice 0 parts.End)

    member private this.Key = struct (this.Transport, this.SentBy.ToLowerInvariant())

    /// <summary>Same transport, sent-by and parameters.</summary>
    override this.Equals(other: obj | null) =
        match other with
        | :? Via as other ->
            this.Key = other.Key && Parameters.areSame (parameterList ()) other.Parameters
        | _ -> false

    override this.GetHashCode() = HashCode.Combine(this.Key, Parameters.hashOf (parameterList ()))

    interface IEquatable<Via> with
        member this.Equals(other) = this.Equals(box other)

    interface IUtf8SpanParsable<Via> with
        static member Parse(utf8Text, _) = Via.Parse(Octets.toText utf8Text)

        static member TryParse(utf8Text, _, result) = Via.TryParse(Octets.toText utf8Text, &result)

    /// <summary>As <c>Equals</c>.</summary>
    static member op_Equality(left: Via | null, right: Via | null) = Object.Equals(left, right)

    /// <summary>Not <c>Equals</c>.</summary>
    static member op_Inequality(left: Via | null, right: Via | null) =
        not (Object.Equals(left, right))
