// The shell as a whole: it owns the loop and everything that carries effects out, one method an
// effect. Each starts work, never waits, never throws.
using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SipFun.Shell;

/// <summary>What is behind a <see cref="Dispatcher"/>.</summary>
internal sealed partial class Engine : Core.IShell, IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<long, Delivery> _deliveries = new();
    private readonly ConcurrentDictionary<long, Ring> _rings = new();
    private readonly Questions _questions;
    private long _number;
    private volatile bool _closed;

    public Engine(Dispatcher dispatcher, DispatcherOptions options, Core.Snapshot? former)
    {
        _number = former?.Number ?? 0;
        (Dispatcher, Platform) = (dispatcher, options.Platform);
        Closing = _closing.Token;
        Draws = Platform.Draws();
        Epoch = (uint)Draws.Next() | 1;
        Limits = options.Limits;
        var logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger("SipFun");
        Log = new Log(logger, Counters);
        Code = new UserCode(
            Platform,
            new Visits(Platform),
            Counters,
            Log,
            options.Limits.CallbackQueue
        );
        Clock = new Clock(options.TimeProvider, former?.Frozen.At ?? 0);
        Settings = Translate.ToSettings(
            options,
            former?.Secret ?? (Draws.Next(), Draws.Next()),
            options.Seed ?? former?.Seed ?? Draws.Next()
        );
        Tap = options.OnPacket is { } see
            ? new WireTap(see, Limits.ReceiveQueue, Clock, Code)
            : null;
        Recorder = options.Recorder is { } stream
            ? new Recorder(stream, Settings, Limits.RecorderQueue, Clock, Counters, Log)
            : null;
        Loop = new Loop(Settings, this, Clock, Counters, Log, Platform, Recorder)
        {
            AtEndOfTurn = EndDrainIfDone,
        };
        Legs = new Legs(this, former?.Frozen.Legs ?? []);
        Lookups = new Lookups(Loop, Platform);
        Reception = new Reception(Limits.ReceiveQueue, Loop.Post, Code, Closing);
        _questions = new Questions(
            options.Resolver
                ?? new DnsClientResolver(new() { TimeProvider = options.TimeProvider }),
            options.TimeProvider,
            Limits.ResolveWithin,
            Loop.Post,
            Code,
            Closing
        );
    }

    public Dispatcher Dispatcher { get; }

    /// <summary>What lies under it all.</summary>
    public Platform Platform { get; }

    public Limits Limits { get; }

    public Core.Settings Settings { get; }

    public Counters Counters { get; } = new();

    public Draws Draws { get; }

    /// <summary>Names this run, and no other dispatcher's, to what outlives it; never 0.</summary>
    public uint Epoch { get; }

    public Log Log { get; }

    public UserCode Code { get; }

    public Clock Clock { get; }

    public Loop Loop { get; }

    /// <summary>Null when nobody wants to see packets.</summary>
    public WireTap? Tap { get; }

    /// <summary>Null when nothing is recorded.</summary>
    public Recorder? Recorder { get; }

    public Legs Legs { get; }

    public Lookups Lookups { get; }

    public Reception Reception { get; }

    /// <summary>Nothing new is taken on.</summary>
    public bool IsClosed => _closed;

    /// <summary>Set when the end begins: who holds something open for a caller ends it. Good after the
    /// end, too.</summary>
    public CancellationToken Closing { get; }

    public IEnumerable<Delivery> Deliveries => _deliveries.Values;

    /// <summary>The name of one more delivery, message, resolution or timer.</summary>
    public long NextNumber() => Interlocked.Increment(ref _number);

    /// <summary>A caller named a delivery by a number: no fresh one gets it from now on.</summary>
    public void Skip(long number)
    {
        for (
            var last = Interlocked.Read(ref _number);
            last < number && number < DeliveryId.FirstDrawn;
            last = Interlocked.Read(ref _number)
        )
        {
            Interlocked.CompareExchange(ref _number, number, last);
        }
    }

    /// <summary>A packet came in, whatever it is.</summary>
    public void SawReceived(ILink link, in Core.Hop source, ReadOnlySpan<byte> packet)
    {
        Tap?.Received(link, source, packet);
        Recorder?.Received(link, source, packet);
    }

    public void Start(Delivery delivery, Core.Order order)
    {
        _deliveries[delivery.Number] = delivery;

        try
        {
            Loop.Order(Core.Input.NewDeliver(order));
        }
        catch
        {
            _deliveries.TryRemove(delivery.Number, out _);
            throw;
        }

        EndAllIfClosed();
    }

    /// <summary>As <see cref="Start"/>, without waiting for the step.</summary>
    public void Post(Delivery delivery, Core.Order order)
    {
        _deliveries[delivery.Number] = delivery;
        Loop.Post(Core.Input.NewDeliver(order));
        EndAllIfClosed();
    }

    /// <summary>
    /// Sends a packet that leaves no trace. Inside the turn. A datagram changes nothing that the core
    /// knows, so it is given to its leg at once.
    /// </summary>
    public void Relay(int leg, in Core.Hop hop, ReadOnlyMemory<byte> packet)
    {
        if (hop.Transport == Transport.Udp)
        {
            ((Core.IShell)this).Transmit(0, leg, hop, packet, false);
        }
        else
        {
            Loop.Post(Core.Input.NewRelay(leg, hop, packet));
        }
    }

    public int Cancel(Core.Which which) => Loop.Order(Core.Input.NewCancelDelivery(which));

    public Ring AddTimer(long due, TimeSpan? repeat, Action callback)
    {
        var ring = new Ring(callback, Code, Remove) { Number = NextNumber() };
        _rings[ring.Number] = ring;

        try
        {
            Loop.Order(Core.Input.NewAddTimer(ring.Number, due, Translate.ToDuration(repeat)));
            return ring;
        }
        catch
        {
            _rings.TryRemove(ring.Number, out _);
            throw;
        }
    }

    void Core.IShell.Connect(int leg, Core.Hop hop)
    {
        if (Legs.Link(leg) is not IFlowLink link)
        {
            Fail("the leg was removed", TransportFault.LegRemoved);
            return;
        }

        try
        {
            link.Connect(hop);
        }
        catch (Exception exception)
        {
            // Else what is sent there from now on waits for a connection that never comes (law D1).
            Fail(exception.GetType().Name, TransportFault.SendFailed);
            throw;
        }

        void Fail(string detail, TransportFault fault) =>
            Loop.Post(Core.Input.NewFlowClosed(hop.Flow, fault, detail));
    }

    void Core.IShell.Disconnect(int leg, long flow) =>
        (Legs.Link(leg) as IFlowLink)?.Disconnect(flow);

    void Core.IShell.Transmit(
        long number,
        int leg,
        Core.Hop hop,
        ReadOnlyMemory<byte> packet,
        bool report
    )
    {
        if (Legs.Link(leg) is not { } link)
        {
            Fail("the leg was removed", TransportFault.LegRemoved);
            return;
        }

        try
        {
            Tap?.Sent(link, hop, packet);
            Recorder?.Sent(link, hop, packet);
            link.Send(number, hop, packet, report);
        }
        catch (Exception exception)
        {
            // The delivery must hear of it, or it waits for a word that never comes (law D1).
            Fail(exception.GetType().Name, TransportFault.SendFailed);
            throw;
        }

        void Fail(string detail, TransportFault fault) =>
            Loop.Post(Core.Input.NewFailed(number, hop, fault, detail));
    }

    void Core.IShell.Ask(Core.Question question) => _questions.Ask(question);

    void Core.IShell.AskSource(Core.Address destination)
    {
        // The core waits for a word in any case.
        IPAddress? source = null;

        try
        {
            source = Platform.SourceFor(Core.AddressModule.toIPAddress(destination));
        }
        finally
        {
            Loop.Post(Core.Input.NewSourceChosen(destination, Translate.ToAddress(source)));
        }
    }

    void Core.IShell.PassUp(long number, int leg, Core.Hop source, SipMessage message) =>
        Offer(number, leg, source, message);

    void Core.IShell.PassUpStray(int leg, Core.Hop source, SipResponse response) =>
        Offer(null, leg, source, response);

    void Core.IShell.TellSent(long number, Core.Hop hop) => Find(number)?.TellSent(hop);

    void Core.IShell.HandUp(long number, SipResponse response) => HandUp(number, response);

    void Core.IShell.Complete(long number, Core.Outcome outcome, Core.Trace trace, bool last)
    {
        if (Find(number)?.End(outcome, trace, last) == true && outcome.IsCancelled)
        {
            Loop.CountEnded();
        }

        if (last)
        {
            _deliveries.TryRemove(number, out _);
        }
    }

    void Core.IShell.Forget(long number)
    {
        if (_deliveries.TryRemove(number, out var delivery))
        {
            delivery.Listener?.Forgotten(delivery);
        }
    }

    void Core.IShell.Found(long number, Core.Found found) => Lookups.End(number, found);

    void Core.IShell.Ring(long number, bool last)
    {
        if (_rings.TryGetValue(number, out var ring))
        {
            ring.Due();
        }

        if (last)
        {
            _rings.TryRemove(number, out _);
        }
    }

    void Core.IShell.Count(Core.Counted counted) => Counters.Add(counted);

    private Delivery? Find(long number) => _deliveries.GetValueOrDefault(number);

    private void HandUp(long number, SipResponse response)
    {
        if (Find(number)?.TryHandUp(response) != true)
        {
            Counters.Add(Reason.UnheardResponse);
        }
    }

    private void Offer(long? number, int leg, Core.Hop source, SipMessage message)
    {
        if (Legs.Find(leg) is { } known)
        {
            var names = Loop.NamesOf(source.Flow);
            Reception.Offer(
                new Received(this, message, known, leg, source, number) { VerifiedNames = names }
            );
        }
        else if (number is { } refused)
        {
            Loop.Post(Core.Input.NewOverflowed(refused));
        }
    }

    private void Remove(Ring ring)
    {
        if (_rings.TryRemove(ring.Number, out _))
        {
            Loop.Post(Core.Input.NewCancelTimer(ring.Number));
        }
    }
}
