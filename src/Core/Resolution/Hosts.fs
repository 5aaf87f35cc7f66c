// From a host to hops: an address or `localhost` at once, a name by A and AAAA (RFC 3263, 4.2).
// Two families are mixed as RFC 8305, 4 asks: IPv6 first, then in turns, so that one broken family
// costs one try; what no leg's address suits comes last (RFC 7984, 4; RFC 6724, 6, rules 1 and 2).
namespace SipFun.Core

open SipFun

/// All that a stage may look at.
type Sight = { Legs: Leg list; Target: Target; Book: Book; Chance: Chance }

module HostName =
    let private isLabel (label: string) = label.Length >= 1 && label.Length <= 63

    /// Whether the DNS can hold the name (RFC 1035, 2.3.4).
    let isName (host: string) =
        host.Length >= 1 && host.Length <= 253 && host.Split '.' |> Array.forall isLabel

    /// RFC 6761, 6.3: these names mean loopback, and no server is asked.
    let isLocalhost (host: string) =
        host = "localhost" || host.EndsWith(".localhost", System.StringComparison.Ordinal)

module Hosts =
    let private loopbacks = [ Address.ofV4 0x7f000001u; Address.ofV6 0UL 1UL 0u ]

    /// What needs no DNS. IPv4 first for localhost: there most servers listen.
    let known (host: string) : Address list voption =
        match Address.parse host with
        | ValueSome address -> ValueSome [ address ]
        | ValueNone when HostName.isLocalhost host -> ValueSome loopbacks
        | ValueNone -> ValueNone

    let private typeOf family = if family = Family.V6 then DnsType.Aaaa else DnsType.A

    /// What the DNS must be asked for the addresses of a host.
    let questions (families: Family list) host =
        match known host with
        | ValueSome _ -> []
        | ValueNone -> families |> List.map (fun family -> { Name = host; Type = typeOf family })

    /// Those to ask now: not in the book yet, or the same of an alias.
    let unread (book: Book) (questions: Question list) =
        let next question =
            match Book.read question book with
            | Reading.Unread question -> Some question
            | _ -> None

        questions |> List.choose next |> List.distinct

    let private addressOf data =
        match data with
        | AddressOf address -> Some address
        | _ -> None

    let private answered (book: Book) question =
        match Book.read question book with
        | Reading.Found data -> List.choose addressOf data
        | _ -> []

    /// A server may turn the order of its records with each answer; a sender without state must not.
    let private ordered sight addresses =
        if sight.Target.Wishes.Key.IsSome then
            addresses |> List.sortBy Address.toString
        else
            addresses

    /// One of each list in turn, until all are used up.
    let private inTurns (lists: Address list list) =
        lists
        |> List.collect (List.mapi (fun place address -> struct (place, address)))
        |> List.sortBy (fun (struct (place, _)) -> place)
        |> List.map (fun (struct (_, address)) -> address)

    let private able sight transport address =
        LegChoice.able sight.Legs sight.Target.Wishes (Hop.create transport address 0)

    /// The legs that are left to send to the address have one that suits it.
    let private isSuited sight transport address =
        match able sight transport address with
        | leg :: _ -> Fit.ofAddress ValueNone address leg <= Fit.AnyAddress
        | [] -> false

    let private addresses sight (families: Family list) host =
        let all =
            match known host with
            | ValueSome addresses -> addresses
            | ValueNone ->
                questions families host
                |> List.map (answered sight.Book >> ordered sight)
                |> inTurns

        all |> List.filter (fun a -> List.contains a.Family families)

    /// Those that some leg reaches, what suits its address first.
    let private reached sight transport families host =
        let suited, others =
            addresses sight families host
            |> List.filter (able sight transport >> List.isEmpty >> not)
            |> List.partition (isSuited sight transport)

        suited @ others

    /// The addresses of a host that lie outside the networks of every leg.
    let outside sight transport families host =
        addresses sight families host |> List.filter (able sight transport >> List.isEmpty)

    /// Why the address cannot be sent to.
    let noLeg sight address =
        let isOfFamily (struct (_: Transport, families)) = List.contains address.Family families
        let transports = sight.Target.Transports

        if Reach.transports sight.Legs sight.Target |> List.exists isOfFamily then
            let there =
                Reach.transports sight.Legs sight.Target
                |> List.map (fun (struct (transport, _)) -> transport)

            Advice.outsideNetworks there address
        else
            Advice.noLegForAddress transports address

    let skip address = AddressSkipped(address, "outside the networks of every leg")

    /// The hops of a host over one transport.
    let hops sight transport families host port =
        let named: string | null =
            if TransportName.isSecure transport then sight.Target.Named else null

        reached sight transport families host
        |> List.map (fun address -> { Hop.create transport address port with VerifyName = named })

    let private isGone readings (name: string) =
        readings
        |> List.exists (fun (struct (question: Question, reading)) ->
            question.Name = name && reading = Reading.Lacking DnsStatus.NxDomain)

    /// What may pass comes before what is missing. A name that does not exist has no other
    /// records, whatever its other questions came to.
    let private rank readings (struct (question: Question, reading)) =
        match reading with
        | _ when isGone readings question.Name -> 3
        | Reading.Endless -> 0
        | Reading.Lacking DnsStatus.TimedOut -> 1
        | Reading.Lacking DnsStatus.NoData -> 2
        | Reading.Lacking _ -> 0
        | _ -> 4

    /// Why no question gave an address: the most telling of their failures.
    let failure (book: Book) families (questions: Question list) =
        let readings = questions |> List.map (fun q -> struct (q, Book.read q book))

        match List.sortBy (rank readings) readings with
        | struct (question, _) :: _ when isGone readings question.Name ->
            Advice.lacking families question DnsStatus.NxDomain
        | struct (question, Reading.Endless) :: _ -> Advice.endless question
        | struct (question, Reading.Lacking status) :: _ -> Advice.lacking families question status
        | struct (question, _) :: _ -> Advice.lacking families question DnsStatus.NoData
        | [] -> Advice.noLegs

    /// Whether the same question may be answered another time.
    let isTransient (failure: ResolutionFailure) =
        failure.Fault = ResolutionFault.DnsFailure || failure.Fault = ResolutionFault.TimedOut
