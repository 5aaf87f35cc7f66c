// Random messages that are right by construction, with the rare spellings that the grammar allows.
module SipFun.Tests.Message.Generators

open System
open System.Text
open FsCheck
open FsCheck.FSharp
open SipFun.Core

/// A message before it is written: start line, header lines in order, body.
type Draft = { Start: string; Lines: (string * string) list; Body: byte[] }

let private token =
    Gen.elements (List.ofSeq "abcXYZ019-.!%*_+`'~")
    |> Gen.nonEmptyListOf
    |> Gen.map (List.truncate 12 >> List.toArray >> String)

let private host =
    Gen.elements [
        "example.com"
        "a-b.example"
        "192.0.2.1"
        "[2001:db8::1]"
        "x"
        "EXAMPLE.org"
    ]

let private port =
    Gen.oneof [ Gen.constant ""; Gen.choose (0, 65535) |> Gen.map (sprintf ":%d") ]

let private user =
    Gen.elements [ ""; "bob@"; "a%20b@"; "+1234@"; "u;par=u%40x@"; "alice:secret@"; "J.%c3%a9@" ]

let private uriParameters =
    Gen.elements [
        ""
        ";lr"
        ";transport=tcp"
        ";lr;maddr=192.0.2.9"
        ";n%61me=v%61l"
        ";user=phone"
    ]

/// A sip or sips URI.
let sipUri =
    gen {
        let! scheme = Gen.elements [ "sip:"; "sips:"; "SIP:" ]
        let! user = user
        let! host = host
        let! port = port
        let! parameters = uriParameters
        return scheme + user + host + port + parameters
    }

let private uri =
    Gen.frequency [
        8, sipUri
        1, Gen.constant "tel:+358-555-1234567;phone-context=x"
        1, Gen.constant "http://a/b"
    ]

let private display =
    Gen.elements [ ""; "Bob "; "\"A \\\"q\\\" B\" "; "A token. name "; "\"\""; "\"ä, ö; <x>\" " ]

let private parameter =
    gen {
        let! name = token

        let! value =
            Gen.elements [ ""; "=v"; "=\"q;,<>\\\"\""; "=[2001:db8::1]"; "=a=b"; " = sp" ]

        return ";x" + name + value
    }

let private parameters =
    let name (p: string) = (p.Split('=')[0]).Trim().ToLowerInvariant()

    parameter |> Gen.listOf |> Gen.map (List.distinctBy name >> List.truncate 3 >> String.concat "")

let address =
    gen {
        let! display = display
        let! uri = uri
        let! parameters = parameters
        return $"{display}<{uri}>{parameters}"
    }

/// A URI in brackets without a name: Alert-Info and kin.
let private information =
    gen {
        let! uri = uri
        let! parameters = parameters
        return $"<{uri}>{parameters}"
    }

let via =
    gen {
        let! transport = Gen.elements [ "UDP"; "TCP"; "TLS"; "ws"; "SCTP" ]
        let! host = host
        let! port = port

        let! rport =
            Gen.elements [ ""; ";rport"; ";rport=5070"; ";received=192.0.2.3"; ";ttl=3" ]

        let! branch = token
        return $"SIP/2.0/{transport} {host}{port}{rport};branch=z9hG4bK{branch}"
    }

let joined item = Gen.nonEmptyListOf item |> Gen.map (List.truncate 3 >> String.concat ", ")
let private tokens = joined token

let private ranges =
    Gen.elements [ "text/plain"; "a / b;q=0.5"; "*/*;level=1" ] |> joined

let private words = Gen.elements [ "a;q=0.5"; "*;q=0"; "gzip" ] |> joined

let private seconds = Gen.elements [ "0"; "3600"; "4294967295" ]

