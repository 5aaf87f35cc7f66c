// Where the parts of one Via value are (RFC 3261, 20.42 and 25.1; rport: RFC 3581, 3).
// Liberal in one thing: brackets around an IPv6 address in received and maddr (RFC 5118, 4.5).
namespace SipFun.Core

open System
open System.Runtime.CompilerServices
open System.Buffers.Binary
open SipFun

/// Positions in a scanned Via value. Port and RPort are -1 when absent, RPort 0 when empty;
/// BranchStart and ReceivedStart are -1 when there is none.
[<Struct; NoEquality; NoComparison>]
type ViaParts =
    val mutable Start: int
    val mutable TransportStart: int
    val mutable TransportEnd: int
    val mutable HostStart: int
    val mutable HostEnd: int
    val mutable Port: int
    /// After the host and port.
    val mutable SentByEnd: int
    val mutable BranchStart: int
    val mutable BranchEnd: int
    val mutable ReceivedStart: int
    val mutable ReceivedEnd: int
    val mutable RPort: int
    val mutable End: int

    /// All positions `count` bytes earlier.
    member this.Shift(count: int) =
        let inline earlier position = if position < 0 then position else position - count
        this.Start <- this.Start - count
        this.TransportStart <- this.TransportStart - count
        this.TransportEnd <- this.TransportEnd - count
        this.HostStart <- this.HostStart - count
        this.HostEnd <- this.HostEnd - count
        this.SentByEnd <- this.SentByEnd - count
        this.BranchStart <- earlier this.BranchStart
        this.BranchEnd <- this.BranchEnd - count
        this.ReceivedStart <- earlier this.ReceivedStart
        this.ReceivedEnd <- this.ReceivedEnd - count
        this.End <- this.End - count

