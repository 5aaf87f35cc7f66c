using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Quickstart;

/// <summary>A UDP link on loopback that loses the first requests, and prints each one.</summary>
internal sealed class LossyLink : IAsyncDisposable
{
    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _closing = new();
    private readonly IPEndPoint _server;
    private readonly Task _running;

    public LossyLink(IPEndPoint server, int losing)
    {
        _server = server;
        _running = RunAsync(losing);
    }

    /// <summary>Where the link listens.</summary>
    public int Port => ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _closing.Dispose();
    }

    private async Task RunAsync(int toLose)
    {
        IPEndPoint? client = null;
        var first = 0L;

        // One to itself, so that the times printed below are not those of .NET's first steps.
        await _socket.SendAsync(Array.Empty<byte>(), new(IPAddress.Loopback, Port), _closing.Token);
        await _socket.ReceiveAsync(_closing.Token);

        while (true)
        {
            var datagram = await _socket.ReceiveAsync(_closing.Token);
            var now = Stopwatch.GetTimestamp();

            if (datagram.RemoteEndPoint.Equals(_server))
            {
                await _socket.SendAsync(datagram.Buffer, client, _closing.Token);
                continue;
            }

            client = datagram.RemoteEndPoint;
            first = first == 0 ? now : first;
            var isLost = toLose-- > 0;
            var time = Stopwatch.GetElapsedTime(first, now).TotalMilliseconds;
            Console.WriteLine($"{time, 6:0} ms  a copy {(isLost ? "is lost" : "goes through")}");

            if (!isLost)
            {
                await _socket.SendAsync(datagram.Buffer, _server, _closing.Token);
            }
        }
    }
}
