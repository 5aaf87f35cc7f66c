// What a scenario file says of an element between user agents: whom it challenges, what it records,
// where it sends whom. Read once, from the lines under "given".
module SipFun.Tests.Scenarios.Rules

open SipFun
open SipFun.Core
open SipFun.Tests.Scenarios.Machine
open SipFun.Tests.Scenarios.Script

type Guard = { Realm: string; User: string; Password: string }

type Rules = {
    Name: string
    Transport: Transport
    Address: Address
    Hosts: string list
    RecordsRoute: bool
    /// Requests of calls go on only with credentials for this realm.
    Guard: Guard option
    /// It is the registrar of this domain, with or without a guard.
    Registers: (string * Guard option) option
    /// Where it sends whom; to several: it forks.
    Locations: Map<string, SipUri list>
    /// It answers 302 with these.
    Redirections: Map<string, string list>
    Directory: Directory
}

let private guard realm (login: string) =
    match login.Split ':' with
    | [| user; password |] -> { Realm = realm; User = user; Password = password }
    | _ -> failwith $"not user:password: {login}"

let private targets words = words |> List.filter (fun word -> word <> "and")

let private withLine rules (line: string list) =
    match line with
    | [ name; "serves"; host ] when name = rules.Name -> {
        rules with
            Hosts = rules.Hosts @ [ host ]
      }
    | name :: "records" :: _ when name = rules.Name -> { rules with RecordsRoute = true }
    | [ name; "challenges"; "for"; realm; login ] when name = rules.Name -> {
        rules with
            Guard = Some(guard realm login)
      }
    | [ name; "registers"; domain ] when name = rules.Name -> {
        rules with
            Registers = Some(domain, None)
      }
    | [ name; "registers"; domain; login ] when name = rules.Name -> {
        rules with
            Registers = Some(domain, Some(guard domain login))
      }
    | name :: "sends" :: who :: "to" :: where when name = rules.Name -> {
        rules with
            Locations = Map.add who (targets where |> List.map SipUri.Parse) rules.Locations
      }
    | name :: "redirects" :: who :: "to" :: where when name = rules.Name -> {
        rules with
            Redirections = Map.add who (targets where) rules.Redirections
      }
    | _ -> rules

let transport name =
    match TransportName.tryParse name with
    | ValueSome transport -> transport
    | ValueNone -> failwith $"not a transport: {name}"

let ofScript directory (script: Script) (node: NodeLine) =
    List.fold
        withLine
        {
            Name = node.Name
            Transport = transport script.Transport
            Address = (Address.parse node.Address).Value
            Hosts = node.Hosts
            RecordsRoute = false
            Guard = None
            Registers = None
            Locations = Map.empty
            Redirections = Map.empty
            Directory = directory
        }
        script.Given

let private scheme rules = if rules.Transport = Transport.Tls then "sips" else "sip"

/// What it writes into Via, and as its own URI into Record-Route.
let sentBy rules = $"{List.head rules.Hosts}:{TransportName.defaultPort rules.Transport}"

let uri rules = $"<{scheme rules}:{List.head rules.Hosts};lr>"

let isOwn rules (host: string) =
    List.contains host rules.Hosts || host = Address.toHost rules.Address

/// user@host, by which people are found here.
let who (uri: SipUri) =
    match uri.User with
    | null -> $"{uri.Scheme}:{uri.Host}"
    | user -> $"{uri.Scheme}:{user}@{uri.Host}"

let hop rules (host: string) port =
    let port = port |> Option.defaultValue (TransportName.defaultPort rules.Transport)

    match Address.parse host, Directory.addresses host rules.Directory with
    | ValueSome address, _
    | _, address :: _ -> Some(Hop.create rules.Transport address port)
    | _ -> None

let hopOf rules (uri: SipUri) = hop rules uri.Host (Option.ofNullable uri.Port)
