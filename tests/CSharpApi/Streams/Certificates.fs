// Certificates made for one test: an authority, and whatever it signs.
namespace SipFun.Tests.CSharpApi.Streams

open System
open System.Formats.Asn1
open System.Net
open System.Security.Cryptography
open System.Security.Cryptography.X509Certificates

/// One entry of a subjectAltName.
type San =
    | DnsName of string
    | UriName of string
    | IpName of string
    /// A dNSName of whatever bytes, which the framework would not write.
    | RawName of byte array

/// What a certificate shall be.
type Wanted = {
    Subject: string
    Sans: San list
    Uses: string list
    From: DateTimeOffset
    Until: DateTimeOffset
    IsAuthority: bool
    PathLength: int option
    Key: unit -> AsymmetricAlgorithm
    Hash: HashAlgorithmName
    /// Bytes of an extension nobody knows.
    Padding: int
    /// Only names below this one, if it is given.
    Permitted: string option
    More: X509Extension list
}

/// SHA-1, which the framework no longer signs with.
type private Sha1(key: ECDsa) =
    inherit X509SignatureGenerator()

    override _.GetSignatureAlgorithmIdentifier _ = [|
        0x30uy
        9uy
        6uy
        7uy
        0x2auy
        0x86uy
        0x48uy
        0xceuy
        0x3duy
        4uy
        1uy
    |]

    override _.SignData(data, _) =
        key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence)

    override _.BuildPublicKey() = PublicKey key

module Certificates =
    let serverUse = "1.3.6.1.5.5.7.3.1"
    let clientUse = "1.3.6.1.5.5.7.3.2"
    let sipDomainUse = "1.3.6.1.5.5.7.3.20"
    let anyUse = "2.5.29.37.0"
    let emailUse = "1.3.6.1.5.5.7.3.4"

    let private now = DateTimeOffset.UtcNow

    /// For sip:example.com, and good.
    let good = {
        Subject = "CN=SipFun test"
        Sans = [ UriName "sip:example.com" ]
        Uses = [ serverUse; clientUse ]
        From = now.AddDays -1.0
        Until = now.AddDays 30.0
        IsAuthority = false
        PathLength = None
        Key = fun () -> ECDsa.Create ECCurve.NamedCurves.nistP256
        Hash = HashAlgorithmName.SHA256
        Padding = 0
        Permitted = None
        More = []
    }

    let authority = {
        good with
            Subject = "CN=SipFun test authority"
            Sans = []
            Uses = []
            IsAuthority = true
            From = now.AddDays -10.0
            Until = now.AddDays 300.0
    }

    let private tag number = Asn1Tag(TagClass.ContextSpecific, number)

    /// Written by hand: the framework's builder refuses what peers send anyway.
    let private subjectAlternativeName (sans: San list) =
        let writer = AsnWriter AsnEncodingRules.DER
        let sequence = writer.PushSequence()

        for san in sans do
            match san with
            | DnsName name -> writer.WriteCharacterString(UniversalTagNumber.IA5String, name, tag 2)
            | UriName uri -> writer.WriteCharacterString(UniversalTagNumber.IA5String, uri, tag 6)
            | IpName address ->
                writer.WriteOctetString(IPAddress.Parse(address).GetAddressBytes(), tag 7)
            | RawName octets ->
                let head = [| 0x82uy; byte octets.Length |]
                writer.WriteEncodedValue(ReadOnlySpan(Array.append head octets))

        sequence.Dispose()
        X509Extension("2.5.29.17", writer.Encode(), false)

    /// permittedSubtrees with one dNSName (RFC 5280, 4.2.1.10).
    let private nameConstraints (name: string) =
        let writer = AsnWriter AsnEncodingRules.DER
        let sequence = writer.PushSequence()
        let permitted = writer.PushSequence(tag 0)
        let subtree = writer.PushSequence()
        writer.WriteCharacterString(UniversalTagNumber.IA5String, name, tag 2)
        subtree.Dispose()
        permitted.Dispose()
        sequence.Dispose()
        X509Extension("2.5.29.30", writer.Encode(), true)

    let private request (wanted: Wanted) (key: AsymmetricAlgorithm) =
        match key with
        | :? ECDsa as key -> CertificateRequest(wanted.Subject, key, wanted.Hash)
        | :? RSA as key ->
            CertificateRequest(wanted.Subject, key, wanted.Hash, RSASignaturePadding.Pkcs1)
        | _ -> failwith "RSA or ECDSA"

    let private extensions wanted (request: CertificateRequest) = [
        if not wanted.Sans.IsEmpty then
            subjectAlternativeName wanted.Sans

        if not wanted.Uses.IsEmpty then
            let uses = OidCollection()
            wanted.Uses |> List.iter (fun use' -> uses.Add(Oid use') |> ignore)
            X509EnhancedKeyUsageExtension(uses, false)

        let length = wanted.PathLength
        let hasLength = wanted.IsAuthority && length.IsSome

        X509BasicConstraintsExtension(wanted.IsAuthority, hasLength, defaultArg length 0, true)

        X509SubjectKeyIdentifierExtension(request.PublicKey, false)

        if wanted.Padding > 0 then
            X509Extension("1.3.6.1.4.1.99999.1", Array.zeroCreate wanted.Padding, false)

        match wanted.Permitted with
        | Some name -> nameConstraints name
        | None -> ()

        yield! wanted.More
    ]

    let private withKey (certificate: X509Certificate2) (key: AsymmetricAlgorithm) =
        match key with
        | :? ECDsa as key -> certificate.CopyWithPrivateKey key
        | :? RSA as key -> certificate.CopyWithPrivateKey key
        | _ -> failwith "RSA or ECDSA"

    let private prepared wanted =
        let key = wanted.Key()
        let request = request wanted key

        for extension in extensions wanted request do
            request.CertificateExtensions.Add extension

        request, key

    let private generator (issuer: X509Certificate2) (hash: HashAlgorithmName) =
        match issuer.GetECDsaPrivateKey(), issuer.GetRSAPrivateKey() with
        | NonNull key, _ when hash = HashAlgorithmName.SHA1 -> Sha1 key :> X509SignatureGenerator
        | NonNull key, _ -> X509SignatureGenerator.CreateForECDsa key
        | _, NonNull key -> X509SignatureGenerator.CreateForRSA(key, RSASignaturePadding.Pkcs1)
        | _ -> failwith "no key"

    let selfSigned wanted =
        let request, _ = prepared wanted
        request.CreateSelfSigned(wanted.From, wanted.Until)

    let signedBy (issuer: X509Certificate2) wanted =
        let request, key = prepared wanted
        let serial = RandomNumberGenerator.GetBytes 12
        serial[0] <- serial[0] &&& 0x7fuy

        let bare =
            request.Create(
                issuer.SubjectName,
                generator issuer wanted.Hash,
                wanted.From,
                wanted.Until,
                serial
            )

        withKey bare key

    /// One authority for the tests that need no other.
    let root = lazy selfSigned authority

    /// Made once: what most tests show.
    let example = lazy (signedBy root.Value good)

    let collection (all: X509Certificate2 list) = X509Certificate2Collection(Array.ofList all)
