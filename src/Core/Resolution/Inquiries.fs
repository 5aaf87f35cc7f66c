// The questions that the shell was given and has not answered: none of them is asked again, whoever comes
// or goes meanwhile. Bounded; what is not answered in time counts as lost.
namespace SipFun.Core

open SipFun

type Inquiries = {
    /// Until when an answer may come.
    Until: Map<Question, Instant>
    /// What ends first stands first.
    Order: Set<struct (Instant * Question)>
}

module Inquiries =
    let empty = { Until = Map.empty; Order = Set.empty }

    let isUnderWay now question (inquiries: Inquiries) =
        match Map.tryFind question inquiries.Until with
        | Some until -> now < until
        | None -> false

    let remove question (inquiries: Inquiries) =
        match Map.tryFind question inquiries.Until with
        | Some until -> {
            Until = Map.remove question inquiries.Until
            Order = Set.remove (struct (until, question)) inquiries.Order
          }
        | None -> inquiries

    let rec private withoutLost now (inquiries: Inquiries) =
        if inquiries.Order.IsEmpty then
            inquiries
        else
            let struct (until, question) = inquiries.Order.MinimumElement

            if until <= now then
                withoutLost now (remove question inquiries)
            else
                inquiries

    /// Asked now. If so many are under way already, it is not kept, and may be asked twice.
    let add limit now within question (inquiries: Inquiries) =
        let room = remove question inquiries |> withoutLost now

        if room.Until.Count >= limit then
            room
        else
            {
                Until = Map.add question (now + within) room.Until
                Order = Set.add (struct (now + within, question)) room.Order
            }

    /// The laws of this table that it breaks.
    let violations limit (inquiries: Inquiries) = [
        let rows = [ for pair in inquiries.Until -> struct (pair.Value, pair.Key) ]

        if Set.ofList rows <> inquiries.Order then
            "D7: the questions under way and their deadlines differ"

        if inquiries.Until.Count > limit then
            "D7: more questions are under way than the limit allows"
    ]
