// A request on its way on: what is taken out, put in and changed, and the hop it goes to
// (RFC 3261, 16.6). The bytes that are not named go as they came.
module internal SipFun.Core.ProxyRequest

open System
open System.Collections.Generic
open System.Text
open SipFun

/// How many Routes of its own a request still bears.
let private left (passage: Passage) = passage.Last - passage.First

let private topRoute (passage: Passage) =
    match passage.Path with
    | first :: _ -> ValueSome first
    | [] when left passage > 0 -> ValueSome passage.Routes[passage.First].Address
    | [] -> ValueNone

/// Without `lr` the next hop is a strict router: its URI goes into the request line, and what was
/// there becomes the last Route (16.6, item 6).
let private isStrict (passage: Passage) =
    match topRoute passage with
    | ValueSome route -> not route.Uri.IsLooseRouter
    | ValueNone -> false

let private withoutTop (passage: Passage) =
    match passage.Path with
    | _ :: rest -> { passage with Path = rest }
    | [] -> { passage with First = passage.First + 1 }

/// Where it is to go (16.6, item 7).
let whither (passage: Passage) : Whither =
    let isSecure = passage.Uri.IsSips

    match topRoute passage with
    | ValueSome route -> { Uri = route.Uri; HasRoute = true; IsSecure = isSecure }
    | ValueNone -> { Uri = passage.Uri; HasRoute = false; IsSecure = isSecure }

let private insert at (text: string) (edits: List<Edit>) =
    edits.Add { Start = at; Stop = at; Text = ReadOnlyMemory(Octets.ofText text) }

let private removeRoutes (passage: Passage) edits =
    let routes, request = passage.Routes, passage.Request

    if left passage = 0 then
        RouteValues.removed request routes 0 routes.Length edits
    else
        RouteValues.removed request routes 0 passage.First edits
        RouteValues.removed request routes passage.Last (routes.Length - passage.Last) edits

let private pushed (path: NameAddr list) =
    match path with
    | [] -> ""
    | path -> "Route: " + String.Join(", ", path) + "\r\n"

/// The Route that a strict router's Request-URI becomes stands behind all others.
let private appendRoute (passage: Passage) (uri: SipUri) edits =
    let index = passage.Request.Index

    let at =
        if passage.Routes.Length = 0 then
            index.HeadersStart
        else
            index.LineEnd(passage.Routes[passage.Routes.Length - 1].Line)

    insert at $"Route: <{uri}>\r\n" edits

let private requestUri (passage: Passage) (uri: SipUri) (edits: List<Edit>) =
    let index = passage.Request.Index

    if not (obj.ReferenceEquals(uri, passage.Request.RequestUri)) then
        edits.Add {
            Start = index.MiddleStart
            Stop = index.MiddleEnd
            Text = uri.ForRequest().Octets
        }

let private isSecure (passage: Passage) =
    passage.Uri.IsSips
    || (match topRoute passage with
        | ValueSome route -> route.Uri.IsSips
        | ValueNone -> false)

/// Our Via, Record-Route and the Path, in this order, above all that was there.
let private head (view: ProxyView) loop (passage: Passage) path (leg: Leg) (edits: List<Edit>) =
    let request = passage.Request

    let back: ProxyWay.WayBack = {
        Leg = passage.Leg
        Flow = passage.Source.Flow
        Epoch = view.Own.Epoch
    }

    let at = request.Index.HeadersStart

    edits.Add {
        Start = at
        Stop = at
        Text = ProxyWords.via view.Own back loop request leg
    }

    let more =
        ProxyWords.recordRoute view (isSecure passage) passage.Leg leg request + pushed path

    if more <> "" then
        insert at more edits

/// Credentials that were meant for us go no further (22.3); each has a line of its own (7.3.1).
let private withoutOurCredentials (passage: Passage) (edits: List<Edit>) =
    let request, index = passage.Request, passage.Request.Index

    if not passage.Realms.IsEmpty && index.Has HeaderId.ProxyAuthorization then
        let mutable number = 0

        for line in 0 .. index.Count - 1 do
            if index.Lines[line].Id = HeaderId.ProxyAuthorization then
                let values = request.ProxyAuthorization
                let isFor realm = DigestClaim.isFor realm values[number]

                if number < values.Count && List.exists isFor passage.Realms then
                    edits.Add {
                        Start = index.Lines[line].Start
                        Stop = index.LineEnd line
                        Text = ReadOnlyMemory.Empty
                    }

                number <- number + 1

/// Only who sent it himself can be reached where it came from.
let private isNeighbours (request: SipRequest) = request.ViaCount = 1

/// The request as it leaves by this leg.
let write (view: ProxyView) loop (passage: Passage) (leg: Leg) =
    let request = passage.Request
    let edits = List<Edit> 8
    let after = if isStrict passage then withoutTop passage else passage
    head view loop passage after.Path leg edits

    match topRoute passage with
    | ValueSome route when isStrict passage ->
        requestUri after route.Uri edits
        appendRoute after passage.Uri edits
    | _ -> requestUri passage passage.Uri edits

    if after.Routes.Length > 0 then
        removeRoutes after edits

    withoutOurCredentials passage edits
    ProxyWords.fewerForwards request edits
    ProxyWords.lengthForStream request leg.Transport edits

    if isNeighbours request then
        ProxyWords.contactsThrough view passage.Leg passage.Source leg request edits

    ReadOnlyMemory<byte>(Edits.apply request.Bytes edits)
