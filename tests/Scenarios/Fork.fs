// An element that sends one INVITE to several targets (RFC 3261, 16.7), as small as RFC 5407's
// appendices allow: each target's provisional and 2xx responses go on, its failure is acknowledged
// here and goes no further.
module SipFun.Tests.Scenarios.Fork

open System
open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Rules

/// The INVITEs it sent, by branch, with where they went.
type private Sent = Map<string, struct (SipRequest * SipUri)>

let private noted rules (request: SipRequest) (sent: Sent) =
    if request.Method = SipMethod.Invite && isNull request.ToTag then
        Element.targets rules request
        |> List.fold
            (fun sent target ->
                let struct (copy, next) = Element.forwarded rules request target

                match copy.TopVia.Branch with
                | null -> sent
                | branch -> Map.add branch (struct (copy, next)) sent)
            sent
    else
        sent

let private branchOf (response: SipResponse) =
    match response.TopVia.Branch with
    | null -> ""
    | branch -> branch

/// A failure of one target ends here, with its ACK (17.1.1.3); 100 is for the next hop only (16.7).
let private response rules (response: SipResponse) (sent: Sent) =
    let isOfInvite = response.CSeq.Method = SipMethod.Invite

    match Map.tryFind (branchOf response) sent with
    | Some(struct (invite, next)) when isOfInvite && response.StatusCode >= 300 ->
        match hopOf rules next with
        | Some hop -> Element.send hop (invite.CreateErrorAck response)
        | None -> Element.nothing
    | Some _ when isOfInvite && response.StatusCode = 100 -> Element.nothing
    | _ -> Element.response rules response

type Fork(rules: Rules) =
    let rec standing (sent: Sent) = {
        new IMachine with
            member this.Take(_, happening) =
                match happening with
                | Arrived(source, packet) ->
                    match SipMessage.Parse packet with
                    | :? SipRequest as request ->
                        let request = Element.stamped source request
                        struct (standing (noted rules request sent), Element.request rules request)
                    | :? SipResponse as incoming -> struct (this, response rules incoming sent)
                    | _ -> struct (this, Element.nothing)
                | _ -> struct (this, Element.nothing)

            member _.Alarm = ValueNone
            member _.Left = []
            member _.Unended = []
    }

    member _.Empty: IMachine = standing Map.empty
