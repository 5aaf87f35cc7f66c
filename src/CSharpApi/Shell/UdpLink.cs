// One UDP socket with a thread of its own. The thread takes the turn itself and drains the socket,
// so that between the system and the step there is no other thread, no queue and no allocation but
// the packet's own bytes.
using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>Sends and receives datagrams from one local address. Survives every
/// exception.</summary>
internal sealed class UdpLink : ILink
{
    /// <summary>No datagram is longer, so that none is cut off.</summary>
    private const int LongestDatagram = 65_535;

    /// <summary>After this many failures in a row the thread rests between two.</summary>
    private const int FailuresInARow = 16;

    private readonly Socket _socket;
    private readonly int _datagramsPerTurn;
    private readonly SocketAddress _to;
    private readonly TaskCompletionSource _stopped = new(
        TaskCreationOptions.RunContinuationsAsynchronously
    );
    private volatile ILinkOwner? _owner;
    private volatile bool _started;
    private volatile bool _disposed;

    public UdpLink(Socket socket, int datagramsPerTurn)
    {
        _socket = socket;
        _datagramsPerTurn = datagramsPerTurn;
        _to = UdpAddresses.Blank(socket.AddressFamily);
        LocalEndPoint = (IPEndPoint)socket.LocalEndPoint!;
    }

    public Transport Transport => Transport.Udp;

    public IPEndPoint LocalEndPoint { get; }

    public Task Stopped => _started ? _stopped.Task : Task.CompletedTask;

    public void Attach(ILinkOwner owner) => _owner = owner;

    public void Start()
    {
        _started = true;
        new Thread(Receive) { IsBackground = true, Name = $"SipFun udp:{LocalEndPoint}" }.Start();
    }

    public void Send(long number, in Core.Hop hop, ReadOnlyMemory<byte> packet, bool report)
    {
        try
        {
            if (UdpAddresses.TryWrite(hop, _to))
            {
                _socket.SendTo(packet.Span, SocketFlags.None, _to);
                Sent(number, report);
            }
            else
            {
                Failed(number, hop, TransportFault.SendFailed, "another address family");
            }
        }
        catch (SocketException exception)
        {
            Failed(number, hop, FaultOf(exception), exception.SocketErrorCode.ToString());
        }
        catch (ObjectDisposedException)
        {
            Failed(number, hop, TransportFault.LegRemoved, "the leg was removed");
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _socket.Dispose();
    }

    private void Sent(long number, bool report)
    {
        if (report)
        {
            _owner?.Transmitted(number);
        }
    }

    private void Failed(long number, in Core.Hop hop, TransportFault fault, string detail)
    {
        _owner?.Dropped(Reason.SendFailed);
        _owner?.Failed(number, hop, fault, detail);
    }

    private static TransportFault FaultOf(SocketException exception) =>
        exception.SocketErrorCode switch
        {
            SocketError.ConnectionRefused or SocketError.ConnectionReset =>
                TransportFault.ConnectionRefused,
            SocketError.MessageSize => TransportFault.TooLarge,
            _ => TransportFault.SendFailed,
        };

    private void Receive()
    {
        var buffer = new byte[LongestDatagram];
        var from = UdpAddresses.Blank(_socket.AddressFamily);
        var failures = 0;

        while (!_disposed)
        {
            failures = TryDrain(buffer, from) ? 0 : failures + 1;

            if (failures > FailuresInARow)
            {
                // A socket that only fails must not burn a processor; it may recover.
                Thread.Sleep(1);
            }
        }

        _stopped.TrySetResult();
    }

    /// <summary>Waits for a datagram, and takes with it what is there already.</summary>
    private bool TryDrain(byte[] buffer, SocketAddress from)
    {
        var owner = _owner!;
        var inTurn = false;

        try
        {
            var length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
            inTurn = owner.TryBegin();
            Report(owner, buffer.AsSpan(0, length), from, inTurn);

            for (var left = _datagramsPerTurn; inTurn && --left > 0 && _socket.Available > 0; )
            {
                length = _socket.ReceiveFrom(buffer, SocketFlags.None, from);
                Report(owner, buffer.AsSpan(0, length), from, inTurn);
            }

            return true;
        }
        catch (Exception exception)
        {
            Survive(owner, exception);
            return false;
        }
        finally
        {
            if (inTurn)
            {
                owner.End();
            }
        }
    }

    private static void Report(
        ILinkOwner owner,
        ReadOnlySpan<byte> packet,
        SocketAddress from,
        bool inTurn
    ) => owner.Received(UdpAddresses.ToHop(from), packet, inTurn);

    /// <summary>An error belongs to one datagram, or to an earlier send: the next one may be
    /// good.</summary>
    private void Survive(ILinkOwner owner, Exception exception)
    {
        if (_disposed)
        {
            return;
        }

        if (exception is SocketException { SocketErrorCode: SocketError.MessageSize })
        {
            owner.Dropped(Reason.OversizedDatagram);
        }
        else
        {
            owner.Dropped(Reason.ReceiveFailed);
            owner.ReceiveFailed(exception);
        }
    }
}
