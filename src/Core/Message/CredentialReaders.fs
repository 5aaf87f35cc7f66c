// Readers of challenges, credentials and what comes with success (RFC 3261, 22; RFC 7616, 3).
namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

/// Readers by shape.
[<RequireQualifiedAccess>]
module CredentialReaders =
    /// name=value with commas between, from `at` to the end: the end, or -1.
    let private authParameters (s: ReadOnlySpan<byte>) at (fault: byref<Fault>) =
        let mutable parts = ParameterParts()
        let mutable seen = NamesSeen()
        let mutable next = at

        while next >= 0 && next < s.Length do
            let stop = ParameterScan.read s next s.Length &parts &fault
            seen.Add(ParameterScan.word s &parts)

            next <-
                if stop < 0 || stop = s.Length then
                    stop
                elif s[stop] <> 44uy then
                    fault.At(ParseFault.Parameter, stop, "','")
                elif stop + 1 < s.Length then
                    stop + 1
                else
                    fault.At(ParseFault.Parameter, stop, "a parameter after the comma")

        ParameterScan.once s (at - 1) next &seen &fault

    let authentication =
        ValueReader<AuthenticationValue>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            if stop = 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "an authentication scheme")
                Unchecked.defaultof<AuthenticationValue>
            else
                let first = Grammar.skipBlanks s stop s.Length
                next <- authParameters s first &fault
                let before = if first < s.Length then max stop (first - 1) else s.Length
                let parameters = ParameterList.Of(octets.Slice before, 44uy)
                AuthenticationValue(ValueReaders.text s 0 stop, parameters))

    let authenticationInfo =
        ValueReader<IReadOnlyList<SipParameter>>(fun octets next fault ->
            let s = octets.Span
            next <- authParameters s 0 &fault
            Parameters.listBy 44uy s -1 (if next < 0 then 0 else s.Length))
