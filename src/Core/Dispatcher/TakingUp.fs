// A state taken apart, put together again, and taken up by another process (P-26). Who goes on has other
// sockets and other callers: connections are gone, requests wait for the same instants as before.
module internal SipFun.Core.TakingUp

open SipFun

let freeze (state: State) : Frozen = {
    At = state.Now
    Legs = state.Legs
    Receiver = state.Receiver
    Entries = Queue.toList state.Queue
    Inquiries = state.Inquiries
    Cache = state.Cache
    Sources = state.Sources
    Marks = state.Marks
    PathMtus = state.PathMtus
    Sticky = state.Sticky
    Flows = Trie.toList state.Flows |> List.map snd
    Dialled = state.Dialled
    IsDraining = state.IsDraining
}

let private work settings (frozen: Frozen) = {
    Settings = settings
    Now = frozen.At
    State = {
        State.empty with
            Now = frozen.At
            Legs = frozen.Legs
            Receiver = frozen.Receiver
            Inquiries = frozen.Inquiries
            Cache = frozen.Cache
            Sources = frozen.Sources
            Marks = frozen.Marks
            PathMtus = frozen.PathMtus
            Sticky = frozen.Sticky
            Dialled = frozen.Dialled
            IsDraining = frozen.IsDraining
    }
    Effects = []
}

/// The state that was frozen: whatever happens to it, the same comes of it.
let thaw settings (frozen: Frozen) : State =
    let work =
        List.fold (fun work flow -> Flows.add flow work) (work settings frozen) frozen.Flows

    let enter work (number, waiting) = Work.enterAgain number waiting work
    (List.fold enter work frozen.Entries).State

let private remember (frozen: Frozen) work = {
    work with
        State = {
            work.State with
                Cache = frozen.Cache
                Marks = frozen.Marks
                PathMtus = frozen.PathMtus
                Sticky = frozen.Sticky
                Dialled = min frozen.Dialled work.State.Dialled
        }
}

/// Timers and resolutions by themselves were of callers who are gone. A request that no receiver had
/// spoken about comes again: nothing was sent for it.
let private enter work (number, waiting: Waiting<Entry>) =
    match waiting.Value with
    | TimerEntry _
    | LookupEntry _
    | ServerEntry { Phase = Offered _ } -> work
    | entry -> Work.set number entry work

let private loseLegs (frozen: Frozen) work =
    let isGone (leg: Leg) =
        not (List.exists (fun (here: Leg) -> here.Number = leg.Number) work.State.Legs)

    frozen.Legs
    |> List.filter isGone
    |> List.fold (fun work leg -> Cuts.removeLeg leg.Number work) work

/// They are in no table here: nothing that one of them sends on goes over another.
let private loseFlows (frozen: Frozen) work =
    let close work (flow: Flow) =
        Cuts.flowLost flow.Hop.Flow TransportFault.Closed "its process ended" work

    List.fold close work frozen.Flows

/// A datagram that was given to the other process' socket is taken for sent.
let private sayTransmitted work (number, _) =
    match State.tryFind number work.State with
    | ValueSome(ClientEntry({ Phase = Passing { Hop = hop } } as client)) when
        not (TransportName.isReliable hop.Transport)
        ->
        Responses.transmitted client work
    | ValueSome(ReplyEntry({ Phase = Handing(_, hop, _) } as reply)) when
        not (TransportName.isReliable hop.Transport)
        ->
        Replies.transmitted reply work
    | _ -> work

/// What was under way there goes on here, at the instants it was to.
let takeUp (frozen: Frozen) work =
    List.fold enter (remember frozen work) frozen.Entries
    |> loseLegs frozen
    |> loseFlows frozen
    |> fun work -> List.fold sayTransmitted work frozen.Entries
