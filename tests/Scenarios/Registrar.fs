// A registrar of one domain (RFC 3261, 10.3), as small as the flows of RFC 3665, 2 allow: bindings
// with their expiry, a challenge, and the list of what is bound in each answer.
module SipFun.Tests.Scenarios.Registrar

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Rules

[<Literal>]
let private Usual = 3600

type private Binding = { Contact: NameAddr; Until: Instant }

let private isKnown (guard: Guard option) (request: SipRequest) =
    match guard with
    | None -> true
    | Some guard -> request.Authorization |> Seq.exists (Element.isGood guard request)

let private seconds (request: SipRequest) (contact: NameAddr) =
    match Option.ofNullable contact.Expires, Option.ofNullable request.Expires with
    | Some seconds, _
    | None, Some seconds -> int64 seconds
    | None, None -> int64 Usual

let private isOf (contact: NameAddr) binding = binding.Contact.Uri = contact.Uri

let private bind now request bindings (contact: NameAddr) =
    let others = bindings |> List.filter (isOf contact >> not)

    match seconds request contact with
    | 0L -> others
    | seconds -> others @ [ { Contact = contact; Until = now + seconds * 1000L<ms> } ]

let private updated now (request: SipRequest) bindings =
    let valid = bindings |> List.filter (fun binding -> binding.Until > now)

    if request.IsWildcardContact then
        []
    else
        List.fold (bind now request) valid (List.ofSeq request.Contacts)

let private listed now bindings (response: SipResponse) =
    bindings
    |> List.fold
        (fun (response: SipResponse) binding ->
            let left = (binding.Until - now) / 1000L<ms>
            response.WithAddedHeader("Contact", $"<{binding.Contact.Uri}>;expires={left}"))
        response

type Registrar(rules: Rules) =
    let guard = rules.Registers |> Option.bind snd

    let rec standing bindings = {
        new IMachine with
            member this.Take(now, happening) =
                match happening with
                | Arrived(source, packet) ->
                    match SipMessage.Parse packet with
                    | :? SipRequest as request when request.Method = SipMethod.Register ->
                        register now (Element.stamped source request) bindings
                    | _ -> struct (this, Element.nothing)
                | _ -> struct (this, Element.nothing)

            member _.Alarm = ValueNone
            member _.Left = []
            member _.Unended = []
    }

    and register now request bindings =
        if isKnown guard request then
            let bindings = updated now request bindings
            struct (standing bindings, Element.answer rules (listed now bindings) 200 request)
        else
            let realm = guard.Value.Realm

            struct (standing bindings, Element.challenge rules "WWW-Authenticate" 401 realm request)

    member _.Empty: IMachine = standing []
