// The parameters and header fields of a URI as text: lists out of bytes, and edits
// (RFC 3261, 19.1.1). Escapes are decoded once on the way in and made again on the way out.
namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

/// Parameters and headers of URIs.
[<RequireQualifiedAccess>]
module UriText =
    let private pair (s: ReadOnlySpan<byte>) =
        let equals = s.IndexOf 61uy

        if equals < 0 then
            SipParameter(Octets.unescaped s, null)
        else
            SipParameter(
                Octets.unescaped (s.Slice(0, equals)),
                Octets.unescaped (s.Slice(equals + 1))
            )

    let private split (separator: byte) (s: ReadOnlySpan<byte>) : IReadOnlyList<SipParameter> =
        let found = List<SipParameter>()
        let mutable at = 0

        while at < s.Length do
            let next = s.Slice(at).IndexOf separator
            let stop = if next < 0 then s.Length else at + next
            found.Add(pair (s.Slice(at, stop - at)))
            at <- stop + 1

        found.AsReadOnly()

    /// ";name=value;name" to a list.
    let parameters (s: ReadOnlySpan<byte>) : IReadOnlyList<SipParameter> =
        if s.IsEmpty then
            Array.Empty<SipParameter>()
        else
            split 59uy (s.Slice 1)

    /// "name=value&amp;name=value" to a list.
    let headers (s: ReadOnlySpan<byte>) : IReadOnlyList<SipParameter> = split 38uy s

    /// The user part, escaped. What phones send and we read, a bare #, we do not write.
    let user (text: string) =
        Octets.escaped (Grammar.UserLow &&& ~~~(1UL <<< int '#')) Grammar.UserHigh text

    /// Whether all of the text is a host.
    let isHost (text: string) =
        let octets = ReadOnlySpan<byte>(Octets.ofText text)
        octets.Length > 0 && HostScan.host octets 0 octets.Length = octets.Length

    let private escaped (text: string) =
        Octets.escaped Grammar.UriParameterLow Grammar.UriParameterHigh text

    /// ";name=value", escaped.
    let parameter (p: SipParameter) =
        match p.Value with
        | null -> ";" + escaped p.Name
        | value -> ";" + escaped p.Name + "=" + escaped value

    let private isNamed (name: string) (piece: string) =
        let written = piece.Split('=', 2)[0]
        let found = Octets.unescaped (ReadOnlySpan<byte>(Octets.ofText written))
        String.Equals(found, name, StringComparison.OrdinalIgnoreCase)

    /// ";name=value;name" with `insert` in the place of the parameter of that name, or at the end.
    /// All others stay as they were written.
    let replace (parameters: string) name (insert: string) =
        let pieces =
            if parameters = "" then
                []
            else
                List.ofArray (parameters.Substring(1).Split ';')

        let written = pieces |> List.map (fun piece -> ";" + piece)

        match List.tryFindIndex (isNamed name) pieces with
        | None -> String.concat "" written + insert
        | Some index -> written |> List.updateAt index insert |> String.concat ""
