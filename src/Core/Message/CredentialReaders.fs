// Readers of challenges, credentials and what comes with success (RFC 3261, 22; RFC 7616, 3).
namespace SipFun.Core

open System
open System.Collections.Generic
open System.Linq
open SipFun

/// Readers by shape.
[<RequireQualifiedAccess>]
module CredentialReaders =
    /// name=value with commas between.
    let private authParameters (s: ReadOnlySpan<byte>) at (fault: byref<Fault>) =
        let found = List<SipParameter>()
        let mutable parts = ParameterParts()
        let mutable next = at

        while next >= 0 && next < s.Length do
            let stop = ParameterScan.read s next s.Length &parts &fault

            next <-
                if stop < 0 then
                    -1
                elif stop < s.Length && s[stop] <> 44uy then
                    fault.At(ParseFault.Parameter, stop, "','")
                else
                    let start, ending = parts.ValueStart, parts.ValueEnd

                    let value =
                        if start < 0 then
                            null
                        else
                            Octets.unquoted (s.Slice(start, ending - start))

                    found.Add(
                        SipParameter(ValueReaders.text s parts.NameStart parts.NameEnd, value)
                    )

                    if stop + 1 = s.Length then
                        fault.At(ParseFault.Parameter, stop, "a parameter after the comma")
                    else
                        stop + 1

        let isTwice =
            found.DistinctBy(_.Name, StringComparer.OrdinalIgnoreCase).Count() < found.Count

        if next >= 0 && isTwice then
            next <- fault.At(ParseFault.Parameter, at, "no parameter twice")

        struct (next, found)

    let authentication =
        ValueReader<AuthenticationValue>(fun octets next fault ->
            let s = octets.Span
            let stop = Grammar.token s 0 s.Length

            if stop = 0 then
                next <- fault.At(ParseFault.HeaderValue, 0, "an authentication scheme")
                Unchecked.defaultof<AuthenticationValue>
            else
                let struct (ended, parameters) =
                    authParameters s (Grammar.skipBlanks s stop s.Length) &fault

                next <- if ended < 0 then -1 else s.Length
                AuthenticationValue(ValueReaders.text s 0 stop, parameters.AsReadOnly()))

    let authenticationInfo =
        ValueReader<IReadOnlyList<SipParameter>>(fun octets next fault ->
            let struct (ended, parameters) = authParameters octets.Span 0 &fault
            next <- if ended < 0 then -1 else octets.Length
            parameters.AsReadOnly())