/// Reads one Via value; the next delimiter is a comma or the end.
[<RequireQualifiedAccess>]
module ViaScan =
    /// A token, then a slash with blanks around it: the position after them, or -1.
    let private slashed (s: ReadOnlySpan<byte>) at stop =
        let name = Grammar.token s at stop
        let slash = if name = at then stop else Grammar.skipBlanks s name stop

        if slash < stop && s[slash] = 47uy then
            Grammar.skipBlanks s (slash + 1) stop
        else
            -1

    /// The transport after "SIP/2.0/", blanks around the slashes skipped; or -1.
    let private transport (s: ReadOnlySpan<byte>) at stop =
        let version = slashed s at stop
        if version < 0 then -1 else slashed s version stop

    /// Whether "SIP/2.0/UDP " or kin, in exactly these bytes, is there.
    let private isUsual (s: ReadOnlySpan<byte>) at stop =
        at + 12 <= stop
        && BinaryPrimitives.ReadUInt64LittleEndian(s.Slice at) = 0x2F302E322F504953UL
        && (match BinaryPrimitives.ReadUInt32LittleEndian(s.Slice(at + 8)) with
            | 0x20504455u
            | 0x20504354u
            | 0x20534C54u -> true
            | _ -> false)

    let private anyProtocol (s: ReadOnlySpan<byte>) at stop (parts: byref<ViaParts>) =
        let transport = transport s at stop

        if transport < 0 then
            -1
        else
            parts.TransportStart <- transport
            parts.TransportEnd <- Grammar.token s transport stop
            let host = Grammar.skipBlanks s parts.TransportEnd stop

            if parts.TransportEnd > transport && host > parts.TransportEnd then
                host
            else
                -1

    /// The host after protocol and transport; or -1.
    let private sentProtocol (s: ReadOnlySpan<byte>) at stop (parts: byref<ViaParts>) =
        if isUsual s at stop then
            parts.TransportStart <- at + 8
            parts.TransportEnd <- at + 11
            Grammar.skipBlanks s (at + 12) stop
        else
            anyProtocol s at stop &parts

    // The names as ParameterNames.word gives them.
    [<Literal>]
    let private Branch = 0x68636E6172622020UL

    [<Literal>]
    let private RPort = 0x74726F7072202020UL

    [<Literal>]
    let private Received = 0x6465766965636572UL

    let private branch
        (s: ReadOnlySpan<byte>)
        (p: inref<ParameterParts>)
        (parts: byref<ViaParts>)
        (fault: byref<Fault>)
        =
        if parts.BranchStart >= 0 || p.ValueStart < 0 || s[p.ValueStart] = 34uy then
            fault.At(ParseFault.Via, p.NameStart, "one branch=token")
        else
            parts.BranchStart <- p.ValueStart
            parts.BranchEnd <- p.ValueEnd
            0

    let private rport
        (s: ReadOnlySpan<byte>)
        (p: inref<ParameterParts>)
        (parts: byref<ViaParts>)
        (fault: byref<Fault>)
        =
        let port =
            if p.ValueStart < 0 then
                0L
            else
                Grammar.number s p.ValueStart p.ValueEnd 65_535L

        if port < 0L then
            fault.At(ParseFault.Via, p.ValueStart, "rport=port")
        else
            parts.RPort <- int port
            0

    let private parameter
        (s: ReadOnlySpan<byte>)
        word
        (p: inref<ParameterParts>)
        (parts: byref<ViaParts>)
        (fault: byref<Fault>)
        =
        match word with
        | Branch -> branch s &p &parts &fault
        | RPort -> rport s &p &parts &fault
        | Received when p.ValueStart >= 0 ->
            parts.ReceivedStart <- p.ValueStart
            parts.ReceivedEnd <- p.ValueEnd
            0
        | _ -> 0

    let private parameters
        (s: ReadOnlySpan<byte>)
        at
        stop
        (parts: byref<ViaParts>)
        (fault: byref<Fault>)
        =
        let mutable p = ParameterParts()
        let mutable seen = NamesSeen()
        let mutable next = at

        while next >= 0 && next < stop && s[next] = 59uy do
            next <- ParameterScan.read s (next + 1) stop &p &fault

            let word = ParameterScan.word s &p
            seen.Add word

            if next >= 0 && parameter s word &p &parts &fault < 0 then
                next <- -1

        parts.End <- next

        if next >= 0 && next < stop && s[next] <> 44uy then
            fault.At(ParseFault.Via, next, "';' or ','")
        else
            ParameterScan.once s at next &seen &fault

    /// host [":" port], blanks allowed around the colon.
    let private sentBy (s: ReadOnlySpan<byte>) at stop (parts: byref<ViaParts>) =
        parts.HostStart <- at
        parts.HostEnd <- HostScan.host s at stop
        parts.SentByEnd <- parts.HostEnd

        let colon =
            if parts.HostEnd < 0 then
                stop
            else
                Grammar.skipBlanks s parts.HostEnd stop

        if parts.HostEnd < 0 then
            -1
        elif colon < stop && s[colon] = 58uy then
            let digits = Grammar.skipBlanks s (colon + 1) stop
            parts.SentByEnd <- HostScan.port s digits stop &parts.Port

            if parts.Port < 0 then
                -1
            else
                Grammar.skipBlanks s parts.SentByEnd stop
        else
            colon

    /// The value at `at` (no blank there): the position of the comma after it, or `stop`; or -1.
    [<MethodImpl(MethodImplOptions.NoInlining)>]
    let scan (s: ReadOnlySpan<byte>) at stop (parts: byref<ViaParts>) (fault: byref<Fault>) =
        parts.Start <- at
        parts.Port <- -1
        parts.RPort <- -1
        parts.BranchStart <- -1
        parts.ReceivedStart <- -1
        let host = sentProtocol s at stop &parts

        if host < 0 then
            fault.At(ParseFault.Via, at, "SIP/2.0/transport sent-by")
        else
            let next = sentBy s host stop &parts

            if next < 0 then
                fault.At(ParseFault.Via, host, "host[:port]")
            else
                parameters s next stop &parts &fault
