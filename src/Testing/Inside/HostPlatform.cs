// A host in the system's place: what the shell asks of the system it gets from the simulation.
using System.Collections.Immutable;
using System.Net;
using SipFun.Shell;

namespace SipFun.Testing.Inside;

/// <summary>What lies under the dispatchers of one host.</summary>
internal sealed class HostPlatform(SimulatedNetwork network, SimulatedHost host, Chance chance)
    : Platform
{
    private readonly Pump _pump = network.Pump;
    private ulong _draws;

    public override bool IsSimulated => true;

    public override bool IsPlain => network.Options.PlainStreams;

    public override TimeProvider Time => _pump.Time;

    /// <summary>On the pump's thread, where the promise is completed.</summary>
    public override TaskCreationOptions Continuations => TaskCreationOptions.None;

    public override Draws Draws() => chance.Branch(++_draws);

    public override void Queue(IThreadPoolWorkItem work) => _pump.Queue(work);

    public override Task Run(Func<Task> work) => _pump.Start(work);

    public override Task CancelAsync(CancellationTokenSource source) =>
        _pump.Start(() =>
        {
            source.Cancel();
            return Task.CompletedTask;
        });

    public override void Complete<T>(TaskCompletionSource<T> source, T result) =>
        _pump.Queue(() => source.TrySetResult(result));

    public override void Fail<T>(TaskCompletionSource<T> source, Exception failure) =>
        _pump.Queue(() => source.TrySetException(failure));

    /// <summary>A test that disposes of something moves time on itself: nobody else does.</summary>
    public override Task Finish(Task ending)
    {
        if (!_pump.IsInside)
        {
            _pump.Run(ending);
        }

        return ending;
    }

    public override IPAddress? SourceFor(IPAddress destination) =>
        host.Addresses.FirstOrDefault(own => own.AddressFamily == destination.AddressFamily);

    public override ImmutableArray<ILink> Open(LegOptions options, Limits limits, Clock clock)
    {
        if (options.Bind is not { } bind)
        {
            throw new ArgumentException("A simulated host has no sockets: give an address.");
        }

        var isStream = options.Transport != Transport.Udp;
        var locals = network.Wires.Free(isStream, host, bind);
        return
        [
            .. locals.Select(local =>
                isStream
                    ? (ILink)new StreamLink(Port(local, options), options, clock, this)
                    : new DatagramLink(network, host, local)
            ),
        ];
    }

    private StreamPort Port(IPEndPoint local, LegOptions options) =>
        new(network, host, local, options.Transport, IsPlain || options.CanListen);
}
