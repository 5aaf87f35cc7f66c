// The bindings after a REGISTER: all of it, or nothing (RFC 3261, 10.3, steps 6 and 7; RFC 5626, 6).
module internal SipFun.Core.BindingUpdate

open SipFun

/// A REGISTER and how it came.
[<NoComparison>]
type Registering = {
    Request: SipRequest
    Address: AddressOfRecord
    Arrival: RegisterArrival
}

/// Bindings under way: those of before that were not touched, and those that this request writes,
/// latest first.
[<NoComparison>]
type private Work = { Old: Binding list; Fresh: Binding list }

let private binding settings now registering (asked: RequestedContact) : Binding =
    let seconds = min asked.Expires settings.MaxExpires

    {
        Contact = asked.Contact
        Q = asked.Q
        Until = now + int64 seconds * 1000L<ms>
        Since = now
        CallId = registering.Request.CallId
        CSeq = registering.Request.CSeq.Number
        Path =
            registering.Request.Path
            |> Seq.map (fun one -> NameAddr.Parse(string one))
            |> List.ofSeq
        Instance = asked.Instance
        RegId = asked.RegId
        Epoch = registering.Arrival.Epoch
        Leg = registering.Arrival.Leg
        Source = ValueSome registering.Arrival.Source
    }

/// The binding that a Contact means: a flow by instance and reg-id (RFC 5626, 6), others by the
/// comparison of their URIs, which is not transitive: the same one before a similar one.
let private tryMeant (contact: NameAddr) (regId: int voption) instance (bindings: Binding list) =
    match regId with
    | ValueSome _ ->
        bindings |> List.tryFind (fun one -> one.RegId = regId && one.Instance = instance)
    | ValueNone ->
        let plain = bindings |> List.filter (fun one -> one.RegId.IsNone)
        let uri = contact.Uri

        match plain |> List.tryFind (fun one -> one.Contact.Uri = uri) with
        | Some same -> Some same
        | None -> plain |> List.tryFind (fun one -> one.Contact.Uri.IsEquivalentTo uri)

let private tryAsked (asked: RequestedContact) bindings =
    tryMeant asked.Contact asked.RegId asked.Instance bindings

let private without binding bindings = bindings |> List.filter ((<>) binding)

let private write make (asked: RequestedContact) (known: Binding option) work =
    let fresh =
        match tryAsked asked work.Fresh with
        | Some twice -> without twice work.Fresh
        | None -> work.Fresh

    {
        Old = known |> Option.fold (fun old one -> without one old) work.Old
        Fresh = if asked.Expires = 0u then fresh else make asked :: fresh
    }

/// What became of each, by what was there before and is there after, however often a Contact
/// stands in the request.
let private changes before work =
    let gone = before |> List.filter (fun one -> not (List.contains one work.Old))

    let write struct (gone, told) (one: Binding) =
        match tryMeant one.Contact one.RegId one.Instance gone with
        | Some known -> struct (without known gone, BindingChange.Refreshed one :: told)
        | None -> struct (gone, BindingChange.Added one :: told)

    let struct (gone, told) = List.fold write (struct (gone, [])) (List.rev work.Fresh)
    List.map BindingChange.Removed gone @ List.rev told

let private next make (request: SipRequest) work (asked: RequestedContact) =
    work
    |> Result.bind (fun work ->
        match tryAsked asked work.Old with
        | Some known when Binding.isOutOfOrder request known -> Error RegisterRefusal.OutOfOrder
        | known -> Ok(write make asked known work))

let private bounded settings (before: Binding list) (bindings: Binding list) =
    if bindings.Length > settings.MaxContacts && bindings.Length > List.length before then
        Error RegisterRefusal.TooManyContacts
    else
        Ok(Binding.ranked bindings)

/// Those whose connection has not ended (RFC 5626, 7).
let private living registering bindings =
    let arrival = registering.Arrival
    bindings |> List.filter (Binding.isCutOff arrival.Epoch arrival.State >> not)

/// Step 7: the Contacts one after the other.
let private each settings now registering before asked =
    let start = Ok { Old = before; Fresh = [] }
    let make = binding settings now registering

    match List.fold (next make registering.Request) start asked with
    | Error refusal -> Error refusal
    | Ok work ->
        let work = { work with Old = living registering work.Old }

        bounded settings (living registering before) (List.rev work.Fresh @ work.Old)
        |> Result.map (fun bindings -> struct (bindings, changes before work))

/// Step 6: "*" with Expires 0, and nothing else.
let private all (request: SipRequest) (before: Binding list) =
    if not (request.Expires.HasValue && request.Expires.Value = 0u) then
        Error(RegisterRefusal.Malformed "Contact * Needs Expires 0")
    elif List.exists (Binding.isOutOfOrder request) before then
        Error RegisterRefusal.OutOfOrder
    else
        Ok(struct ([], List.map BindingChange.Removed before))

/// The bindings from now on, highest q first, and what became of each; or why nothing changes.
let apply settings now registering (before: Binding list) =
    let request = registering.Request

    if isNull (request.GetHeader "Contact") then
        Ok(struct (living registering before, []))
    elif request.IsWildcardContact then
        all request before
    else
        RegisterChecks.contacts settings registering.Address request
        |> Result.bind (each settings now registering before)
