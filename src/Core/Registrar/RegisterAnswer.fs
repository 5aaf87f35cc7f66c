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

/// 200, with every binding there is.
let accept settings now (date: DateTimeOffset) request address (bindings: Binding list) changes =
    answer settings request StatusCode.Ok null
    |> fields [
        for binding in bindings do
            "Contact", string (contact settings now request address bindings binding)
        "Date", date.ToUniversalTime().ToString("R", CultureInfo.InvariantCulture)
        for one in request.Path do
            "Path", string one
        for one in settings.ServiceRoute do
            "Service-Route", string one
        yield! outbound settings request changes
    ]

let refuse settings request refusal =
    let status = RegisterRefusal.status refusal

    answer settings request status (RegisterRefusal.reason refusal)
    |> fields (RegisterRefusal.headers refusal)
