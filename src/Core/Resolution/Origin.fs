// What in a message says where it goes. A request: the top Route, else the Request-URI
// (RFC 3261, 8.1.2). A response without a flow: the top Via (18.2.2; RFC 3581, 4; RFC 3263, 5).
namespace SipFun.Core

open System
open System.Collections.Generic
open SipFun

module Origin =
    /// None: there is no Route. A Route that cannot be read must not be passed by.
    let private topRoute (request: SipRequest) : Result<SipUri option, ResolutionFailure> =
        let mutable routes: IReadOnlyList<NameAddr> = Array.Empty()
        let mutable error: ParseError | null = null

        match request.TryGet(HeaderFields.Route, &routes, &error), error with
        | true, _ -> Ok(Seq.tryHead routes |> Option.map _.Uri)
        | false, null -> Ok None
        | false, error -> Error(Advice.unreadableRoute (string error))

    let private choose (request: SipRequest) route : struct (SipUri * bool * Decision list) =
        match route with
        | None -> struct (request.RequestUri, false, [ TargetIsRequestUri request.RequestUri ])
        | Some(route: SipUri) when route.IsLooseRouter ->
            struct (route, true, [ TargetIsRoute route ])
        | Some _ -> struct (request.RequestUri, true, [ TargetIsStrictRoute request.RequestUri ])

    /// The URI, whether there is a Route, and why. A top Route without `lr` was put there by an
    /// element that moved the strict router into the Request-URI (12.2.1.1, 16.6), so that is it.
    let ofRequest (request: SipRequest) = topRoute request |> Result.map (choose request)

    /// The Via's transport, unless the flow is known: then the flow's (18.2.2), whatever the peer wrote.
    let private transports (wishes: Wishes) (via: Via) =
        match wishes.Transports, TransportName.tryParse via.Transport with
        | [], ValueSome transport -> [ transport ]
        | [], ValueNone -> []
        | wished, _ -> wished

    let private written (port: Nullable<int>) =
        if port.HasValue then ValueSome port.Value else ValueNone

    let private isReliable transports = transports |> List.forall TransportName.isReliable

    /// The port to send to where the RFC rules out SRV: as written, else the transport's own.
    let private portOr transports (port: Nullable<int>) =
        match written port, transports with
        | ValueNone, transport :: _ -> ValueSome(TransportName.defaultPort transport)
        | port, _ -> port

    /// rport counts for datagrams only, and only beside `received` (RFC 3581, 4).
    let private receivedPort transports (via: Via) =
        if not (isReliable transports) && via.RPort.HasValue then
            written via.RPort
        else
            portOr transports via.Port

    let private host (via: Via) transports =
        match via.Maddr, via.ReceivedAddress with
        | NonNull maddr, _ when not (isReliable transports) ->
            struct (maddr, portOr transports via.Port, [ MaddrReplaces maddr ])
        | _, NonNull received -> struct (string received, receivedPort transports via, [])
        | _ -> struct (via.Host, written via.Port, [])

    /// The target that the sent-by of a response's top Via names (RFC 3263, 5), if it has one.
    let ofSentBy wishes number (response: SipResponse) =
        if response.ViaCount = 0 then
            ValueNone
        else
            let via = response.TopVia
            let transports = transports wishes via
            let target = Target.ofParts wishes number transports via.Host (written via.Port)
            ValueSome(struct (target, [ TargetIsVia via.SentBy ]))

    /// The target of a response, if it has a Via at all.
    let ofResponse wishes number (response: SipResponse) =
        if response.ViaCount = 0 then
            ValueNone
        else
            let via = response.TopVia
            let transports = transports wishes via
            let struct (host, port, said) = host via transports

            let target = {
                Target.ofParts wishes number transports host port with
                    Named = (Target.ofParts wishes number transports via.Host port).Named
            }

            ValueSome(struct (target, TargetIsVia via.SentBy :: said))
