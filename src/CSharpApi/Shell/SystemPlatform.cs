using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>The machine that we run on.</summary>
internal sealed class SystemPlatform : Platform
{
    public override bool IsSimulated => false;

    public override bool IsPlain => false;

    public override TimeProvider Time => TimeProvider.System;

    public override TaskCreationOptions Continuations =>
        TaskCreationOptions.RunContinuationsAsynchronously;

    public override Draws Draws() => new();

    public override void Queue(IThreadPoolWorkItem work) =>
        ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    public override Task Run(Func<Task> work) => Task.Run(work);

    public override Task CancelAsync(CancellationTokenSource source) => source.CancelAsync();

    public override void Complete<T>(TaskCompletionSource<T> source, T result) =>
        source.TrySetResult(result);

    public override void Fail<T>(TaskCompletionSource<T> source, Exception failure) =>
        source.TrySetException(failure);

    public override Task Finish(Task ending) => ending;

    public override IPAddress? SourceFor(IPAddress destination) => SystemSource.For(destination);

    public override ImmutableArray<ILink> Open(LegOptions options, Limits limits, Clock clock) =>
        options.Transport == Transport.Udp
            ? [.. Sockets(options).Select(one => new UdpLink(one, limits.DatagramsPerTurn))]
            :
            [
                .. StreamBinding
                    .Bind(options)
                    .Select(one => new StreamLink(new SystemPort(one), options, clock, this)),
            ];

    private static Socket[] Sockets(LegOptions options) =>
        options.Socket is { } given
            ? [given]
            : UdpBinding.Bind(options.Bind!, options.ReceiveBuffer);
}
