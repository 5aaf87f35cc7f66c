// What a REGISTER asks for, Contact by Contact: for how long, how much preferred, of which device and
// flow (RFC 3261, 10.3, step 7; 20.10; RFC 5626, 4 and 6).
namespace SipFun.Core

open System
open System.Globalization
open SipFun

/// One Contact of a REGISTER.
[<NoComparison>]
type RequestedContact = {
    Contact: NameAddr
    Q: decimal
    /// In seconds; 0: the binding is to go.
    Expires: uint32
    Instance: string voption
    RegId: int voption
}

[<RequireQualifiedAccess>]
module RequestedContact =
    /// What malformed values count as (RFC 3261, 20.10, 20.19).
    [<Literal>]
    let private Malformed = 3600u

    /// The Expires field: absent, or its seconds.
    let expires (request: SipRequest) =
        if isNull (request.GetHeader "Expires") then
            ValueNone
        else
            ValueSome(if request.Expires.HasValue then request.Expires.Value else Malformed)

    let private interval usual (request: SipRequest) (contact: NameAddr) =
        if contact.Expires.HasValue then contact.Expires.Value
        elif contact.HasParameter "expires" then Malformed
        else expires request |> ValueOption.defaultValue usual

    /// The content of +sip.instance; a malformed one is none.
    let private instance (contact: NameAddr) =
        match contact.GetParameter "+sip.instance" with
        | NonNull text when text.Length > 2 && text.StartsWith '<' && text.EndsWith '>' ->
            ValueSome(text.Substring(1, text.Length - 2))
        | _ -> ValueNone

    /// 1 to 2^31 - 1; a malformed one is none (RFC 5626, 4.2).
    let private regId (contact: NameAddr) =
        let mutable number = 0

        match
            Int32.TryParse(
                contact.GetParameter "reg-id",
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                &number
            )
        with
        | true when number > 0 -> ValueSome number
        | _ -> ValueNone

    /// Without what only the registrar says, and with bytes of its own: a binding must not keep its
    /// REGISTER in memory.
    let private kept (contact: NameAddr) =
        [ "expires"; "pub-gruu"; "temp-gruu" ]
        |> List.fold (fun (contact: NameAddr) name -> contact.WithoutParameter name) contact

    /// A Contact. A reg-id without an instance counts for nothing (RFC 5626, 6).
    let ofContact usual request (contact: NameAddr) =
        let instance = instance contact

        {
            Contact = kept contact
            Q = if contact.Q.HasValue then contact.Q.Value else 1m
            Expires = interval usual request contact
            Instance = instance
            RegId = if instance.IsSome then regId contact else ValueNone
        }
