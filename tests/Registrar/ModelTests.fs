// P-37: the registrar against a map (RFC 3261, 10.3): q, expires, Call-ID and CSeq, "*".
module SipFun.Tests.Registrar.ModelTests

open Expecto
open FsCheck
open FsCheck.FSharp
open SipFun.Tests.Registrar.Desk

type private Contact = { Host: int; Expires: int option; Q: int option }

type private Op =
    | Register of callId: int * cseq: int * expires: int option * Contact list
    | RemoveAll of callId: int * cseq: int * expires: int option
    | Query
    | Wait of seconds: int

// The model: who is bound until when, with what q, by which Call-ID and CSeq.
type private Row = { Until: int; Q: int; CallId: int; CSeq: int }

let private isLate callId cseq row = row.CallId = callId && cseq <= row.CSeq

let private bindOne now callId cseq usual before rows contact =
    let expires = contact.Expires |> Option.orElse usual |> Option.defaultValue 3600

    match Map.tryFind contact.Host before with
    | Some row when isLate callId cseq row -> Error 500
    | _ when expires = 0 -> Ok(Map.remove contact.Host rows)
    | _ ->
        let until = now + min expires 7200
        let q = Option.defaultValue 10 contact.Q
        Ok(Map.add contact.Host { Until = until; Q = q; CallId = callId; CSeq = cseq } rows)

let private model now op before =
    match op with
    | Query
    | Wait _ -> Ok before
    | RemoveAll(_, _, expires) when expires <> Some 0 -> Error 400
    | RemoveAll(callId, cseq, _) ->
        let isLate = Map.exists (fun _ row -> isLate callId cseq row) before
        if isLate then Error 500 else Ok Map.empty
    | Register(callId, cseq, usual, contacts) ->
        let isBrief (contact: Contact) =
            let expires = contact.Expires |> Option.orElse usual |> Option.defaultValue 3600
            expires > 0 && expires < 60

        let bind rows contact =
            Result.bind (fun rows -> bindOne now callId cseq usual before rows contact) rows

        if List.exists isBrief contacts then
            Error 423
        else
            List.fold bind (Ok before) contacts

// The registrar, told the same.
let private expiresField (expires: int option) =
    expires |> Option.map (fun n -> $"Expires: {n}") |> Option.toList

/// Two spellings of each host (19.1.4).
let private contactField index (contact: Contact) =
    let host = if index % 2 = 0 then "h" else "H"

    let q =
        contact.Q |> Option.map (fun q -> $";q={q / 10}.{q % 10}") |> Option.defaultValue ""

    let expires =
        contact.Expires |> Option.map (fun n -> $";expires={n}") |> Option.defaultValue ""

    $"Contact: <sip:bob@{host}{contact.Host}.test>{q}{expires}"

let private said op =
    match op with
    | Query
    | Wait _ -> from "query" 1 []
    | RemoveAll(callId, cseq, expires) ->
        from $"{callId}" cseq ("Contact: *" :: expiresField expires)
    | Register(callId, cseq, expires, contacts) ->
        from $"{callId}" cseq (expiresField expires @ List.mapi contactField contacts)

/// Host, q and the seconds that are left of each Contact of an answer, in the answer's order.
let private seen (response: SipFun.SipResponse) = [
    for contact in response.Contacts ->
        int ((contact.Uri.Host.ToLowerInvariant()).Replace("h", "").Replace(".test", "")),
        (if contact.Q.HasValue then int (contact.Q.Value * 10m) else 10),
        int contact.Expires.Value
]

let private expected now (rows: Map<int, Row>) = [
    for KeyValue(host, row) in rows -> host, row.Q, row.Until - now
]

let private agree now (rows: Map<int, Row>) (response: SipFun.SipResponse) =
    let listed = seen response
    let qs = listed |> List.map (fun (_, q, _) -> q)
    List.sort listed = expected now rows && qs = List.sortDescending qs

let private step (desk, now, rows, isAgreed) op =
    let now, desk =
        match op with
        | Wait seconds -> now + seconds, later seconds desk
        | _ -> now, desk

    let rows = rows |> Map.filter (fun _ row -> row.Until > now)
    let struct (response, desk) = send (said op) desk

    match model now op rows with
    | Ok after ->
        desk, now, after, isAgreed && response.StatusCode = 200 && agree now after response
    | Error status -> desk, now, rows, isAgreed && response.StatusCode = status

let private histories =
    let expires =
        Gen.elements [ None; Some 0; Some 30; Some 60; Some 100; Some 3600; Some 9999 ]

    let callId = Gen.elements [ 1; 2 ]
    let cseq = Gen.choose (1, 6)

    let contact =
        gen {
            let! host = Gen.choose (1, 4)
            let! expires = expires
            let! q = Gen.elements [ None; Some 1; Some 5; Some 10 ]
            return { Host = host; Expires = expires; Q = q }
        }

    let register =
        gen {
            let! contacts = Gen.listOf contact
            let! callId, cseq, expires = Gen.zip3 callId cseq expires
            let contacts = List.truncate 4 contacts

            return
                if contacts.IsEmpty then
                    Query
                else
                    Register(callId, cseq, expires, contacts)
        }

    let removal = Gen.map RemoveAll (Gen.zip3 callId cseq expires)
    let wait = Gen.map Wait (Gen.choose (1, 4000))
    Gen.listOf (Gen.frequency [ 6, register; 1, removal; 1, Gen.constant Query; 3, wait ])

let tests =
    let config = { FsCheckConfig.defaultConfig with maxTest = 500 }

    testPropertyWithConfig config "P-37: the registrar is a map"
    <| Prop.forAll (Arb.fromGen histories) (fun ops ->
        let _, _, _, isAgreed = List.fold step (start, 0, Map.empty, true) ops
        isAgreed)
