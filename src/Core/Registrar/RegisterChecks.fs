// What a registrar refuses before it looks at any binding (RFC 3261, 8.2.2, 10.3, steps 1, 2 and 5;
// RFC 3327, 5.3; RFC 5626, 6; RFC 5627, 5.1; RFC 5630, 5.2).
module internal SipFun.Core.RegisterChecks

open System
open SipFun

let lists (tags: string seq) (tag: string) =
    tags |> Seq.exists (fun one -> String.Equals(one, tag, StringComparison.OrdinalIgnoreCase))

let private known = [ "path"; "outbound"; "gruu" ]

/// Text that could not be written into an answer as it came.
let private hasControls (address: NameAddr) = Seq.exists Octets.isControl (string address)

let private isMalformed (request: SipRequest) =
    request.Validate(SipRole.Registrar).Count > 0
    || Seq.exists hasControls request.Contacts
    || Seq.exists hasControls request.Path

let private hostOf (uri: SipUri) = (AddressOfRecord.Create uri).Host

/// 8.2.2.3: what Require names and nobody here has; and a Path that a proxy added unasked (RFC 3327,
/// 5.3).
let private unsupported settings (request: SipRequest) = [
    yield! request.Require |> Seq.filter (lists known >> not)

    if
        request.Path.Count > 0 && not settings.TakesAnyPath && not (lists request.Supported "path")
    then
        "path"
]

/// Step 5. A GRUU in the To names its user, but a temporary one is nobody's address (RFC 5627, 5.4).
let private addressee settings isHere (request: SipRequest) =
    let address = AddressOfRecord.Create request.To.Uri

    let isOfDomain =
        settings.Domains.Contains address.Host
        && (isHere || address.Host = hostOf request.RequestUri)

    if isOfDomain && not (Gruu.isTemporary settings.Secret address) then
        Ok address
    else
        Error RegisterRefusal.UnknownAddress

/// The address-of-record, or why not. `isHere`: the Request-URI names this very server, which stands for
/// all of its domains.
let address settings isHere (request: SipRequest) =
    if isMalformed request then
        Error(RegisterRefusal.Malformed "Bad Request")
    elif not request.RequestUri.IsSip then
        Error RegisterRefusal.ForeignScheme
    elif not (isHere || settings.Domains.Contains(hostOf request.RequestUri)) then
        Error RegisterRefusal.ForeignDomain
    else
        match unsupported settings request with
        | [] -> addressee settings isHere request
        | tags -> Error(RegisterRefusal.BadExtension tags)

/// RFC 5626, 6: whether the first hop after the user agent keeps its flow: it is us, or its Path says
/// so.
let private keepsFlow (request: SipRequest) =
    request.ViaCount = 1 || (request.Path.Count > 0 && request.Path[0].Uri.HasParameter "ob")

let private isFlow (asked: RequestedContact) = asked.RegId.IsSome

/// The Contacts with their reg-id, if it counts (RFC 5626, 6).
let private flows settings (request: SipRequest) (asked: RequestedContact list) =
    let plain = asked |> List.map (fun one -> { one with RegId = ValueNone })

    if not (settings.Outbound && List.exists isFlow asked) then
        Ok plain
    elif keepsFlow request then
        let lasting = asked |> List.filter (fun one -> one.Expires > 0u)

        if lasting.Length > 1 && List.exists isFlow lasting then
            Error(RegisterRefusal.Malformed "One Contact With reg-id At A Time")
        else
            Ok asked
    elif lists request.Supported "outbound" then
        Error RegisterRefusal.FirstHopLacksOutbound
    else
        Ok plain

/// A secure Contact is bound only by what is secure throughout (RFC 5630, 5.2).
let private isMixed (request: SipRequest) (asked: RequestedContact list) =
    let uris =
        request.RequestUri :: [ for one in asked -> one.Contact.Uri ]
        @ [ for one in request.Path -> one.Uri ]

    List.exists (fun (one: RequestedContact) -> one.Contact.Uri.IsSips) asked
    && not (List.forall (fun (uri: SipUri) -> uri.IsSips) uris)

/// A device's Contact that is no SIP URI, or the address itself, or a GRUU of it (RFC 5627, 5.1).
let private isLoop
    secret
    (address: AddressOfRecord)
    (request: SipRequest)
    (asked: RequestedContact)
    =
    let uri = asked.Contact.Uri

    let isOwnGruu () =
        uri.HasParameter "gr"
        && (Gruu.tryRead secret uri
            |> ValueOption.exists (fun target -> Gruu.addressOf target = address))

    asked.Instance.IsSome
    && asked.Expires > 0u
    && (not uri.IsSip || uri.IsEquivalentTo request.To.Uri || isOwnGruu ())

let private isTooLong settings (request: SipRequest) (asked: RequestedContact) =
    let path = request.Path |> Seq.sumBy (fun one -> (string one).Length)
    (string asked.Contact).Length + path > settings.MaxLength

/// 10.3, step 7: more than zero, less than an hour, and less than we want.
let private isTooBrief settings (asked: RequestedContact) =
    asked.Expires > 0u && asked.Expires < 3600u && asked.Expires < settings.MinExpires

/// The Contacts, or why they are refused all together.
let contacts settings address (request: SipRequest) =
    let asked =
        request.Contacts
        |> Seq.map (RequestedContact.ofContact settings.DefaultExpires request)
        |> List.ofSeq

    match flows settings request asked with
    | Error refusal -> Error refusal
    | Ok asked ->
        if isMixed request asked then
            Error(RegisterRefusal.Malformed "A sips Contact Needs sips Throughout")
        elif List.exists (isLoop settings.Secret address request) asked then
            Error RegisterRefusal.Loop
        elif List.exists (isTooLong settings request) asked then
            Error RegisterRefusal.TooLong
        elif List.exists (isTooBrief settings) asked then
            Error(RegisterRefusal.TooBrief settings.MinExpires)
        else
            Ok asked