/// One value for each field that we know, and for fields that we do not.
let field id =
    match id with
    | HeaderId.Contact
    | HeaderId.Route
    | HeaderId.RecordRoute
    | HeaderId.Path
    | HeaderId.ServiceRoute -> joined address
    | HeaderId.AlertInfo
    | HeaderId.CallInfo
    | HeaderId.ErrorInfo -> joined information
    | HeaderId.ReplyTo
    | HeaderId.ReferTo
    | HeaderId.ReferredBy -> address
    | HeaderId.Accept -> ranges
    | HeaderId.AcceptEncoding
    | HeaderId.AcceptLanguage
    | HeaderId.Reason -> words
    | HeaderId.ContentType -> Gen.elements [ "application/sdp"; "text / plain;charset=utf-8" ]
    | HeaderId.ContentDisposition
    | HeaderId.Event
    | HeaderId.SubscriptionState -> Gen.elements [ "session"; "a;b=c;d" ]
    | HeaderId.Expires
    | HeaderId.MinExpires
    | HeaderId.FlowTimer
    | HeaderId.RSeq -> seconds
    | HeaderId.RetryAfter -> Gen.elements [ "18"; "120 (in (nested) talk);duration=3600" ]
    | HeaderId.SessionExpires
    | HeaderId.MinSe -> Gen.elements [ "90"; "1800;refresher=uac" ]
    | HeaderId.RAck -> Gen.constant "776656 1 INVITE"
    | HeaderId.Date -> Gen.constant "Sat, 13 Nov 2010 23:29:00 GMT"
    | HeaderId.Timestamp -> Gen.elements [ "54"; "54.21 0.3" ]
    | HeaderId.Warning -> Gen.constant "307 isi.edu \"parameter 'foo'\", 301 x \"y\""
    | HeaderId.Authorization
    | HeaderId.ProxyAuthorization
    | HeaderId.WwwAuthenticate
    | HeaderId.ProxyAuthenticate -> Gen.constant "Digest realm=\"a,b\", nonce=\"\\\"\", qop=auth"
    | HeaderId.ProxyAuthenticationInfo
    | HeaderId.AuthenticationInfo -> Gen.constant "nextnonce=\"47364c23\", nc=00000001"
    | HeaderId.Replaces -> Gen.constant "12345@192.0.2.1;to-tag=1;from-tag=2"
    | HeaderId.InReplyTo -> Gen.constant "70710@saturn.bell-tel.com, 17320@x"
    | HeaderId.Priority
    | HeaderId.SipETag
    | HeaderId.SipIfMatch -> token
    | HeaderId.Allow
    | HeaderId.AllowEvents
    | HeaderId.ContentEncoding
    | HeaderId.ContentLanguage
    | HeaderId.ProxyRequire
    | HeaderId.Require
    | HeaderId.Supported
    | HeaderId.Unsupported -> tokens
    | _ -> Gen.elements [ ""; "Anything: goes; here, \"and"; "héllo" ]

let private isOptional id =
    match id with
    | HeaderId.Via
    | HeaderId.From
    | HeaderId.To
    | HeaderId.CallId
    | HeaderId.CSeq
    | HeaderId.MaxForwards
    | HeaderId.ContentLength -> false
    | _ -> true

/// The fields that may be left out.
let optional = HeaderName.all |> Array.filter isOptional |> List.ofArray

let optionalLine =
    gen {
        let! id = Gen.elements optional
        let! value = field id
        return HeaderName.text id, value
    }

let private unknownLine =
    gen {
        let! name = token
        let! value = Gen.elements [ ""; "kept  as\tit is"; "a: b, c"; "\x7f\x01" ]
        return "X" + name, value
    }

/// A whole message.
let draft =
    gen {
        let! method = Gen.elements [ "INVITE"; "REGISTER"; "OPTIONS"; "NEW-method!" ]
        let! uri = sipUri
        let! status = Gen.choose (100, 699)
        let! isRequest = Gen.elements [ true; true; false ]
        let! vias = joined via
        let! from = address
        let! recipient = address
        let! tag = token
        let! number = Gen.choose (0, Int32.MaxValue)
        let! others = Gen.listOf (Gen.frequency [ 4, optionalLine; 1, unknownLine ])
        let! body = Gen.arrayOf (Gen.choose (0, 255) |> Gen.map byte)
        let! hops = Gen.choose (0, 255)

        let mandatory = [
            "Via", vias
            "From", $"{from};tag={tag}"
            "To", recipient
            "Call-ID", $"{tag}@{tag}"
            "CSeq", $"{number} {method}"
            "Max-Forwards", string hops
        ]

        return {
            Start =
                if isRequest then
                    $"{method} {uri} SIP/2.0"
                else
                    $"SIP/2.0 {status} Some reason"
            Lines =
                mandatory
                @ List.truncate 8 (List.distinctBy fst others)
                @ [ "Content-Length", string body.Length ]
            Body = body
        }
    }

let write draft =
    let lines = draft.Lines |> List.map (fun (name, value) -> $"{name}: {value}\r\n")
    let head = draft.Start + "\r\n" + String.concat "" lines + "\r\n"
    Array.append (Encoding.UTF8.GetBytes head) draft.Body

type Arbitraries =
    static member Draft() = Arb.fromGen draft

let config = {
    Expecto.FsCheckConfig.defaultConfig with
        arbitrary = [ typeof<Arbitraries> ]
        maxTest = if SipFun.Tests.Suite.long then 100_000 else 1_000
}
