using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SipFun.Cli;

/// <summary>
/// A road between two dispatchers on loopback that loses what it is told to lose, and remembers
/// every packet. Each side sees only the link.
/// </summary>
internal sealed class LossyLink : IAsyncDisposable
{
    private const int LargestDatagram = 65_535;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly IPEndPoint _right;
    private readonly Func<SipMessage, bool> _loses;
    private readonly List<Passage> _passages = [];
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;
    private IPEndPoint? _left;

    /// <param name="right">Who answers; the left side is whoever else sends.</param>
    /// <param name="loses">Asked for each packet, in order.</param>
    public LossyLink(IPEndPoint right, Func<SipMessage, bool> loses)
    {
        (_right, _loses) = (right, loses);
        _socket.Client.ReceiveBufferSize = LargestDatagram;
        _running = RunAsync();
    }

    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    /// <summary>Every packet so far.</summary>
    public IReadOnlyList<Passage> Passages
    {
        get
        {
            lock (_passages)
            {
                return [.. _passages];
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _closing.Dispose();
    }

    private async Task RunAsync()
    {
        // One to itself, so that the instants are those of the link and not of .NET's first steps.
        await _socket.SendAsync(Array.Empty<byte>(), new(IPAddress.Loopback, Port), _closing.Token);
        await _socket.ReceiveAsync(_closing.Token);

        while (true)
        {
            var datagram = await _socket.ReceiveAsync(_closing.Token);
            var at = Stopwatch.GetTimestamp();
            var isFromRight = datagram.RemoteEndPoint.Equals(_right);
            _left = isFromRight ? _left : datagram.RemoteEndPoint;
            var message = SipMessage.Parse(datagram.Buffer);
            var isLost = _loses(message);

            lock (_passages)
            {
                _passages.Add(new(at, !isFromRight, isLost, message));
            }

            if (!isLost && (isFromRight ? _left : _right) is { } other)
            {
                await _socket.SendAsync(datagram.Buffer, other, _closing.Token);
            }
        }
    }
}

/// <summary>One packet on the link.</summary>
/// <param name="At">When, as <see cref="Stopwatch"/> counts.</param>
/// <param name="IsRightward">From the left side to the right.</param>
/// <param name="IsLost">It did not arrive.</param>
/// <param name="Message">What it is.</param>
internal sealed record Passage(long At, bool IsRightward, bool IsLost, SipMessage Message);
