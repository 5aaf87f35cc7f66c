using System.Net;
using SipFun.Testing.Inside;

namespace SipFun.Testing;

/// <summary>One machine of a <see cref="SimulatedNetwork"/>.</summary>
public sealed class SimulatedHost
{
    private readonly SimulatedNetwork _network;
    private readonly List<Dispatcher> _dispatchers = [];

    internal SimulatedHost(
        SimulatedNetwork network,
        string name,
        IReadOnlyList<IPAddress> addresses,
        ulong number
    )
    {
        (_network, Name, Addresses) = (network, name, addresses);
        Platform = new HostPlatform(network, this, network.Chance.Branch(number));
    }

    /// <summary>For traces and ladders.</summary>
    public string Name { get; }

    /// <summary>Its addresses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; }

    /// <summary>The dispatchers that were started here.</summary>
    public IReadOnlyList<Dispatcher> Dispatchers => _dispatchers;

    internal HostPlatform Platform { get; }

    internal Nat? Nat { get; private set; }

    /// <summary>
    /// Starts a dispatcher here. It lives in the network's time, asks the network's name server unless
    /// it has a resolver of its own, and draws from the network's seed.
    /// </summary>
    /// <param name="options">
    /// Its legs are bound to addresses of this host, or to <c>0.0.0.0</c> and <c>[::]</c>: all of them.
    /// Null: UDP and TCP at port 5060 of each address.
    /// </param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="IOException">An address is not this host's, or taken.</exception>
    public Task<Dispatcher> StartDispatcherAsync(DispatcherOptions? options = null)
    {
        options ??= new DispatcherOptions { Legs = DefaultLegs() };
        var own = options with
        {
            Legs = [.. options.Legs.Where(HasFamily)],
            TimeProvider = _network.Time,
            Resolver = options.Resolver ?? _network.Dns,
            Platform = Platform,
        };
        return Keep(Dispatcher.StartAsync(own));
    }

    /// <summary>
    /// Puts the host behind a NAT: others see its packets come from this address, from a port that is
    /// the same for every peer, and reach it there (RFC 4787: mapping and filtering independent of
    /// the endpoint). Hosts behind the same address reach each other directly.
    /// </summary>
    /// <param name="publicAddress">What others see.</param>
    public void PutBehindNat(string publicAddress) =>
        Nat = _network.Wires.NatAt(IPAddress.Parse(publicAddress));

    /// <summary>The NAT forgets its ports, as when it restarts: later packets come from others, what
    /// is sent to the old ones is lost, and streams through it are dead.</summary>
    /// <exception cref="InvalidOperationException">The host is behind no NAT.</exception>
    public void RebindNat()
    {
        var nat =
            Nat ?? throw new InvalidOperationException("PutBehindNat comes before RebindNat.");
        nat.Rebind();
        _network.Wires.Break(nat);
    }

    /// <inheritdoc />
    public override string ToString() => Name;

    private async Task<Dispatcher> Keep(Task<Dispatcher> starting)
    {
        var dispatcher = await starting.ConfigureAwait(false);
        _dispatchers.Add(dispatcher);
        return dispatcher;
    }

    /// <summary>A leg of all addresses is left out where there are none of its family, as on a machine
    /// without IPv6.</summary>
    private bool HasFamily(LegOptions leg) =>
        leg?.Bind is not { } bind
        || !Shell.UdpBinding.IsUnspecified(bind.Address)
        || Addresses.Any(address => address.AddressFamily == bind.AddressFamily);

    private LegOptions[] DefaultLegs() =>
        [
            .. Addresses
                .Select(address => new IPEndPoint(address, 5060).ToString())
                .SelectMany(bind => (LegOptions[])[LegOptions.Udp(bind), LegOptions.Tcp(bind)]),
        ];
}
