/// Certificates from a store of the system's: one made for the test, which goes with it.
module SipFun.Tests.CSharpApi.Streams.StoreTests

open System
open System.Security.Cryptography
open System.Security.Cryptography.X509Certificates
open Expecto
open SipFun
open SipFun.Tests.CSharpApi
open SipFun.Tests.CSharpApi.Streams.StreamHouse
open SipFun.Tests.CSharpApi.Streams.TlsHouse

/// On Linux a store of the user's is a folder, made when it is opened and never removed.
let private remove (name: string) =
    let home = Environment.GetFolderPath Environment.SpecialFolder.UserProfile

    let folder =
        IO.Path.Combine(home, ".dotnet", "corefx", "cryptography", "x509stores", name)

    if IO.Directory.Exists folder then
        IO.Directory.Delete(folder, true)

/// With a private key that may be kept.
let private keepable (certificate: X509Certificate2) =
    let flags = X509KeyStorageFlags.Exportable ||| X509KeyStorageFlags.PersistKeySet
    X509CertificateLoader.LoadPkcs12(certificate.Export X509ContentType.Pfx, null, flags)

let private withStore (certificates: X509Certificate2 list) run =
    if not (OperatingSystem.IsLinux()) then
        Expecto.Tests.skiptest "a store of one's own can be removed without trace on Linux only"

    let name = $"sipfun-{Guid.NewGuid():N}"
    use store = new X509Store(name, StoreLocation.CurrentUser)
    store.Open OpenFlags.ReadWrite

    try
        for certificate in certificates do
            store.Add(keepable certificate)

        run name
    finally
        for certificate in store.Certificates do
            store.Remove certificate

        remove name

let private from (store: string) (find: string) =
    (LegOptions.Tls "127.0.0.1:0").WithStore(find, StoreLocation.CurrentUser, store)

let private named subject days =
    Certificates.signedBy Certificates.root.Value {
        Certificates.good with
            Subject = $"CN={subject}"
            Until = DateTimeOffset.UtcNow.AddDays(float days)
    }

let private serial (options: LegOptions) =
    match options.Certificate with
    | NonNull certificate -> certificate.SerialNumber
    | _ -> "none"

let private serves () =
    let ours = named "ours" 20

    withStore [ named "theirs" 20; ours ] (fun store ->
        let leg = from store (ours.GetCertHashString HashAlgorithmName.SHA256)

        withLegs TimeProvider.System [ leg ] (fun dispatcher ->
            answering dispatcher

            use peer =
                TlsPeer.connect (TlsPeer.clientOptions "example.com" []) (House.local dispatcher)

            Expect.equal (asks peer) 200 "served with it"))

let private finds () =
    let soon, late = named "SipFun store" 5, named "SipFun store" 25

    let past =
        Certificates.signedBy Certificates.root.Value {
            Certificates.good with
                Subject = "CN=past"
                From = DateTimeOffset.UtcNow.AddDays -9.0
                Until = DateTimeOffset.UtcNow.AddDays -2.0
        }

    withStore [ soon; late; past ] (fun store ->
        let expected (certificate: X509Certificate2) find =
            Expect.equal (serial (from store find)) certificate.SerialNumber find

        expected late "sipfun STORE"
        expected soon soon.Thumbprint
        expected soon (soon.Thumbprint.ToLowerInvariant())

        let refused find =
            Expect.throwsT<ArgumentException> (fun () -> from store find |> ignore) find

        refused "nobody"
        refused "CN=past"
        refused (String('0', 40)))

    Expect.throwsT<ArgumentException>
        (fun () -> from "sipfun-there-is-none" "ours" |> ignore)
        "no such store"

let tests =
    testList "Certificate store" [
        testCase "by thumbprint, and peers are served with it" serves
        testCase "by a part of the subject: the one that is valid longest, never a past one" finds
    ]
