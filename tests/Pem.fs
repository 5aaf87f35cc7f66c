// An authority and a certificate it signed, made for one test and written as PEM files.
namespace SipFun.Tests

open System
open System.IO
open System.Net
open System.Security.Cryptography
open System.Security.Cryptography.X509Certificates

/// Files in a folder of their own, gone with the test.
type Pem(names: string list) =
    let folder = Directory.CreateTempSubdirectory "sipfun"

    let from, until =
        DateTimeOffset.UtcNow.AddDays -1.0, DateTimeOffset.UtcNow.AddDays 7.0

    let request (key: ECDsa) name = CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256)

    let authority =
        use key = ECDsa.Create ECCurve.NamedCurves.nistP256
        let request = request key "SipFun test authority"
        request.CertificateExtensions.Add(X509BasicConstraintsExtension(true, false, 0, true))
        request.CreateSelfSigned(from, until)

    let key = ECDsa.Create ECCurve.NamedCurves.nistP256

    let own =
        let request = request key "SipFun test"
        let alternatives = SubjectAlternativeNameBuilder()
        List.iter alternatives.AddDnsName names
        alternatives.AddIpAddress IPAddress.Loopback
        request.CertificateExtensions.Add(alternatives.Build())
        let uses = OidCollection()
        uses.Add(Oid "1.3.6.1.5.5.7.3.1") |> ignore
        request.CertificateExtensions.Add(X509EnhancedKeyUsageExtension(uses, false))
        request.Create(authority, from, until, Guid.NewGuid().ToByteArray())

    let write name (text: string) =
        let path = Path.Combine(folder.FullName, name)
        File.WriteAllText(path, text)
        path

    /// The authority's certificate.
    member val Ca = write "ca.pem" (authority.ExportCertificatePem())
    member val Certificate = write "cert.pem" (own.ExportCertificatePem())
    member val Key = write "key.pem" (key.ExportPkcs8PrivateKeyPem())

    /// A file of this name in the same folder, which need not be there.
    member _.File name = Path.Combine(folder.FullName, name)

    /// SHA-256 of the public key, in base64, as browsers pin it.
    member val Pin =
        Convert.ToBase64String(SHA256.HashData(own.PublicKey.ExportSubjectPublicKeyInfo()))

    interface IDisposable with
        member _.Dispose() =
            try
                folder.Delete true
            with :? IOException ->
                // A program that is just ending still wrote there.
                ()
