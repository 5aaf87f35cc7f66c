using System.Net;

namespace SipFun.Testing.Inside;

/// <summary>A translator of addresses (RFC 4787): one outside port for each inside socket, open to
/// everybody.</summary>
internal sealed class Nat(IPAddress address)
{
    private const int FirstPort = 20_000;

    private readonly Dictionary<(bool IsStream, IPEndPoint Inside), int> _ports = [];
    private readonly Dictionary<(bool IsStream, int Port), IPEndPoint> _insides = [];
    private int _next = FirstPort;

    public IPAddress Address => address;

    public IPEndPoint Map(bool isStream, IPEndPoint inside)
    {
        if (!_ports.TryGetValue((isStream, inside), out var port))
        {
            port = _next++;
            _ports.Add((isStream, inside), port);
            _insides.Add((isStream, port), inside);
        }

        return new IPEndPoint(address, port);
    }

    public IPEndPoint? Inside(bool isStream, int port) =>
        _insides.GetValueOrDefault((isStream, port));

    /// <summary>Forgets every port, and gives out none of them again.</summary>
    public void Rebind()
    {
        _ports.Clear();
        _insides.Clear();
    }
}
