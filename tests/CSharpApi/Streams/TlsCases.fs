// What each row of tls-matrix.tsv shows, and to whom. Made when its test runs.
module SipFun.Tests.CSharpApi.Streams.TlsCases

open System
open System.Net.Security
open System.Security.Authentication
open System.Security.Cryptography
open System.Security.Cryptography.X509Certificates
open SipFun
open SipFun.Tests.CSharpApi.Streams.Certificates

/// What the peer's certificate is asked for by the peer itself.
type Asking =
    | Nothing
    | Some'
    | FromAuthority of X509Certificate2

type Case = {
    /// The peer's, and what it sends with it.
    Shown: X509Certificate2 list
    /// The name we verify, as a client.
    Name: string
    Leg: LegOptions -> LegOptions
    Protocols: SslProtocols
    /// Whether the peer wants a certificate of ours.
    Asks: Asking
    /// The peer, as a server, begins another handshake.
    Renegotiates: bool
    /// What it shows as a client, if that is something else.
    Presents: X509Certificate2 list option
}

let private showing shown = {
    Shown = shown
    Name = "example.com"
    Leg = id
    Protocols = SslProtocols.None
    Asks = Nothing
    Renegotiates = false
    Presents = None
}

/// A certificate of our authority.
let private leaf wanted = showing [ signedBy root.Value wanted ]
let private sans names = leaf { good with Sans = names }
let private forName name case = { case with Name = name }
let private uses list = leaf { good with Uses = list }
let private both name = sans [ UriName "sip:example.com"; name ]

/// An authority below ours, and a good certificate below that.
let private below intermediate wanted =
    let middle = signedBy root.Value intermediate
    [ signedBy middle wanted; middle ]

let private middle = { authority with Subject = "CN=SipFun test middle" }

let private pathLength () =
    let first = signedBy root.Value { middle with PathLength = Some 0 }
    let second = signedBy first { middle with Subject = "CN=SipFun test low" }
    showing [ signedBy second good; second; first ]

let private tenDeep () =
    let next (issuer: X509Certificate2) number =
        signedBy issuer { middle with Subject = $"CN=SipFun test {number}" }

    let authorities = List.scan next root.Value [ 1..10 ] |> List.tail |> List.rev
    showing (signedBy authorities.Head good :: authorities)

let private constrained () =
    let permitted = { middle with Permitted = Some "other.example" }

    showing (
        below permitted {
            good with
                Sans = [ UriName "sip:example.com"; DnsName "example.com" ]
        }
    )

let private unknown () =
    showing [ signedBy (selfSigned { authority with Subject = "CN=Nobody" }) good ]

let private revocation (change: X509ChainPolicy -> unit) mode (leg: LegOptions) =
    let policy () =
        let policy =
            X509ChainPolicy(RevocationMode = mode, TrustMode = X509ChainTrustMode.CustomRootTrust)

        policy.CustomTrustStore.Add root.Value |> ignore
        change policy
        policy

    let client = SslClientAuthenticationOptions(CertificateChainPolicy = policy ())
    let server = SslServerAuthenticationOptions(CertificateChainPolicy = policy ())

    StreamHouse.changed
        [
            "SslClientAuthenticationOptions", client
            "SslServerAuthenticationOptions", server
        ]
        leg

let private online = revocation ignore X509RevocationMode.Online

let private soft (policy: X509ChainPolicy) =
    policy.VerificationFlags <- X509VerificationFlags.IgnoreEndRevocationUnknown

let private listed isRevoked () =
    let server = new RevocationServer(root.Value)
    let own = signedBy root.Value { good with More = [ server.Extension ] }

    if isRevoked then
        server.Revoke own

    { showing [ own ] with Leg = online }

let private unlisted change () =
    let server = new RevocationServer(root.Value)
    let extension = server.Extension
    (server :> IDisposable).Dispose()

    {
        leaf { good with More = [ extension ] } with
            Leg = revocation change X509RevocationMode.Online
    }

let private speaking (protocols: int) () = {
    showing [ example.Value ] with
        Protocols = enum<SslProtocols> protocols
}

let private nul = DnsName "example.com\u0000.evil.example"
let private bücher = RawName(Text.Encoding.UTF8.GetBytes "bücher.example")

