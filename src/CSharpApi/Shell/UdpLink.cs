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

    /// <summary>So often one packet is given to the system while errors of others wait in its
    /// socket.</summary>
    private const int SendTries = 8;

    /// <summary>After this many failures in a row the thread rests between two.</summary>
    private const int FailuresInARow = 16;

    private readonly Socket _socket;
    private readonly int _datagramsPerTurn;
    private readonly SocketAddress _to;

    // Of the receiving thread's own turns. A peer that waits is woken by the first packet, and finds
    // the others there: to wake it for each costs as much as to send it.
    private readonly Queue<Outgoing> _held = new();
    private bool _holds;

    // One for each thread that meets errors; null where the system keeps none.
    private readonly ErrorQueue? _errorsAtSend;
    private readonly ErrorQueue? _errorsAtReceive;
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
        var keepsErrors = ErrorQueue.TryEnable(socket);
        _errorsAtSend = ErrorQueue.Of(socket, keepsErrors);
        _errorsAtReceive = ErrorQueue.Of(socket, keepsErrors);
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
        if (!_holds)
        {
            SendNow(number, hop, packet.Span, report);
            return;
        }

        _held.Enqueue(new Outgoing(number, hop, packet, report));

        if (_held.Count >= _datagramsPerTurn)
        {
            SendHeld();
        }
    }

    private void SendHeld()
    {
        while (_held.TryDequeue(out var one))
        {
            SendNow(one.Number, one.Hop, one.Packet.Span, one.Report);
        }
    }

    private void SendNow(long number, in Core.Hop hop, ReadOnlySpan<byte> packet, bool report)
    {
        try
        {
            if (UdpAddresses.TryWrite(hop, _to))
            {
                Give(packet);
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

    /// <summary>
    /// The error of an earlier datagram makes the next call fail, whatever that is for, and nothing
    /// is sent by it: what waits is read, and the packet given again.
    /// </summary>
    private void Give(ReadOnlySpan<byte> packet)
    {
        for (var left = SendTries; ; )
        {
            try
            {
                _socket.SendTo(packet, SocketFlags.None, _to);
                return;
            }
            catch (SocketException) when (--left > 0 && _errorsAtSend is not null)
            {
                // Without an error in the queue this one is the packet's own, unless the receiving
                // thread has just read it: the next failure is believed.
                left = DrainErrors(_errorsAtSend) > 0 ? left : 1;
            }
        }
    }

    private int DrainErrors(ErrorQueue errors) => _owner is { } owner ? errors.Drain(owner) : 0;

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
            SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown =>
                TransportFault.HostUnreachable,
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
            _holds = inTurn;
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
            return IsOfSend(exception) || Survive(owner, exception);
        }
        finally
        {
            if (inTurn)
            {
                _holds = false;
                SendHeld();
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

    /// <summary>
    /// Not a failure to receive, but the error of a datagram that was sent: now it is out of the
    /// way. Where the queue is empty, the sending thread was there first.
    /// </summary>
    private bool IsOfSend(Exception exception) =>
        exception is SocketException failure
        && _errorsAtReceive is not null
        && (DrainErrors(_errorsAtReceive) > 0 || IsIcmp(failure.SocketErrorCode));

    private static bool IsIcmp(SocketError error) =>
        error
            is SocketError.ConnectionRefused
                or SocketError.HostUnreachable
                or SocketError.NetworkUnreachable
                or SocketError.AccessDenied;

    /// <summary>An error belongs to one datagram, or to an earlier send: the next one may be
    /// good.</summary>
    private bool Survive(ILinkOwner owner, Exception exception)
    {
        if (exception is SocketException { SocketErrorCode: SocketError.MessageSize })
        {
            owner.Dropped(Reason.OversizedDatagram);
        }
        else if (!_disposed)
        {
            owner.Dropped(Reason.ReceiveFailed);
            owner.ReceiveFailed(exception);
        }

        return false;
    }

    /// <summary>A packet until the turn ends.</summary>
    private readonly record struct Outgoing(
        long Number,
        Core.Hop Hop,
        ReadOnlyMemory<byte> Packet,
        bool Report
    );
}
