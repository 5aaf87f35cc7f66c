// What a message says, as a value that can be compared; and everything touched once.
module SipFun.Tests.Message.Meaning

open System
open SipFun
open SipFun.Core

let rec private show (value: obj | null) : string =
    match value with
    | null -> "none"
    | :? string as text -> text
    | :? AuthenticationValue as it -> it.Scheme + show it.Parameters
    | :? TimestampValue as it -> $"{it.Sent} {it.Delay}"
    | :? Via as it -> it.Transport + " " + it.SentBy + show it.Parameters
    | :? NameAddr as it -> show it.DisplayName + string it.Uri + show it.Parameters
    | :? Collections.IEnumerable as items ->
        "[" + String.Join("|", items |> Seq.cast<obj> |> Seq.map show) + "]"
    | other -> string other

let private properties = typeof<TypedFields>.GetProperties()

/// Every typed field as text.
let ofFields (message: SipMessage) = [
    for property in properties do
        if property.DeclaringType = typeof<TypedFields> then
            property.Name, show (property.GetValue message)
]

/// What the elements of RFC 3261 look at.
let ofMessage (message: SipMessage) =
    let start =
        match message with
        | :? SipRequest as request -> $"{request.Method} {request.RequestUri}"
        | :? SipResponse as response -> $"{response.StatusCode} {response.ReasonPhrase}"
        | _ -> ""

    {|
        Start = start
        Vias = List.ofSeq message.Vias
        From = message.From
        To = message.To
        CallId = message.CallId
        CSeq = message.CSeq
        MaxForwards = message.MaxForwards
        Routes = List.ofSeq message.Routes
        Contacts = List.ofSeq message.Contacts
        Fields = ofFields message |> List.filter (fun (name, _) -> name <> "ContentType")
        Body = message.Body.ToArray()
    |}

/// Every typed header field there is.
let fields: HeaderField list = [
    for property in typeof<HeaderFields>.GetProperties() do
        match property.GetValue null with
        | :? HeaderField as field -> field
        | _ -> ()
]

/// Reads every typed field; how many are malformed.
let typed (message: SipMessage) =
    fields
    |> List.sumBy (fun field ->
        let lines = FieldLines(message.Bytes, message.Index, field.Id)
        if lines.Next 0 < 0 || isNull (field.Fault lines) then 0 else 1)

let roles = [ SipRole.Parser; SipRole.UserAgent; SipRole.Proxy; SipRole.Registrar ]

let private touchUri (uri: SipUri) =
    string uri.User
    + string uri.Host
    + string uri.Address
    + string (uri.GetHashCode())
    + string uri.Parameters.Count
    + string uri.Headers.Count

/// Reads everything there is to read; gives something that depends on it.
let touch (message: SipMessage) =
    let faults = roles |> List.sumBy (fun role -> message.Validate(role).Count)
    let addresses = [ message.From; message.To; yield! message.Contacts; yield! message.Routes ]

    let vias =
        message.Vias |> Seq.sumBy (fun via -> via.Parameters.Count + via.SentBy.Length)

    for header in message.Headers do
        message.GetHeader header.Key |> ignore

    for address in addresses do
        touchUri address.Uri |> ignore
        address.DisplayName |> ignore
        address.Parameters |> ignore
        (address.Q, address.Expires) |> ignore

    match message with
    | :? SipRequest as request -> touchUri request.RequestUri |> ignore
    | _ -> ()

    let same =
        addresses |> Seq.sumBy (fun a -> if a.Uri.IsEquivalentTo a.Uri then 0 else 1)

    if same > 0 then
        failwith "IsEquivalentTo is not reflexive"

    ofFields message |> ignore
    typed message + faults + vias + Peek.branch(message).Length + message.ToString().Length