let private certificates: (string * (unit -> Case)) list = [
    "good", fun () -> showing [ example.Value ]
    "expired", fun () -> leaf { good with Until = DateTimeOffset.UtcNow.AddMinutes -5.0 }
    "not-yet-valid", fun () -> leaf { good with From = DateTimeOffset.UtcNow.AddMinutes 5.0 }
    "self-signed", fun () -> showing [ selfSigned good ]
    "unknown-authority", unknown
    "weak-key", fun () -> leaf { good with Key = fun () -> RSA.Create 1024 }
    "weak-hash", fun () -> leaf { good with Hash = HashAlgorithmName.SHA1 }
    "eku-absent", fun () -> uses []
    "eku-email", fun () -> uses [ emailUse ]
    "eku-sip-domain", fun () -> uses [ sipDomainUse ]
    "eku-any", fun () -> uses [ anyUse ]
    "path-length", pathLength
    "name-constraint", constrained
    "no-authority", fun () -> showing (below { good with Subject = "CN=No authority" } good)
    "intermediate-missing", fun () -> showing [ (below middle good).Head ]
    "intermediate-sent", fun () -> showing (below middle good)
    "ten-deep", tenDeep
    "hundred-sans",
    fun () -> sans [ for number in 1..99 -> DnsName $"n{number}.example" ] |> forName "n77.example"
    "huge", fun () -> leaf { good with Padding = 64 * 1024 }
    "crl-revoked", listed true
    "crl-good", listed false
    "crl-unreachable-hard", unlisted ignore
    "crl-unreachable-soft", unlisted soft
]

let private names: (string * (unit -> Case)) list = [
    "wrong-host", fun () -> sans [ DnsName "other.example" ]
    "suffix", fun () -> sans [ UriName "sip:www.example.com" ]
    "wildcard", fun () -> sans [ DnsName "*.example.com" ] |> forName "www.example.com"
    "wildcard-uri", fun () -> sans [ UriName "sip:*.example.com" ] |> forName "www.example.com"
    "uri-right-dns-wrong", fun () -> both (DnsName "other.example")
    "uri-wrong-dns-right", fun () -> sans [ UriName "sip:other.example"; DnsName "example.com" ]
    "sips-uri-alone", fun () -> sans [ UriName "sips:example.com" ]
    "sips-uri-dns-right", fun () -> sans [ UriName "sips:other.example"; DnsName "example.com" ]
    "user-uri-alone", fun () -> sans [ UriName "sip:alice@example.com" ]
    "user-uri-dns-right", fun () -> sans [ UriName "sip:bob@other.example"; DnsName "example.com" ]
    "uri-with-port-and-parameters",
    fun () -> sans [ UriName "SIP:example.com:5061;transport=tcp?a=b" ]
    "dns-alone", fun () -> sans [ DnsName "example.com" ]
    "cn-without-san", fun () -> leaf { good with Subject = "CN=example.com"; Sans = [] }
    "cn-with-san",
    fun () ->
        leaf {
            good with
                Subject = "CN=example.com"
                Sans = [ DnsName "other.example" ]
        }
    "cn-with-ip-san",
    fun () ->
        leaf {
            good with
                Subject = "CN=example.com"
                Sans = [ IpName "192.0.2.1" ]
        }
    "organization-is-no-cn",
    fun () -> leaf { good with Subject = "O=example.com, L=Here"; Sans = [] }
    "cn-no-domain", fun () -> leaf { good with Sans = [] }
    "ip-san", fun () -> sans [ IpName "192.0.2.1" ] |> forName "192.0.2.1"
    "ip-san-missing", fun () -> sans [ DnsName "example.com" ] |> forName "192.0.2.1"
    "ip-san-other", fun () -> sans [ IpName "192.0.2.2" ] |> forName "192.0.2.1"
    "idn-a-label",
    fun () -> sans [ DnsName "xn--bcher-kva.example" ] |> forName "xn--bcher-kva.example"
    "idn-target-u-label",
    fun () -> sans [ DnsName "xn--bcher-kva.example" ] |> forName "bücher.example"
    "idn-san-u-label", fun () -> sans [ bücher ] |> forName "xn--bcher-kva.example"
    "upper-case", fun () -> sans [ UriName "SIP:EXAMPLE.Com" ]
    "target-trailing-dot", fun () -> sans [ DnsName "example.com" ] |> forName "example.com."
    "san-trailing-dot", fun () -> sans [ DnsName "example.com." ]
    "embedded-nul", fun () -> sans [ nul ]
    "ip-as-dns", fun () -> sans [ DnsName "127.0.0.1" ] |> forName "127.0.0.1"
]

let private protocols: (string * (unit -> Case)) list = [
    "tls-1.0", speaking 192
    "tls-1.1", speaking 768
    "tls-1.2", speaking 3072
    "tls-1.3", speaking 12288
    "renegotiation", fun () -> { speaking 3072 () with Renegotiates = true }
    "asked-and-shown", fun () -> { showing [ example.Value ] with Asks = Some' }
    "asked-and-absent",
    fun () -> {
        showing [ example.Value ] with
            Asks = Some'
            Leg = StreamHouse.changed [ "Certificate", null ]
            Presents = Some []
    }
    "asked-and-unknown",
    fun () -> {
        showing [ example.Value ] with
            Asks = FromAuthority(selfSigned authority)
            Presents = Some (unknown ()).Shown
    }
    "eku-other-side",
    fun () -> { uses [ clientUse ] with Presents = Some (uses [ serverUse ]).Shown }
]

let all = certificates @ names @ protocols
