using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>How many connections one link has, in all, by source, and in handshakes. Any
/// thread.</summary>
internal sealed class Admission(LegOptions options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, int> _sources = [];
    private int _all;
    private int _handshakes;

    /// <summary>A connection that we open. Null: it was counted in.</summary>
    public Reason? TryOpen()
    {
        lock (_lock)
        {
            if (_all >= options.MaxConnections)
            {
                return Reason.ConnectionsFull;
            }

            _all++;
            return null;
        }
    }

    /// <summary>A connection of a peer's. Null: it was counted in, and its handshakes
    /// begin.</summary>
    public Reason? TryAccept(IPAddress source)
    {
        var key = Key(source);

        lock (_lock)
        {
            var already = _sources.GetValueOrDefault(key);

            if (_all >= options.MaxConnections)
            {
                return Reason.ConnectionsFull;
            }

            if (already >= options.MaxConnectionsPerSource)
            {
                return Reason.SourceFull;
            }

            if (_handshakes >= options.MaxHandshakes)
            {
                return Reason.HandshakesFull;
            }

            _all++;
            _handshakes++;
            _sources[key] = already + 1;
            return null;
        }
    }

    /// <summary>An accepted connection's handshakes are done, or failed.</summary>
    public void EndHandshake()
    {
        lock (_lock)
        {
            _handshakes--;
        }
    }

    /// <summary>A connection is gone.</summary>
    /// <param name="source">Null: we had opened it.</param>
    public void Leave(IPAddress? source)
    {
        lock (_lock)
        {
            _all--;

            if (source is not null && Key(source) is var key && --_sources[key] == 0)
            {
                _sources.Remove(key);
            }
        }
    }

    /// <summary>Whoever has one IPv6 address has its /64.</summary>
    private static IPAddress Key(IPAddress source)
    {
        if (source.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return source;
        }

        var bytes = source.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes);
    }
}
