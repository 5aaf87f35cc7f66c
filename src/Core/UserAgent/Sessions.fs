// Session timers as arithmetic (RFC 4028): who refreshes, when, and when a session that nobody
// refreshed ends. Who sends what is decided elsewhere.
module internal SipFun.Core.Sessions

open SipFun

/// RFC 4028, 4: no interval is shorter.
let private floor = 90_000L<ms>

let least (settings: AgentSettings) = max floor settings.Session.Least

/// The refresher asks at half the interval; the other hangs up a little before its end (10).
let start now interval isRefresher : Session =
    let margin = min 32_000L<ms> (interval / 3L)

    {
        Interval = interval
        IsRefresher = isRefresher
        RefreshAt = if isRefresher then now + interval / 2L else Queue.never
        ExpireAt = now + interval - margin
    }

let private interval (value: SecondsValue) = max floor (Wording.duration value.Seconds)

let private refresher (value: SecondsValue) =
    match value.GetParameter "refresher" with
    | null -> ""
    | name -> name.ToLowerInvariant()

/// What a 2xx to our INVITE or UPDATE says (7.2). Without an answer to our wish we refresh by
/// ourselves.
let ofResponse now (asked: Duration voption) (response: SipResponse) : Session voption =
    match response.SessionExpires, asked with
    | NonNull value, _ -> ValueSome(start now (interval value) (refresher value <> "uas"))
    | _, ValueSome wish -> ValueSome(start now wish true)
    | _, ValueNone -> ValueNone

/// The fields of a request: what we ask for, and no less than we were told (7.1).
let ask (wish: Duration voption) (least: Duration) (role: string) (request: SipRequest) =
    match wish with
    | ValueNone -> request
    | ValueSome wish ->
        let interval = Wording.seconds (max wish least)
        let value = if role = "" then $"{interval}" else $"{interval};refresher={role}"
        let request = Wording.field "Session-Expires" value request

        if least > floor then
            Wording.field "Min-SE" (string (Wording.seconds least)) request
        else
            request

/// A wish shorter than we accept: the 422's Min-SE (5, 9).
let tooShort (settings: AgentSettings) (request: SipRequest) =
    match request.SessionExpires with
    | NonNull value when
        Wording.lists request.Supported "timer" && Wording.duration value.Seconds < least settings
        ->
        ValueSome(least settings)
    | _ -> ValueNone

let private lowest (request: SipRequest) =
    match request.MinSe with
    | null -> floor
    | value -> max floor (Wording.duration value.Seconds)

/// What our 2xx to this INVITE or UPDATE says: interval, and whether the other end refreshes
/// (9, table 2); none: there is no session timer.
let agree (wish: Duration voption) (request: SipRequest) =
    let hasTimer = Wording.lists request.Supported "timer"

    match request.SessionExpires, wish with
    | NonNull value, _ ->
        let asked = interval value

        let agreed =
            match wish with
            | ValueSome wish -> max (lowest request) (min wish asked) |> min asked
            | ValueNone -> asked

        ValueSome(struct (agreed, hasTimer && refresher value <> "uas"))
    | _, ValueSome wish -> ValueSome(struct (max (lowest request) wish, hasTimer))
    | _, ValueNone -> ValueNone

/// The fields of our 2xx (9). Only a peer that has the extension is required to follow it.
let grant agreed (request: SipRequest) (response: SipResponse) : SipResponse =
    match agreed with
    | ValueNone -> response
    | ValueSome(struct (interval, isTheirs)) ->
        let role = if isTheirs then "uac" else "uas"

        let response =
            response.WithAddedHeader(
                "Session-Expires",
                $"{Wording.seconds interval};refresher={role}"
            )

        if Wording.lists request.Supported "timer" then
            response.WithAddedHeader("Require", "timer")
        else
            response

/// The session after our 2xx.
let ofAgreement now agreed : Session voption =
    match agreed with
    | ValueNone -> ValueNone
    | ValueSome(struct (interval, isTheirs)) -> ValueSome(start now interval (not isTheirs))
