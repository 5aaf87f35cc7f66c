// A list of revoked certificates, and the small web server it is fetched from.
namespace SipFun.Tests.CSharpApi.Streams

open System
open System.Net
open System.Net.Sockets
open System.Security.Cryptography
open System.Security.Cryptography.X509Certificates
open System.Text
open System.Threading.Tasks

/// Serves one list at one address until it is disposed.
type RevocationServer(issuer: X509Certificate2) =
    let listener = new TcpListener(IPAddress.Loopback, 0)
    let builder = CertificateRevocationListBuilder()

    do listener.Start()

    let answer (client: TcpClient) =
        use client = client
        use stream = client.GetStream()
        let request = Array.zeroCreate 4096
        stream.Read(request, 0, request.Length) |> ignore

        let list =
            builder.Build(
                issuer,
                Numerics.BigInteger.One,
                DateTimeOffset.UtcNow.AddDays 5.0,
                HashAlgorithmName.SHA256
            )

        let head =
            $"HTTP/1.1 200 OK\r\nContent-Type: application/pkix-crl\r\n"
            + $"Content-Length: {list.Length}\r\nConnection: close\r\n\r\n"

        stream.Write(ReadOnlySpan(Encoding.ASCII.GetBytes head))
        stream.Write(ReadOnlySpan list)

    let rec serve () : Task =
        task {
            try
                let! client = listener.AcceptTcpClientAsync()
                answer client
                do! serve ()
            with
            | :? SocketException
            | :? ObjectDisposedException
            | :? IO.IOException -> ()
        }

    do serve () |> ignore

    // The framework keeps lists on disk by their address, and ports come again in later runs.
    let url =
        $"http://127.0.0.1:{(listener.LocalEndpoint :?> IPEndPoint).Port}/{Guid.NewGuid()}.crl"

    /// For a certificate that says where its list is.
    member _.Extension =
        CertificateRevocationListBuilder.BuildCrlDistributionPointExtension [ url ]

    member _.Revoke(certificate: X509Certificate2) =
        builder.AddEntry(certificate, Nullable DateTimeOffset.UtcNow)

    interface IDisposable with
        member _.Dispose() = listener.Dispose()
