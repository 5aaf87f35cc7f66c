// A binding (RFC 3261, 10.2): made, refreshed before it expires, and taken back. With one
// Call-ID and rising CSeq for all at one registrar, and never two REGISTERs of one binding at once.
module internal SipFun.Core.Registering

open SipFun

let private build (registration: Registration) callId cseq work =
    let party = registration.Order.Party
    let expires = if registration.IsRemoving then 0L<ms> else registration.Expires
    let seconds = string (Wording.seconds expires)
    let contact = party.Contact.WithParameter("expires", seconds)

    let request =
        Wording.request
            SipMethod.Register
            party.Target
            party
            (string registration.From.Tag)
            callId
            cseq
            registration.Order.Content
            work.Settings

    request
    |> Wording.field "Contact" (contact.ToString())
    |> Wording.field "Expires" seconds
    |> Wording.field "Allow" (Wording.allow work.Settings)
    |> Wording.field
        "Supported"
        (Wording.join (Wording.extensions work.Settings.Reliability work.Settings))

let private sent number sending realms (registration: Registration) work =
    AgentWork.setRegistration
        number
        {
            registration with
                Sending = sending
                Realms = realms
                At = Queue.never
        }
        work

let private send number (registration: Registration) work =
    let order = registration.Order
    let struct (callId, cseq, work) = AgentWork.nextRegister order work
    let request = build registration callId cseq work

    let struct (request, realms, work) =
        Challenges.first order.Party.Logins registration.Realms request work

    let purpose = Purpose.Registering number

    let struct (sending, work) =
        AgentWork.send purpose order.Party.NextHop 0 request work

    sent number sending realms registration work

let refuse number refusal work =
    AgentWork.tell
        (AgentEvent.RegistrationFailed(number, ExchangeEnd.Refused refusal, ValueNone))
        work

let start number (order: RegisterOrder) work =
    if work.State.IsClosed then
        refuse number AgentRefusal.Closed work
    elif
        work.State.Counts.Registrations >= work.Settings.Limits.Registrations
        || (AgentState.tryFind number work.State).IsSome
    then
        refuse number AgentRefusal.TooMany work
    else
        let struct (tag, work) = AgentWork.drawTag work

        let registration = {
            Order = order
            From = order.Party.From.WithTag tag
            Realms = Map.empty
            Expires = order.Expires
            Sending = 0L
            IsRemoving = false
            WasBound = false
            Raises = 0
            Missed = 0
            At = Queue.never
        }

        send number registration work

/// Takes the binding back; while a REGISTER is under way, after it (10.2).
let remove number work =
    match AgentState.tryFind number work.State with
    | ValueSome(RegistrationEntry registration) when not registration.IsRemoving ->
        let removing = { registration with IsRemoving = true }

        if registration.Sending = 0L then
            send number removing work
        else
            AgentWork.setRegistration number removing work
    | _ -> work

let private over number ending (registration: Registration) work =
    let work = AgentWork.remove number work

    if registration.IsRemoving then
        AgentWork.tell (AgentEvent.Unregistered(number, ending)) work
    else
        AgentWork.tell (AgentEvent.RegistrationFailed(number, ending, ValueNone)) work

/// Not bound: what was bound once is tried again until it is given up.
let private failed number (ending: ExchangeEnd) (registration: Registration) work =
    if registration.IsRemoving || not registration.WasBound then
        over number ending registration work
    else
        let struct (wait, work) = Bindings.backOff registration.Missed ending work

        AgentWork.setRegistration
            number
            {
                registration with
                    Missed = registration.Missed + 1
                    Sending = 0L
                    At = work.Now + wait
            }
            work
        |> AgentWork.tell (AgentEvent.RegistrationFailed(number, ending, ValueSome wait))

let private bound number (response: SipResponse) (registration: Registration) work =
    let granted = Bindings.granted registration response

    if granted <= 0L<ms> then
        failed number (ExchangeEnd.Answered response) registration work
    else
        AgentWork.setRegistration
            number
            {
                registration with
                    WasBound = true
                    Missed = 0
                    Raises = 0
                    Sending = 0L
                    At = work.Now + max 1_000L<ms> (Bindings.refreshAfter granted)
            }
            work
        |> AgentWork.tell (AgentEvent.Registered(number, granted, response))

/// Of a REGISTER that is not yet over: what follows, unless it is refused for good.
let private again number (sending: SentRequest) response (registration: Registration) work =
    let logins = registration.Order.Party.Logins

    match Challenges.again logins registration.Realms sending response work with
    | struct (ValueSome(struct (request, state)), work) ->
        let purpose = Purpose.Registering number
        let struct (_, cseq, work) = AgentWork.nextRegister registration.Order work

        let struct (next, work) =
            AgentWork.send purpose sending.NextHop state.Tries (Wording.numbered cseq request) work

        ValueSome(sent number next state.Realms registration work)
    | struct (ValueNone, work) ->
        match Bindings.raised response registration with
        | ValueSome registration when not (Bindings.isRemoval sending) ->
            ValueSome(send number registration work)
        | _ -> ValueNone

let private current number sending work =
    match AgentState.tryFind number work.State with
    | ValueSome(RegistrationEntry registration) when registration.Sending = sending ->
        ValueSome registration
    | _ -> ValueNone

/// The refresh that was under way is over, and the binding is to be taken back now.
let private mustRemove (sending: SentRequest) (registration: Registration) =
    registration.IsRemoving && not (Bindings.isRemoval sending)

/// A final response to a REGISTER.
let responded number own (sending: SentRequest) (response: SipResponse) work =
    match current number own work with
    | ValueNone -> work
    | ValueSome registration when mustRemove sending registration -> send number registration work
    | ValueSome registration ->
        match again number sending response registration work with
        | ValueSome work -> work
        | ValueNone when response.IsSuccess && not registration.IsRemoving ->
            bound number response registration work
        | ValueNone -> failed number (ExchangeEnd.Answered response) registration work

/// No response came.
let unanswered number own (sending: SentRequest) (outcome: Outcome) work =
    match current number own work with
    | ValueNone -> work
    | ValueSome registration when mustRemove sending registration -> send number registration work
    | ValueSome registration -> failed number (ExchangeEnd.Failed outcome) registration work

let due number (registration: Registration) work = send number registration work
