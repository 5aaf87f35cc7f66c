using System.Net;

namespace SipFun.Shell;

/// <summary>One local address that byte streams come to and go from: a listening socket, or a place
/// in a simulated network.</summary>
internal interface IStreamPort : IDisposable
{
    IPEndPoint LocalEndPoint { get; }

    /// <summary>Waits for a peer that connects.</summary>
    ValueTask<IStreamSocket> AcceptAsync(CancellationToken cancel);

    /// <summary>Connects to a peer, from any port of the local address.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">It does not come to be.</exception>
    ValueTask<IStreamSocket> ConnectAsync(IPEndPoint remote, CancellationToken cancel);
}

/// <summary>One end of a connected byte stream.</summary>
internal interface IStreamSocket : IDisposable
{
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>How many bytes have come and were not read.</summary>
    int Available { get; }

    /// <summary>Whether bytes written now would be taken at once.</summary>
    bool CanWrite { get; }

    /// <summary>Its bytes; the stream does not own it.</summary>
    Stream Open();

    /// <summary>Nothing more will be written: the peer reads an end.</summary>
    void Shutdown();

    /// <summary>Reads bytes that have come, and waits for none.</summary>
    int Receive(Span<byte> unread);
}
