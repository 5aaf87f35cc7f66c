// A request that could not be parsed is answered without state, so that who sent it need not wait
// for its timers to run out (RFC 3261, 8.2.7, 18.2.2; RFC 4475, 3.3.1).
module internal SipFun.Core.Refusing

open System
open SipFun

/// The source is noted at the top Via: `received` when the sent-by differs or rport is asked for,
/// `rport` when asked for (18.2.1; RFC 3581, 4). What the peer wrote there itself is overwritten:
/// else it could choose whom our response hits. The same Via when there is nothing to note.
let stamp (source: Hop) (via: Via) =
    let differs =
        match Address.parse via.Host with
        | ValueSome address -> address <> source.Address
        | ValueNone -> true

    let address () = Address.toIPAddress { source.Address with Scope = 0u }

    if via.HasRPort then
        via.WithSource(address (), ValueSome source.Port)
    elif differs || not (isNull via.Received) then
        via.WithSource(address (), ValueNone)
    else
        via

/// Back to where it came from, at the port that its Via names unless it asks for the source's.
/// A `maddr` in what nobody could read is not followed.
let private hopOf (source: Hop) (via: Via | null) =
    match via with
    | null -> source
    | via when via.HasRPort || TransportName.isReliable source.Transport -> source
    | via ->
        let port =
            if via.Port.HasValue then
                via.Port.Value
            else
                TransportName.defaultPort source.Transport

        { source with Port = port }

let private answer leg (source: Hop) status (wreck: Wreck) work =
    let via = wreck.TopVia |> Option.ofObj |> Option.map (stamp source) |> Option.toObj
    let tag = (SipHash.ofText work.Settings.Secret (string via)).ToString "x16"

    Flows.send
        0L
        leg
        (hopOf source via)
        (Refusal.create status via tag wreck |> ReadOnlyMemory)
        work

/// What came in and is no message. Nobody answers a request but who receives requests.
let unparsed leg (source: Hop) packet status work =
    if not (List.exists (fun (known: Leg) -> known.Number = leg) work.State.Legs) then
        Work.count Counted.UnknownLeg work
    else
        match work.State.Receiver, Refusal.tryRead packet with
        | ValueNone, _
        | _, ValueNone -> work
        | ValueSome _, ValueSome wreck -> answer leg source status wreck work
