// The words of a resolution that failed: what was found, and what to do next.
// Texts are made only here, once, when a resolution has ended without a hop.
namespace SipFun.Core

open System
open SipFun

module Advice =
    let private failure stage fault detail = { Stage = stage; Fault = fault; Detail = detail }

    let private upper (transport: Transport) = TransportName.via transport
    let private version family = if family = Family.V6 then "IPv6" else "IPv4"

    let private alternatives (transports: Transport list) =
        String.Join(" or ", transports |> List.map upper)

    let unknownScheme stage (uri: SipUri) =
        failure
            stage
            ResolutionFault.UnknownScheme
            $"A {Sanitizer.text uri.Scheme} URI does not say where to send to. \
              Add a Route, a domain map entry for \"*\", or an outgoing proxy."

    let noHost (host: string) =
        failure
            ResolutionStage.Target
            ResolutionFault.NameNotFound
            $"\"{Sanitizer.text host}\" is neither an address nor a name that the DNS can hold. \
              Correct the host."

    /// Scheme, transport parameter and wishes exclude each other.
    let noTransportAllowed =
        failure
            ResolutionStage.Transports
            ResolutionFault.NoTransport
            "Scheme, transport parameter and the transports asked for leave none to use. \
             Use a transport that all of them allow (udp, tcp, tls, ws, wss; for sips tls or wss)."

    let noLegs =
        failure
            ResolutionStage.Legs
            ResolutionFault.NoLeg
            "There is no leg to send from, or none of those asked for is there. Add a leg."

    let noLegForTransport (transports: Transport list) =
        failure
            ResolutionStage.Transports
            ResolutionFault.NoTransport
            $"No leg speaks {alternatives transports}. Add a {upper transports.Head} leg."

    let noLegForAddress (transports: Transport list) (address: Address) =
        failure
            ResolutionStage.Legs
            ResolutionFault.NoLeg
            $"No {alternatives transports} leg has an {version address.Family} address, as \
              {Address.toString address} needs. Add a {upper transports.Head} leg with an \
              {version address.Family} address."

    /// Legs of the transport and family are there, and their `Networks` leave the address out.
    let outsideNetworks (transports: Transport list) (address: Address) =
        failure
            ResolutionStage.Legs
            ResolutionFault.NoLeg
            $"{Address.toString address} is outside the Networks of every {alternatives transports} \
              leg. Add a network to one of them, or a leg."

    let serviceAbsent (host: string) =
        failure
            ResolutionStage.ServiceRecords
            ResolutionFault.ServiceAbsent
            $"{Sanitizer.text host} says in its SRV records that it offers no SIP over the \
              transports in question. Allow another transport, or name a port to bypass SRV."

    /// The stage that asks it.
    let stageOf (question: Question) =
        match question.Type with
        | DnsType.Naptr -> ResolutionStage.PointerRecords
        | DnsType.Srv -> ResolutionStage.ServiceRecords
        | _ -> ResolutionStage.AddressRecords

    let private dnsFault question fault words =
        failure (stageOf question) fault $"{Sanitizer.text (Question.toString question)}: {words}"

    /// The legs have addresses of one family only, and the name may have only others.
    let private noAddress (families: Family list) question =
        let other =
            match families with
            | [ family ] ->
                let missing = if family = Family.V6 then Family.V4 else Family.V6

                $"Legs reach {version family} only: add one with an {version missing} address, \
                  or add"
            | _ -> "Add"

        dnsFault
            question
            ResolutionFault.NoAddress
            $"the name is there, but has no address. {other} the record to the DNS."

    /// Why a name gave no address; `families`: those that were asked for.
    let lacking families (question: Question) (status: DnsStatus) =
        match status with
        | DnsStatus.NxDomain ->
            dnsFault
                question
                ResolutionFault.NameNotFound
                "the name does not exist. Correct the host, or add it to the domain map."
        | DnsStatus.TimedOut ->
            dnsFault
                question
                ResolutionFault.TimedOut
                "no DNS server answered in time. Check network and DNS servers, then try again."
        | DnsStatus.NoData -> noAddress families question
        | _ ->
            dnsFault
                question
                ResolutionFault.DnsFailure
                "the DNS server failed or refused. Try again, or use another DNS server."

    let endless question =
        dnsFault
            question
            ResolutionFault.DnsFailure
            $"a chain of more than {ResolutionBounds.Aliases} CNAME records, or a loop. \
              Correct the zone."

    let unreadableRoute (error: string) =
        failure
            ResolutionStage.Target
            ResolutionFault.Unreadable
            $"The Route header field cannot be read: {Sanitizer.text error}. \
              Correct it, or give a destination."

    let noVia =
        failure
            ResolutionStage.Target
            ResolutionFault.Unreadable
            "The response has no Via that says where to send it. \
             Create it from its request, or give a destination."
