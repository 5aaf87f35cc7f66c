// Parameters and headers of a URI: ;name=value and ?name=value&... (RFC 3261, 19.1.1).
namespace SipFun.Core

open System
open SipFun

/// Reads what follows host and port.
[<RequireQualifiedAccess>]
module UriParameterScan =
    let private run s at stop =
        Grammar.run Grammar.UriParameterLow Grammar.UriParameterHigh s at stop

    /// The end of the parameter that begins at `name`, and of its name.
    let parameter (s: ReadOnlySpan<byte>) name stop (nameEnd: byref<int>) (fault: byref<Fault>) =
        nameEnd <- run s name stop

        if nameEnd = name then
            fault.At(ParseFault.Uri, name, "URI parameter name")
        elif nameEnd < stop && s[nameEnd] = 61uy then
            let next = run s (nameEnd + 1) stop

            if next = nameEnd + 1 then
                fault.At(ParseFault.Uri, next, "URI parameter value")
            else
                next
        else
            nameEnd

    /// Whether one of `count` names from the semicolon at `at` comes twice (RFC 3261, 19.1.1).
    let private hasTwo (s: ReadOnlySpan<byte>) at stop count =
        let hashes = Array.zeroCreate<uint64> count
        let mutable fault = Fault()
        let mutable nameEnd = 0
        let mutable next = at

        for i in 0 .. count - 1 do
            let name = next + 1
            next <- parameter s name stop &nameEnd &fault
            hashes[i] <- ParameterNames.hash true s name nameEnd

        ParameterNames.hasTwo hashes

    let parameters (s: ReadOnlySpan<byte>) at stop hasEscapes (fault: byref<Fault>) =
        let mutable seen = NamesSeen()
        let mutable nameEnd = 0
        let mutable next = at

        while next >= 0 && next < stop && s[next] = 59uy do
            let name = next + 1
            next <- parameter s name stop &nameEnd &fault
            seen.Add(ParameterNames.word s name nameEnd)

        let isDoubtful = seen.IsDoubtful || hasEscapes && seen.Count > 1

        if next >= 0 && isDoubtful && hasTwo s at stop seen.Count then
            fault.At(ParseFault.Uri, at, "no parameter twice")
        else
            next

    /// header *("&" header), each name=value.
    let headers (s: ReadOnlySpan<byte>) at stop (fault: byref<Fault>) =
        let mutable next = at

        while next >= 0 && next < stop && (next = at || s[next] = 38uy) do
            let name = next + 1
            let equals = Grammar.run Grammar.UriHeaderLow Grammar.UriHeaderHigh s name stop

            if equals = name || equals >= stop || s[equals] <> 61uy then
                next <- fault.At(ParseFault.Uri, equals, "URI header name=value")
            else
                next <- Grammar.run Grammar.UriHeaderLow Grammar.UriHeaderHigh s (equals + 1) stop

        next
