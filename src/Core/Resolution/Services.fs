// SRV: which hosts and ports serve a domain over each transport (RFC 3263, 4.2; RFC 2782).
// The priorities of different transports are not merged: all of one come before those of the next.
namespace SipFun.Core

open SipFun

module Services =
    let private prefix transport =
        match transport with
        | Transport.Udp -> "_sip._udp."
        | Transport.Tcp -> "_sip._tcp."
        | Transport.Tls -> "_sips._tcp."
        // RFC 7118 names none for WebSocket.
        | _ -> ""

    /// Where the SRV records of a domain are, when nobody says otherwise (RFC 3263, 4.1 and 4.2).
    let ofDomain legs (target: Target) = [
        for struct (transport, families) in Reach.transports legs target do
            if prefix transport <> "" then
                {
                    Transport = transport
                    Families = families
                    Question = Question.create (prefix transport + target.Host) DnsType.Srv
                }
    ]

    let private service data =
        match data with
        | ServiceAt(priority, weight, port, target) ->
            Some { Priority = priority; Weight = weight; Port = port; Target = target }
        | _ -> None

    let private read sight (sought: Sought) =
        match Book.read sought.Question sight.Book with
        | Reading.Found data -> List.choose service data
        | _ -> []

    /// "." says that the service is not offered (RFC 2782); nobody listens on port 0.
    let private flaw (service: Service) =
        if service.Target = "" then "the service is not offered"
        elif service.Port < 1 then "port 0"
        else ""

    let private skip (sought: Sought) (service: Service) =
        let target = if service.Target = "" then "." else service.Target
        ServiceSkipped(sought.Question.Name, target, flaw service)

    let private drawn (struct (sought: Sought, offer: Drawn)) =
        let s, name = offer.Service, sought.Question.Name
        ServiceDrawn(name, s.Target, s.Port, s.Priority, s.Weight, offer.Draw, offer.Total)

    /// The services of one transport in order, and those that are none.
    let private offers sight (sought: Sought) =
        let good, flawed = read sight sought |> List.partition (fun s -> flaw s = "")
        let ordered = Draw.first ResolutionBounds.Hops sought.Question sight.Chance good
        struct (ordered |> List.map (fun d -> struct (sought, d)), flawed |> List.map (skip sought))

    let private questions (struct (sought: Sought, offer: Drawn)) =
        Hosts.questions sought.Families offer.Service.Target

    /// How many address questions the bound leaves, after those about services.
    let private room sight =
        min
            ResolutionBounds.AddressQuestions
            (ResolutionBounds.Questions - Book.services sight.Book)

    /// One question for each target, as far as the bound goes: targets beyond it are left out. Of
    /// both families the usual one, IPv4: no target is lost for another's second family.
    let private first room offers =
        let take struct (asked: Question list, kept, left) offer =
            match questions offer |> List.tryLast with
            | Some question when not (List.contains question asked) ->
                if asked.Length < room then
                    struct (asked @ [ question ], offer :: kept, left)
                else
                    struct (asked, kept, offer :: left)
            | _ -> struct (asked, offer :: kept, left)

        let struct (asked, kept, left) = offers |> List.fold take (struct ([], [], []))
        struct (asked, List.rev kept, List.rev left)

    /// As many as can be looked up, in order of preference; then their other families, as far as
    /// there is room. What is left out is told.
    let private bounded room offers =
        let struct (asked, kept, left) = first room offers
        let others = kept |> List.collect questions |> List.distinct |> List.except asked
        let more = List.truncate (room - asked.Length) others
        struct (asked @ more, kept, left, List.skip more.Length others)

    let private hops sight (struct (sought: Sought, offer: Drawn)) =
        let service = offer.Service
        Hosts.hops sight sought.Transport sought.Families service.Target service.Port

    let private outside sight (struct (sought: Sought, offer: Drawn)) =
        Hosts.outside sight sought.Transport sought.Families offer.Service.Target

    let private tooMany (struct (sought: Sought, offer: Drawn)) =
        let name = sought.Question.Name
        ServiceSkipped(name, offer.Service.Target, "there are enough others")

    let private settle sight said offers : struct (Look * Decision list) =
        let struct (asked, kept, left, unasked) = bounded (room sight) offers

        match Hosts.unread sight.Book asked with
        | [] ->
            let order = List.map drawn kept
            let omitted = List.map tooMany left @ List.map QuestionSkipped unasked
            let said = said @ order @ omitted

            let outside = kept |> List.collect (outside sight) |> List.distinct
            let said = said @ List.map Hosts.skip outside

            match kept |> List.collect (hops sight), outside with
            | [], [] -> struct (Look.Ended(Hosts.failure sight.Book [] asked), said)
            | [], address :: _ -> struct (Look.Ended(Hosts.noLeg sight address), said)
            | hops, _ -> struct (Look.Settled hops, said)
        | unread -> struct (Look.Needs unread, [])

    /// No transport is offered; but where the DNS failed, it might have been.
    let private absent sight (sought: Sought list) =
        let failure = sought |> List.map _.Question |> Hosts.failure sight.Book []

        if Hosts.isTransient failure then
            failure
        else
            Advice.serviceAbsent sight.Target.Host

    /// Looks for the services sought. Silent when there are no SRV records at all; a failure of
    /// the DNS counts as none: servers that know no SRV fail so, and addresses may be found yet.
    let consider sight (sought: Sought list) : struct (Look * Decision list) =
        match sought |> List.map _.Question |> Hosts.unread sight.Book with
        | [] when sought |> List.forall (fun s -> (read sight s).IsEmpty) ->
            struct (Look.Silent, [])
        | [] ->
            let found = sought |> List.map (offers sight)
            let said = found |> List.collect (fun (struct (_, skipped)) -> skipped)

            match found |> List.collect (fun (struct (offers, _)) -> offers) with
            | [] -> struct (Look.Ended(absent sight sought), said)
            | offers -> settle sight said offers
        | unread -> struct (Look.Needs unread, [])
