// The Routes of a request, each with its place among the bytes, so that one can be taken out and all
// others stay as they are (RFC 3261, 7.3.1 and 16.4).
module internal SipFun.Core.RouteValues

open System
open System.Collections.Generic
open SipFun

let private positionIn (bytes: ReadOnlyMemory<byte>) (value: NameAddr) =
    let mutable offset = 0

    if bytes.Span.Overlaps(value.Octets.Span, &offset) then offset else -1

let private lineOf (index: MessageIndex) position =
    let mutable line = 0

    while line + 1 < index.Count && index.Lines[line + 1].Start <= position do
        line <- line + 1

    line

/// All of them in order; none when there are none, or they cannot be read.
let ofRequest (request: SipRequest) : RouteValue array =
    if not (request.Index.Has HeaderId.Route) then
        Array.Empty()
    else
        let place (value: NameAddr) =
            let start = positionIn request.Bytes value

            {
                Line = lineOf request.Index start
                Start = start
                Stop = start + value.Octets.Length
                Address = value
            }

        request.Routes |> Seq.map place |> Array.ofSeq

/// Whether another value stands before it, or behind it, in its line.
let private isFirst (routes: RouteValue array) at = at = 0 || routes[at - 1].Line <> routes[at].Line

let private isLast (routes: RouteValue array) at =
    at = routes.Length - 1 || routes[at + 1].Line <> routes[at].Line

/// The bytes that go when the Routes from `first` on, `count` of them, go: whole lines where nothing
/// is left of them, else the values and the comma that told them from what stays.
let removed (request: SipRequest) (routes: RouteValue array) first count (edits: List<Edit>) =
    let index = request.Index
    let mutable at = first
    let stop = first + count

    while at < stop do
        let line = routes[at].Line
        let mutable last = at

        while last + 1 < stop && routes[last + 1].Line = line do
            last <- last + 1

        let start, finish =
            match isFirst routes at, isLast routes last with
            | true, true -> index.Lines[line].Start, index.LineEnd line
            | _, false -> routes[at].Start, routes[last + 1].Start
            | false, true -> routes[at - 1].Stop, routes[last].Stop

        edits.Add { Start = start; Stop = finish; Text = ReadOnlyMemory.Empty }
        at <- last + 1
