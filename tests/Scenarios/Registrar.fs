// The registrar of one domain (RFC 3261, 10.3): the real one, with a challenge before it as the flows of
// RFC 3665, 2 have it.
module SipFun.Tests.Scenarios.Registrar

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Rules

let private isKnown (guard: Guard option) (request: SipRequest) =
    match guard with
    | None -> true
    | Some guard -> request.Authorization |> Seq.exists (Element.isGood guard request)

let private settings domain : RegistrarSettings = {
    Domains = set [ domain ]
    DefaultExpires = 3600u
    MinExpires = 60u
    MaxExpires = 3600u
    MaxContacts = 10
    MaxLength = 1000
    ServiceRoute = []
    TakesAnyPath = false
    Outbound = true
    FlowTimer = ValueNone
    Gruus = true
    Secret = struct (1UL, 2UL)
}

let private isHere rules (uri: SipUri) = isOwn rules uri.Host

let private take rules settings now source (request: SipRequest) (bindings: Binding list) =
    match Registrar.address settings (isHere rules request.RequestUri) request with
    | Addressed.Refused refusal -> struct (bindings, Registrar.refuse settings request refusal)
    | Addressed.To address ->
        let valid = bindings |> List.filter (fun binding -> binding.Until > now)
        let date = DateTimeOffset.UnixEpoch
        let isKnown = rules.Registers |> Option.bind snd |> Option.isSome

        let arrival = { Epoch = 0u; Leg = 1; Source = source; State = Dispatcher.start }

        let registered =
            Registrar.register settings now date arrival isKnown request address valid

        struct (ValueOption.defaultValue valid registered.Bindings, registered.Response)

type Registrar(rules: Rules) =
    let guard = rules.Registers |> Option.bind snd

    let settings =
        settings (rules.Registers |> Option.map fst |> Option.defaultValue "")

    let rec standing bindings = {
        new IMachine with
            member this.Take(now, happening) =
                match happening with
                | Arrived(source, packet) ->
                    match SipMessage.Parse packet with
                    | :? SipRequest as request when request.Method = SipMethod.Register ->
                        register now source (Element.stamped source request) bindings
                    | _ -> struct (this, Element.nothing)
                | _ -> struct (this, Element.nothing)

            member _.Alarm = ValueNone
            member _.Left = []
            member _.Unended = []
    }

    and register now source request bindings =
        if isKnown guard request then
            let struct (bindings, response) = take rules settings now source request bindings
            struct (standing bindings, Element.back rules response)
        else
            let realm = guard.Value.Realm

            struct (standing bindings, Element.challenge rules "WWW-Authenticate" 401 realm request)

    member _.Empty: IMachine = standing []
