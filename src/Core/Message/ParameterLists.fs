// Parameters that were scanned before, as strings, when they are asked for (RFC 3261, 7.3.1).
namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

/// Lists of parameters.
[<RequireQualifiedAccess>]
module Parameters =
    let private show (s: ReadOnlySpan<byte>) (parts: inref<ParameterParts>) =
        let name = Octets.toText (s.Slice(parts.NameStart, parts.NameEnd - parts.NameStart))

        if parts.ValueStart < 0 then
            SipParameter(name, null)
        else
            let length = parts.ValueEnd - parts.ValueStart
            SipParameter(name, Octets.unquoted (s.Slice(parts.ValueStart, length)))

    /// The parameters of s[at..stop), which were scanned before: the first name begins after `at`,
    /// each other one after a delimiter.
    let listBy delimiter (s: ReadOnlySpan<byte>) at stop : IReadOnlyList<SipParameter> =
        let found = List<SipParameter>()
        let mutable parts = ParameterParts()
        let mutable fault = Fault()
        let mutable next = at

        while next < stop && (next = at || s[next] = delimiter) do
            next <- ParameterScan.read s (next + 1) stop &parts &fault

            if next < 0 then next <- stop else found.Add(show s &parts)

        found.AsReadOnly()

    /// The same for those with a semicolon before each.
    let list (s: ReadOnlySpan<byte>) at stop : IReadOnlyList<SipParameter> =
        if at < stop && s[at] = 59uy then
            listBy 59uy s at stop
        else
            Array.Empty<SipParameter>()

    /// A parameter as a caller wants it; misuse is told at once (V-05).
    let named (name: string) (value: string | null) =
        ArgumentNullException.ThrowIfNull(name, nameof name)
        let octets = ReadOnlySpan<byte>(Octets.ofText name)

        if octets.IsEmpty || Grammar.token octets 0 octets.Length < octets.Length then
            raise (ArgumentException("A parameter name is a token (RFC 3261, 25.1).", nameof name))

        SipParameter(name, value)

    /// The value of the first parameter of that name; null when absent or without value.
    let find (parameters: IReadOnlyList<SipParameter>) (name: string) : SipParameter voption =
        let mutable i = 0
        let mutable found = ValueNone

        while found.IsNone && i < parameters.Count do
            if String.Equals(parameters[i].Name, name, StringComparison.OrdinalIgnoreCase) then
                found <- ValueSome parameters[i]

            i <- i + 1

        found

    let private between (s: ReadOnlySpan<byte>) start stop =
        Octets.unfolded (s.Slice(start, stop - start))

    /// The parameters s[at..stop), which were scanned before, as text: `insert` in the place of the
    /// one of that name, or at the end. All others stay as they were written.
    let edited (s: ReadOnlySpan<byte>) at stop (name: string) (insert: string) : string =
        let wanted = ReadOnlySpan<byte>(Octets.ofText name)
        let mutable parts = ParameterParts()
        let mutable fault = Fault()
        let mutable start = at
        let mutable next = at
        let mutable isFound = false

        while not isFound && next >= 0 && next < stop && s[next] = 59uy do
            start <- next
            next <- ParameterScan.read s (next + 1) stop &parts &fault
            let found = s.Slice(parts.NameStart, parts.NameEnd - parts.NameStart)
            isFound <- Octets.sameText found wanted

        if isFound then
            between s at start + insert + between s next stop
        else
            between s at stop + insert

    let private pair (p: SipParameter) = struct (p.Name.ToLowerInvariant(), p.Value)

    /// Whether they are the same, in any order; names without regard to case.
    let areSame (a: IReadOnlyList<SipParameter>) (b: IReadOnlyList<SipParameter>) =
        a.Count = b.Count && Set.ofSeq (Seq.map pair a) = Set.ofSeq (Seq.map pair b)

    /// Equal for those that are the same.
    let hashOf (parameters: IReadOnlyList<SipParameter>) =
        parameters |> Seq.fold (fun sum p -> sum ^^^ HashCode.Combine(pair p)) 0

    /// ";name=value" for each.
    let toText (parameters: seq<SipParameter>) =
        parameters |> Seq.map (fun p -> ";" + p.ToString()) |> String.concat ""

/// Parameters that were scanned before, listed when they are asked for (P-09).
[<Sealed>]
type ParameterList(octets: ReadOnlyMemory<byte>, delimiter: byte) =
    let mutable items: IReadOnlyList<SipParameter> | null = null

    let list () =
        match items with
        | null ->
            let found = Parameters.listBy delimiter octets.Span 0 octets.Length
            items <- found
            found
        | found -> found

    /// Those of `octets`, whose first byte stands before the first name; an empty list for no
    /// bytes.
    static member Of(octets: ReadOnlyMemory<byte>, delimiter: byte) : IReadOnlyList<SipParameter> =
        if octets.IsEmpty then
            Array.Empty<SipParameter>()
        else
            ParameterList(octets, delimiter)

    interface IReadOnlyList<SipParameter> with
        member _.Item
            with get index = list().[index]

    interface IReadOnlyCollection<SipParameter> with
        member _.Count = list().Count

    interface IEnumerable<SipParameter> with
        member _.GetEnumerator() : IEnumerator<SipParameter> = list().GetEnumerator()

    interface System.Collections.IEnumerable with
        member _.GetEnumerator() : System.Collections.IEnumerator = list().GetEnumerator()
