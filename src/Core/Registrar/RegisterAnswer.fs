// The answer to a REGISTER (RFC 3261, 10.3, step 8; RFC 3327, 5.3; RFC 3608, 6.3; RFC 5626, 6; RFC
// 5627, 5.2).
module internal SipFun.Core.RegisterAnswer

open System
open System.Globalization
open SipFun

let private fields headers (response: SipResponse) =
    headers
    |> List.fold
        (fun (response: SipResponse) (pair: string * string) -> response.WithAddedHeader pair)
        response

/// The GRUUs of a binding's device; of the temporary ones that of its last REGISTER.
let private gruus settings address (bindings: Binding list) (binding: Binding) =
    match binding.Instance with
    | ValueNone -> []
    | ValueSome instance ->
        let uri = binding.Contact.Uri

        let last =
            bindings
            |> List.filter (fun one -> one.Instance = binding.Instance)
            |> List.maxBy (fun one -> one.Since)

        [
            "pub-gruu", string (Gruu.publicOf address uri instance)
            match Gruu.temporary settings.Secret address uri instance last.CallId last.CSeq with
            | ValueSome gruu -> "temp-gruu", string gruu
            | ValueNone -> ()
        ]

/// Whole seconds that are left, never more than there are, and never none.
let private secondsLeft (now: Instant) (binding: Binding) =
    max 1L (int64 (binding.Until - now) / 1000L)

let private contact settings now (request: SipRequest) address bindings (binding: Binding) =
    let asksForGruus = settings.Gruus && RegisterChecks.lists request.Supported "gruu"

    [
        if asksForGruus then
            yield! gruus settings address bindings binding
        "expires", string (secondsLeft now binding)
    ]
    |> List.fold
        (fun (contact: NameAddr) (pair: string * string) -> contact.WithParameter pair)
        binding.Contact

/// RFC 5626, 6: a flow was bound, for one who understands.
let private outbound settings (request: SipRequest) (changes: BindingChange list) =
    let isFlow change =
        match change with
        | BindingChange.Added binding
        | BindingChange.Refreshed binding -> binding.RegId.IsSome
        | BindingChange.Removed _ -> false

    if RegisterChecks.lists request.Supported "outbound" && List.exists isFlow changes then
        [
            "Require", "outbound"
            match settings.FlowTimer with
            | ValueSome seconds -> "Flow-Timer", string seconds
            | ValueNone -> ()
        ]
    else
        []

let private answer settings (request: SipRequest) status reason =
    // Record-Route has no meaning here, and is never sent (10.3).
    request
        .CreateResponse(status, Tag.ofRequest settings.Secret request, reason)
        .WithoutHeader("Record-Route")

/// What a datagram of ours bears at most, below what UDP does.
[<Literal>]
let private Datagram = 65_000

/// How many bytes an answer may have. Over UDP anybody can write somebody else's address as the
/// source: who has not proved who he is gets three times what he has sent (as RFC 9000, 8.1).
let room (source: Hop) isKnown (request: SipRequest) =
    if source.Transport <> Transport.Udp then Int32.MaxValue
    elif isKnown then Datagram
    else min Datagram (3 * request.Bytes.Length)

let private isWritten changes binding =
    changes
    |> List.exists (fun change ->
        match change with
        | BindingChange.Added one
        | BindingChange.Refreshed one -> one = binding
        | BindingChange.Removed _ -> false)

/// Those of these lines for which there is room: first what this request has written.
let private fitting room changes (lines: (Binding * string) list) =
    let own, others = lines |> List.partition (fst >> isWritten changes)

    let take struct (left, taken) (binding, line: string) =
        let length = "Contact: \r\n".Length + line.Length

        if length <= left then
            struct (left - length, binding :: taken)
        else
            struct (left, taken)

    let struct (_, taken) = List.fold take (struct (room, [])) (own @ others)
    lines |> List.filter (fun (binding, _) -> List.contains binding taken)

let private filled settings (date: DateTimeOffset) (request: SipRequest) changes lines =
    answer settings request StatusCode.Ok null
    |> fields [
        for _, line in lines do
            "Contact", line
        "Date", date.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture)
        for one in request.Path do
            "Path", string one
        for one in settings.ServiceRoute do
            "Service-Route", string one
        yield! outbound settings request changes
    ]

/// 200, with every binding there is, as far as there is room for them.
let accept settings now date room request address (bindings: Binding list) changes =
    let lines =
        bindings
        |> List.map (fun one -> one, string (contact settings now request address bindings one))

    let whole = filled settings date request changes lines

    if whole.Bytes.Length <= room then
        whole
    else
        let bare = filled settings date request changes []
        filled settings date request changes (fitting (room - bare.Bytes.Length) changes lines)

let refuse settings request refusal =
    let status = RegisterRefusal.status refusal

    answer settings request status (RegisterRefusal.reason refusal)
    |> fields (RegisterRefusal.headers refusal)
