// C10: two addresses with three contacts, the real registrar over the real location service: register,
// refresh, remove, "*", expiry, in and out of order, by one Call-ID or two.
module SipFun.Tests.Model.Registrations

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Model.Explorer
open SipFun.Tests.Model.Configuration
open SipFun.Tests.Registrar

type private Op =
    | Bind of seconds: int
    | Unbind
    | RemoveAll

type private Action =
    | Say of contact: string * callId: string * cseq: int * Op
    | Wait

type private World = {
    Locations: Locations<Binding>
    Now: Instant
    /// What the last action was, and what came of it.
    Said: Action
    Status: int
    Changes: BindingChange list
    /// A refusal changed something, or what had ended was found.
    Wrong: string list
    Ended: int
}

/// Alice has one contact, bob two.
let private owner contact = if contact = "a" then "alice" else "bob"

let private said contact callId cseq op : Desk.Said = {
    Desk.bob with
        To = $"sip:{owner contact}@example.test"
        CallId = callId
        CSeq = cseq
        Fields =
            match op with
            | Bind seconds -> [ $"Contact: <sip:x@{contact}.test>;expires={seconds}" ]
            | Unbind -> [ $"Contact: <sip:x@{contact}.test>;expires=0" ]
            | RemoveAll -> [ "Contact: *"; "Expires: 0" ]
}

let private requests = Collections.Concurrent.ConcurrentDictionary<_, SipRequest>()

let private requestOf key =
    let contact, callId, cseq, op = key
    requests.GetOrAdd(key, fun _ -> Desk.request (said contact callId cseq op))

let private lease (binding: Binding) : Lease<Binding> = {
    Held = binding
    Since = binding.Since
    Until = binding.Until
}

let private held world name =
    Locations.find world.Now name world.Locations |> List.map (fun lease -> lease.Held)

let private register world key =
    let request = requestOf key

    match Registrar.address Desk.settings false request with
    | Addressed.Refused refusal -> failwith $"{refusal}"
    | Addressed.To address ->
        let name = string address

        let arrival = {
            Epoch = 0u
            Leg = 1
            Source = Desk.source 7L
            State = Dispatcher.start
        }

        let date = DateTimeOffset.UnixEpoch
        let before = held world name

        let registered =
            Registrar.register Desk.settings world.Now date arrival false request address before

        let locations =
            match registered.Bindings with
            | ValueNone -> world.Locations
            | ValueSome after ->
                Locations.tryReplace world.Now 2 name (List.map lease after) world.Locations
                |> ValueOption.defaultValue world.Locations

        let isWrong = registered.Response.StatusCode <> 200 && registered.Bindings.IsSome

        {
            world with
                Locations = locations
                Status = registered.Response.StatusCode
                Changes = registered.Changes
                Wrong = if isWrong then [ "a refusal changed something" ] else []
        }

let private wait world =
    let now = world.Now + 60_000L<ms>
    let struct (locations, ended) = Locations.expire now 10 world.Locations

    let alive =
        ended
        |> List.collect (fun struct (_, over) -> over)
        |> List.filter (fun lease -> lease.Until > now)

    {
        world with
            Now = now
            Locations = locations
            Status = 0
            Changes = []
            Wrong = if alive.IsEmpty then [] else [ "what lives was ended" ]
            Ended = ended.Length
    }

let private next world action =
    let world = { world with Said = action; Ended = 0 }

    match action with
    | Wait -> wait world
    | Say(contact, callId, cseq, op) -> register world (contact, callId, cseq, op)

let private all = [
    Wait

    for callId in [ "one"; "two" ] do
        for cseq in [ 1; 2 ] do
            for contact in [ "a"; "b"; "c" ] do
                for op in [ Bind 60; Bind 120; Unbind ] do
                    Say(contact, callId, cseq, op)

            Say("a", callId, cseq, RemoveAll)
            Say("b", callId, cseq, RemoveAll)
]

let private names = [ "sip:alice@example.test"; "sip:bob@example.test" ]
let private bindings world = names |> List.collect (held world)

let private isLate world =
    match world.Said with
    | Say(contact, callId, cseq, _) when world.Status = 200 ->
        // Whatever is there of this Call-ID now is not younger than what was said.
        names
        |> List.filter (fun name -> name.Contains(owner contact))
        |> List.collect (held world)
        |> List.exists (fun one ->
            one.CallId.Value = callId
            && one.Contact.Uri.Host = contact + ".test"
            && one.CSeq > uint32 cseq)
    | _ -> false

let private always = [
    law "Q2, D7: leases and deadlines agree" (fun world ->
        Locations.violations world.Locations = [])
    law "a refusal changes nothing, and only what is over ends" (fun world -> world.Wrong = [])
    law "after a wait the alarm is later than now" (fun world ->
        Locations.alarm world.Locations |> ValueOption.forall (fun due -> due > world.Now))
    law "200, or 500 for what is late" (fun world -> List.contains world.Status [ 0; 200; 500 ])
    law "what is accepted is not older than what is there" (isLate >> not)
    law "each contact is bound once, and not for longer than asked" (fun world ->
        let bound = bindings world
        let hosts = bound |> List.map (fun one -> one.Contact.Uri.Host)

        List.distinct hosts = hosts
        && bound |> List.forall (fun one -> one.Until - world.Now <= 120_000L<ms>))
]

let private changed is world = List.exists is world.Changes

let private isAll world =
    match world.Said with
    | Say(_, _, _, RemoveAll) -> true
    | _ -> false

/// What happened just now, as far as it must be seen.
let private mark world =
    let kinds =
        world.Changes |> List.map (fun change -> change.IsAdded, change.IsRefreshed)

    $"{world.Status} {kinds} {isAll world} {world.Ended}"

/// What is bound, and what happened last, which the laws read.
let private key world =
    let bound =
        bindings world
        |> List.map (fun one ->
            $"{one.Contact.Uri.Host} {one.CallId} {one.CSeq} {one.Until - world.Now}")
        |> String.concat ";"

    $"{bound} {world.Wrong} {mark world}"

let private sometimes = [
    law "added" (changed _.IsAdded)
    law "refreshed" (changed _.IsRefreshed)
    law "removed" (changed _.IsRemoved)
    law "all of two removed" (fun world -> isAll world && world.Changes.Length = 2)
    law "late, one" (fun world -> world.Status = 500 && not (isAll world))
    law "late, all" (fun world -> world.Status = 500 && isAll world)
    law "two names expired at once" (fun world -> world.Ended = 2)
    law "all three are bound" (fun world -> (bindings world).Length = 3)
    law "nobody is left" (fun world -> world.Now > 0L<ms> && Locations.size world.Locations = 0)
]

let private model = {
    Start = {
        Locations = Locations.empty
        Now = 0L<ms>
        Said = Wait
        Status = 0
        Changes = []
        Wrong = []
        Ended = 0
    }
    Actions = fun _ -> all
    Next = next
    Key = key
    Ring = ValueNone
    Settled = fun _ -> true
    Always = always
    Sometimes = sometimes
}

let configurations = [
    configuration
        "C10"
        "registrar: two addresses, three contacts, every order of REGISTERs and ends"
        (1_000_000, 1_000_000)
        model
]
