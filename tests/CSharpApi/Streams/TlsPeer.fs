// The other side of TLS, by the framework's SslStream and nothing of ours.
namespace SipFun.Tests.CSharpApi.Streams

open System
open System.Net
open System.Net.Security
open System.Net.Sockets
open System.Security.Authentication
open System.Security.Cryptography.X509Certificates
open SipFun.Tests.CSharpApi

module TlsPeer =
    let private trusting = RemoteCertificateValidationCallback(fun _ _ _ _ -> true)

    let context (chain: X509Certificate2 list) =
        SslStreamCertificateContext.Create(
            chain.Head,
            Certificates.collection chain.Tail,
            offline = true
        )

    /// What a server shows, and which protocols it speaks.
    let serverOptions (chain: X509Certificate2 list) =
        SslServerAuthenticationOptions(
            ServerCertificateContext = context chain,
            RemoteCertificateValidationCallback = trusting
        )

    let clientOptions (name: string) (chain: X509Certificate2 list) =
        let options =
            SslClientAuthenticationOptions(
                TargetHost = name,
                RemoteCertificateValidationCallback = trusting
            )

        if not chain.IsEmpty then
            options.ClientCertificateContext <- context chain

        options

    /// The handshake, or its failure and the end of the connection.
    let private limited (stream: SslStream) (task: Threading.Tasks.Task) =
        try
            if not (task.Wait Patience.span) then
                failwith "no handshake"

            stream
        with _ ->
            stream.Dispose()
            reraise ()

    /// TLS over an accepted socket.
    let accept (options: SslServerAuthenticationOptions) (socket: Socket) =
        let stream = new SslStream(new NetworkStream(socket, true))
        let task = stream.AuthenticateAsServerAsync options
        new StreamPeer(socket, limited stream task, "TLS")

    /// A connection to a TLS leg.
    let connect (options: SslClientAuthenticationOptions) (target: IPEndPoint) =
        let socket = StreamPeer.Dial target
        let stream = new SslStream(new NetworkStream(socket, true))
        let task = stream.AuthenticateAsClientAsync options
        new StreamPeer(socket, limited stream task, "TLS")

    /// Whether a handshake failed, and did not just take too long.
    let isFailure (failure: exn) =
        match failure.GetBaseException() with
        | :? AuthenticationException
        | :? InvalidOperationException
        | :? IO.IOException
        | :? SocketException -> true
        | _ -> failure.GetBaseException().GetType().Name.Contains "Ssl"
