// The decisions about one message, kept for its explanation: the first ones and the last ones, bounded.
namespace SipFun.Core

/// The first and the last decisions about one message, bounded.
type Trace = {
    /// Newest first, at most half of `Room`.
    First: Dated list
    /// Newest first, what came after those.
    Last: Dated list
    LastSize: int
    /// All there ever were.
    Count: int
    Room: int
}

module Trace =
    /// Nothing noted; `room` decisions are kept at the most.
    let empty room = { First = []; Last = []; LastSize = 0; Count = 0; Room = room }

    /// Nothing is kept.
    let none = empty 0

    let private half (trace: Trace) = (trace.Room + 1) / 2

    let private addLast dated (trace: Trace) =
        let keep = trace.Room - half trace

        // The newest are kept and at most as many again, so that cutting back is rare.
        if trace.LastSize >= 2 * keep then
            {
                trace with
                    Last = dated :: List.truncate (keep - 1) trace.Last
                    LastSize = keep
            }
        else
            {
                trace with
                    Last = dated :: trace.Last
                    LastSize = trace.LastSize + 1
            }

    let add now decision (trace: Trace) =
        let dated = { At = now; Decision = decision }
        let counted = { trace with Count = trace.Count + 1 }

        if trace.Room <= 0 then
            trace
        elif trace.Count < half trace then
            { counted with First = dated :: trace.First }
        elif trace.Room = 1 then
            counted
        else
            addLast dated counted

    let addAll now decisions trace =
        List.fold (fun trace decision -> add now decision trace) trace decisions

    /// In order: the first ones, how many were left out, the last ones.
    let toParts (trace: Trace) =
        let keep = trace.Room - half trace
        let last = List.truncate keep trace.Last |> List.rev
        let first = List.rev trace.First
        struct (first, trace.Count - List.length first - List.length last, last)
