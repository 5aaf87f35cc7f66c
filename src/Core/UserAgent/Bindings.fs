// The arithmetic of a binding (RFC 3261, 10.2): how long it lasts, when it is refreshed, and when
// it is tried again.
module internal SipFun.Core.Bindings

open SipFun

[<Literal>]
let private MostRaises = 3

/// The longest time between two tries.
let private mostBackOff = 1_800_000L<ms>

/// A registrar's Retry-After counts up to this.
let private mostRetryAfter = 86_400_000L<ms>

/// It was a request to take the binding back.
let isRemoval (sending: SentRequest) =
    let expires = sending.Request.Expires
    expires.HasValue && expires.Value = 0u

/// What the registrar gives our contact: its expires, else Expires, else what was asked (10.2.4).
let granted (registration: Registration) (response: SipResponse) =
    let own = registration.Order.Party.Contact.Uri

    let ours = response.Contacts |> Seq.tryFind (fun contact -> contact.Uri.Equals own)

    match ours with
    | Some contact when contact.Expires.HasValue -> Wording.duration contact.Expires.Value
    | _ when response.Expires.HasValue -> Wording.duration response.Expires.Value
    | _ -> registration.Expires

/// Early enough for a REGISTER that takes its whole 64*T1, and one more.
let refreshAfter (granted: Duration) = granted - min (granted / 2L) 90_000L<ms>

let private retryAfter (ending: ExchangeEnd) =
    match ending with
    | ExchangeEnd.Answered response ->
        match response.RetryAfter with
        | null -> 0L<ms>
        | value -> min mostRetryAfter (Wording.duration value.Seconds)
    | _ -> 0L<ms>

/// 30 s, doubling, less up to a half by chance (RFC 5626, 4.5), and no earlier than the registrar
/// says.
let backOff failures ending work =
    let most = min mostBackOff (30_000L<ms> * (1L <<< min 10 failures))
    let struct (less, work) = AgentWork.drawBelow (int64 most / 2L) work
    struct (max (retryAfter ending) (most - less * 1L<ms>), work)

/// 423: the registrar wants longer bindings (10.2.8).
let raised (response: SipResponse) (registration: Registration) =
    let least = response.MinExpires

    if
        response.StatusCode = 423
        && least.HasValue
        && registration.Raises < MostRaises
        && Wording.duration least.Value > registration.Expires
    then
        ValueSome {
            registration with
                Expires = Wording.duration least.Value
                Raises = registration.Raises + 1
        }
    else
        ValueNone
