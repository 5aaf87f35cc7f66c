using System.Net;
using SipFun.Testing.Inside;

namespace SipFun.Testing;

/// <summary>
/// A network in memory with a clock of its own, for tests. Hosts have addresses; dispatchers, and the
/// user agents and receivers on them, run on hosts by the code they run by in production: only
/// sockets, clock, chance and threads are replaced. Time stands still until it is moved on by
/// <see cref="RunFor"/>, <see cref="RunUntilIdle"/> or <c>Run</c>, on the thread that calls them, and
/// everything happens there. The same seed makes the same bytes at the same instants.
/// </summary>
/// <remarks>
/// What code of the user's moves to the thread pool (<c>Task.Run</c>, <c>Task.Yield</c>) happens
/// outside of the simulation, at no instant in particular. Wait by <c>network.Run(task)</c>, or inside
/// <c>network.Run(async () => ...)</c>: a plain <c>await</c> elsewhere waits for somebody to move time
/// on.
/// </remarks>
public sealed partial class SimulatedNetwork : IAsyncDisposable
{
    private readonly List<SimulatedHost> _hosts = [];

    /// <summary>A good local network.</summary>
    /// <param name="seed">All chance comes from it.</param>
    public SimulatedNetwork(ulong seed = 1)
        : this(new SimulatedNetworkOptions { Seed = seed }) { }

    /// <summary>A network.</summary>
    /// <param name="options">With what it begins.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public SimulatedNetwork(SimulatedNetworkOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.TraceLimit);
        options.Conditions.Validate();
        Options = options;
        Pump = new Pump(options.Start);
        Chance = new Chance(options.Seed);
        Record = new Record(options.TraceLimit);
        Wires = new Wires(this, options.Conditions);
        Dns = new SimulatedDns(Pump, Chance.Branch(ulong.MaxValue));
    }

    /// <summary>With what it began.</summary>
    public SimulatedNetworkOptions Options { get; }

    /// <summary>The clock of every host. Give it to whatever else has to live in virtual
    /// time.</summary>
    public TimeProvider Time => Pump.Time;

    /// <summary>How long the network has run, in virtual time.</summary>
    public TimeSpan Now => Pump.Time.Elapsed;

    /// <summary>The name server that all hosts ask.</summary>
    public SimulatedDns Dns { get; }

    /// <summary>The hosts there are, in the order in which they were added.</summary>
    public IReadOnlyList<SimulatedHost> Hosts => _hosts;

    /// <summary>Between hosts of which nothing else was said.</summary>
    /// <exception cref="ArgumentException">They make no sense.</exception>
    public LinkConditions Conditions
    {
        get => Wires.Default;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            Wires.Default = value;
        }
    }

    /// <summary>The packets that left a host, oldest first; at most
    /// <see cref="SimulatedNetworkOptions.TraceLimit"/>.</summary>
    public IReadOnlyList<TracedPacket> Trace => Record.Packets;

    internal Pump Pump { get; }

    internal Chance Chance { get; }

    internal Record Record { get; }

    internal Wires Wires { get; }

    /// <summary>A host at one or several addresses.</summary>
    /// <param name="name">For traces and ladders.</param>
    /// <param name="addresses">IPv4 or IPv6, as text; none is another host's.</param>
    /// <exception cref="ArgumentException">A name or address is taken, or none is given.</exception>
    public SimulatedHost AddHost(string name, params string[] addresses)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(addresses);
        var parsed = addresses.Select(IPAddress.Parse).ToList();

        if (parsed.Count == 0)
        {
            throw new ArgumentException("A host needs an address.", nameof(addresses));
        }

        if (_hosts.Exists(host => host.Name == name) || parsed.Exists(Wires.IsTaken))
        {
            throw new ArgumentException($"The name or an address of {name} is taken already.");
        }

        var added = new SimulatedHost(this, name, parsed, (ulong)_hosts.Count);
        _hosts.Add(added);
        Wires.Add(added);
        return added;
    }

    /// <summary>How good the way from one host to another is: one direction.</summary>
    /// <param name="from">The sender.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="conditions">Null: as <see cref="Conditions"/> has it.</param>
    /// <exception cref="ArgumentException">They make no sense.</exception>
    public void SetConditions(SimulatedHost from, SimulatedHost to, LinkConditions? conditions)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        conditions?.Validate();
        Wires.Set(from, to, conditions);
    }

    /// <summary>Cuts the ways between two groups of hosts, both directions, until
    /// <see cref="Heal"/>.</summary>
    /// <param name="one">Some hosts.</param>
    /// <param name="other">Others.</param>
    public void Partition(
        IReadOnlyCollection<SimulatedHost> one,
        IReadOnlyCollection<SimulatedHost> other
    )
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        Wires.Cut(one, other);
    }

    /// <summary>Ends every partition.</summary>
    public void Heal() => Wires.Heal();

    /// <summary>Resets every stream between two hosts: both ends hear of it.</summary>
    /// <param name="one">A host.</param>
    /// <param name="other">Another.</param>
    /// <returns>How many there were.</returns>
    public int ResetStreams(SimulatedHost one, SimulatedHost other) =>
        Wires.Streams(one, other).Count(stream => stream.Reset());

    /// <summary>Ends every stream between two hosts in one direction: the receiver reads an end, and
    /// may still write (RFC 9293, 3.6).</summary>
    /// <param name="from">Who is heard no more.</param>
    /// <param name="to">Who reads the end.</param>
    /// <returns>How many there were.</returns>
    public int HalfCloseStreams(SimulatedHost from, SimulatedHost to) =>
        Wires.Streams(from, to).Count(stream => stream.EndFrom(from));

    /// <summary>The trace as a diagram: a column a host, an arrow a packet, time downwards.</summary>
    public string Ladder() => Inside.Ladder.Draw(_hosts.Select(host => host.Name), Trace);

    /// <summary>Ends every dispatcher that was started here, in order.</summary>
    public ValueTask DisposeAsync()
    {
        foreach (var dispatcher in _hosts.SelectMany(host => host.Dispatchers).ToList())
        {
            Run(dispatcher.DisposeAsync().AsTask());
        }

        return ValueTask.CompletedTask;
    }
}
