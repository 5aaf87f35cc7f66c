// The system's sockets of a connection-oriented transport.
using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>A bound socket, which listens where its leg may.</summary>
internal sealed class SystemPort(Socket socket) : IStreamPort
{
    /// <summary>Linux: the port is chosen at the connect, so that one port serves several
    /// targets.</summary>
    private const int BindAddressNoPort = 24;

    public IPEndPoint LocalEndPoint { get; } = (IPEndPoint)socket.LocalEndPoint!;

    public async ValueTask<IStreamSocket> AcceptAsync(CancellationToken cancel)
    {
        var accepted = await socket.AcceptAsync(cancel).ConfigureAwait(false);

        try
        {
            return new SystemSocket(accepted);
        }
        catch
        {
            // Reset before it was looked at.
            accepted.Dispose();
            throw;
        }
    }

    public async ValueTask<IStreamSocket> ConnectAsync(IPEndPoint remote, CancellationToken cancel)
    {
        var local = LocalEndPoint.Address;
        var connecting = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

        try
        {
            Prepare(connecting);
            connecting.Bind(new IPEndPoint(local, 0));
            await connecting.ConnectAsync(remote, cancel).ConfigureAwait(false);
            return new SystemSocket(connecting);
        }
        catch
        {
            connecting.Dispose();
            throw;
        }
    }

    public void Dispose() => socket.Dispose();

    private static void Prepare(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        if (OperatingSystem.IsLinux())
        {
            socket.SetRawSocketOption(0, BindAddressNoPort, BitConverter.GetBytes(1));
        }
    }
}

/// <summary>A connected TCP socket.</summary>
internal sealed class SystemSocket(Socket socket) : IStreamSocket
{
    public IPEndPoint RemoteEndPoint { get; } = (IPEndPoint)socket.RemoteEndPoint!;

    public int Available => socket.Available;

    public bool CanWrite => socket.Poll(TimeSpan.Zero, SelectMode.SelectWrite);

    public Stream Open()
    {
        socket.NoDelay = true;
        return new NetworkStream(socket, ownsSocket: false);
    }

    public void Shutdown() => socket.Shutdown(SocketShutdown.Send);

    public int Receive(Span<byte> unread) => socket.Receive(unread);

    public void Dispose() => socket.Dispose();
}
