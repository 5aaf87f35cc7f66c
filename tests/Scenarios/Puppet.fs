// A caller that does what the play says and no more, also what our own user agent would not do: a
// BYE in an early dialog (RFC 5407, 3.1.3 and Appendix A). No transactions: it sends everything
// once, and ACKs what it must.
module SipFun.Tests.Scenarios.Puppet

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Script
open SipFun.Tests.Scenarios.Rules

type private Call = {
    Invite: SipRequest
    /// Its branches by their To tags, in the order of their coming.
    Dialogs: Dialog list
}

let private via (rules: Rules) (text: string) (request: SipRequest) =
    let branch = "z9hG4bK" + text
    request.PushVia(Via.Create(rules.Transport, sentBy rules, branch, false))

let private sendTo rules (request: SipRequest) =
    let next = Seq.tryHead request.Routes |> Option.map _.Uri

    match hopOf rules (Option.defaultValue request.RequestUri next) with
    | Some hop -> Element.send hop request
    | None -> Element.nothing

let private invite (rules: Rules) (about: string) (target: string) =
    SipRequest
        .Create(
            SipMethod.Invite,
            SipUri.Parse target,
            (NameAddr.Parse about).WithTag "puppet",
            NameAddr.Parse $"<{target}>",
            CallId.Parse $"{rules.Name}-1",
            1u
        )
        .WithAddedHeader("Contact", $"<sip:{rules.Name}@{List.head rules.Hosts}>")
        .WithBody("application/sdp", ReadOnlyMemory(Octets.ofText "offer 1"))
    |> via rules "invite"

let private noted (response: SipResponse) call =
    match Dialog.OfResponse(call.Invite, response) with
    | NonNull dialog when not (List.exists (fun (each: Dialog) -> each.Owns response) call.Dialogs) -> {
        call with
            Dialogs = call.Dialogs @ [ dialog ]
      }
    | _ -> call

let private acknowledge rules (response: SipResponse) call =
    if response.CSeq.Method <> SipMethod.Invite || response.IsProvisional then
        Element.nothing
    elif response.IsSuccess then
        call.Invite.WithoutTopVia().CreateAck response
        |> via rules $"ack-{response.ToTag}"
        |> sendTo rules
    else
        sendTo rules (call.Invite.CreateErrorAck response)

let private leave rules nth call =
    match List.tryItem (nth - 1) call.Dialogs with
    | Some dialog ->
        let mutable next = dialog
        dialog.CreateRequest(SipMethod.Bye, &next) |> via rules $"bye-{nth}" |> sendTo rules
    | None -> Element.nothing

let private calls rules about (words: string list) (call: Call option) =
    match words, call with
    | [ "calls"; target ], _ ->
        let request = invite rules about target
        Some { Invite = request; Dialogs = [] }, sendTo rules request
    | [ "leaves"; nth; "branch" ], Some known ->
        call, leave rules (int (nth.TrimEnd('s', 't', 'n', 'd'))) known
    | _ -> call, Element.nothing

let private arrived rules source packet call =
    match SipMessage.Parse(packet: ReadOnlyMemory<byte>), call with
    | (:? SipResponse as response), Some known ->
        let known = noted response known
        Some known, acknowledge rules response known
    | (:? SipRequest as request), _ when request.Method <> SipMethod.Ack ->
        call, Element.answer rules id 200 (Element.stamped source request)
    | _ -> call, Element.nothing

type private Standing(rules: Rules, about: string, call: Call option) =
    interface IMachine with
        member this.Take(_, happening) =
            let call, doings =
                match happening with
                | Ordered words -> calls rules about words call
                | Arrived(source, packet) -> arrived rules source packet call
                | _ -> call, Element.nothing

            struct (Standing(rules, about, call), doings)

        member _.Alarm = ValueNone
        member _.Left = []
        member _.Unended = []

let start rules (node: NodeLine) : IMachine = Standing(rules, node.About, None)
