// A whole state in its parts, as it is written and read back. What is derived (deadlines of tables, and in
// TakingUp.fs indexes and counts) is made anew, so that it cannot contradict its source (law D7).
module internal SipFun.Core.FrozenForms

open SipFun
open SipFun.Core.Form
open SipFun.Core.ValueForms
open SipFun.Core.EntryForms
open SipFun.Core.ServerForms

let kept: Form<Kept> = {
    Write =
        fun writer it ->
            answer.Write writer it.Answer
            instant.Write writer it.Until
            instant.Write writer it.NotBefore
    Read =
        fun reader ->
            ({
                Answer = answer.Read reader
                Until = instant.Read reader
                NotBefore = instant.Read reader
            }
            : Kept)
}

let private byUntil until (rows: Map<_, _>) =
    rows |> Map.toSeq |> Seq.map (fun (key, row) -> struct (until row, key)) |> Set.ofSeq

let cache: Form<Cache> =
    via (map question kept) _.Answers (fun answers -> {
        Answers = answers
        ByUntil = byUntil (fun (kept: Kept) -> kept.Until) answers
    })

let inquiries: Form<Inquiries> =
    via (map question instant) _.Until (fun until -> { Until = until; Order = byUntil id until })

let sticky: Form<Sticky> =
    via (map unsigned (structPair text instant)) _.Calls (fun calls -> {
        Calls = calls
        ByUntil = byUntil (fun (struct (_, until)) -> until) calls
    })

let source: Form<Source> = {
    Write =
        fun writer it ->
            (option address).Write writer it.Address
            instant.Write writer it.Until
    Read =
        fun reader ->
            ({
                Address = (option address).Read reader
                Until = instant.Read reader
            }
            : Source)
}

let mark: Form<Mark> = {
    Write =
        fun writer it ->
            hop.Write writer it.Hop
            choice.Write writer it.Reason
            text.Write writer it.Detail
            instant.Write writer it.Since
            instant.Write writer it.Until
    Read =
        fun reader ->
            ({
                Hop = hop.Read reader
                Reason = choice.Read reader
                Detail = text.Read reader
                Since = instant.Read reader
                Until = instant.Read reader
            }
            : Mark)
}

/// By the destination itself: the key is its words.
let private destination: Form<struct (Family * uint64 * uint64 * uint32)> =
    via
        address
        (fun (struct (family, high, low, scope)) -> {
            High = high
            Low = low
            Scope = scope
            Family = family
        })
        Sources.key

let receiver: Form<Receiver> = {
    Write =
        fun writer it ->
            (list method).Write writer it.Allow
            bool.Write writer it.ForwardsResponses
            bool.Write writer it.KeepsNothing
    Read =
        fun reader ->
            ({
                Allow = (list method).Read reader
                ForwardsResponses = bool.Read reader
                KeepsNothing = bool.Read reader
            }
            : Receiver)
}

let frozen: Form<Frozen> = {
    Write =
        fun writer it ->
            instant.Write writer it.At
            (list leg).Write writer it.Legs
            (option receiver).Write writer it.Receiver
            (list (pair number waiting)).Write writer it.Entries
            inquiries.Write writer it.Inquiries
            cache.Write writer it.Cache
            (map destination source).Write writer it.Sources
            (map text mark).Write writer it.Marks
            (map text (structPair int instant)).Write writer it.PathMtus
            sticky.Write writer it.Sticky
            (list flow).Write writer it.Flows
            number.Write writer it.Dialled
            bool.Write writer it.IsDraining
    Read =
        fun reader ->
            ({
                At = instant.Read reader
                Legs = (list leg).Read reader
                Receiver = (option receiver).Read reader
                Entries = (list (pair number waiting)).Read reader
                Inquiries = inquiries.Read reader
                Cache = cache.Read reader
                Sources = (map destination source).Read reader
                Marks = (map text mark).Read reader
                PathMtus = (map text (structPair int instant)).Read reader
                Sticky = sticky.Read reader
                Flows = (list flow).Read reader
                Dialled = number.Read reader
                IsDraining = bool.Read reader
            }
            : Frozen)
}
