// Requests that bear credentials: at once for a realm that asked before in the same dialog or
// registration, and again when a 401 or 407 asks (RFC 3261, 22). What a realm asked is remembered
// with whoever it asked, so that credentials never go to another peer.
module internal SipFun.Core.Challenges

open SipFun

/// The request as it is sent first (22.1).
let first logins (realms: Realms) (request: SipRequest) work =
    if realms.IsEmpty then
        struct (request, realms, work)
    else
        let struct (nonce, work) = AgentWork.drawTag work
        let known = { Realms = realms; Tries = 0 }
        let struct (request, state) = DigestLogins.start logins nonce request known
        struct (request, state.Realms, work)

/// The request again, with the credentials that its response asks for; none: it does not ask,
/// nobody may log in, or they were refused (22.2).
let again logins (realms: Realms) (sending: SentRequest) (response: SipResponse) work =
    if response.StatusCode <> 401 && response.StatusCode <> 407 then
        struct (ValueNone, work)
    else
        let struct (nonce, work) = AgentWork.drawTag work
        let known = { Realms = realms; Tries = sending.Tries }

        match DigestLogins.answer logins nonce sending.Request response known with
        | ValueNone -> struct (ValueNone, work)
        | ValueSome(struct (request, state)) -> struct (ValueSome(struct (request, state)), work)
