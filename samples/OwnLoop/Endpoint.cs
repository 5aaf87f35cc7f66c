using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using SipFun;
using SipFun.Stepping;

namespace OwnLoop;

/// <summary>
/// A UDP socket and a stepper. What comes in is posted; what the stepper wants done is done by the
/// methods of <see cref="IEffectHandler"/>, at once.
/// </summary>
internal sealed class Endpoint : IEffectHandler, IDisposable
{
    private const int Leg = 1;

    private readonly string _name;
    private readonly Stepper _stepper;
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly byte[] _buffer = new byte[65_535];
    private int _losing;
    private long _number;

    public Endpoint(string name, int losing = 0)
    {
        (_name, _losing) = (name, losing);
        Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _stepper = new Stepper(this, new StepperOptions { Secret = (UInt128)Draw() });
        Post(new StepInput.AddLeg(Leg, Transport.Udp, Local.Address, Local.Port, $"{Local}"));
        Post(new StepInput.SetReceiver([SipMethod.Options], ForwardsResponses: false));
    }

    public Socket Socket { get; } =
        new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);

    /// <summary>How long until something is to be done; null: only a datagram can bring
    /// work.</summary>
    public TimeSpan? NextAlarm =>
        _stepper.NextAlarm is { } at
            ? TimeSpan.FromTicks(Math.Max(0, (at - _clock.Elapsed).Ticks))
            : null;

    /// <summary>Told of each final response.</summary>
    public Action<SipResponse> OnAnswer { get; set; } = _ => { };

    private IPEndPoint Local => (IPEndPoint)Socket.LocalEndPoint!;

    /// <summary>Sends a request, and insists.</summary>
    public void Ask(SipMethod method, Endpoint other)
    {
        var request = SipRequest.Create(
            method,
            SipUri.Parse($"sip:{other.Local}"),
            NameAddr.Parse($"<sip:{Local}>;tag={Draw():x}"),
            NameAddr.Parse($"<sip:{other.Local}>"),
            CallId.Parse($"{Draw():x}"),
            1
        );
        Post(new StepInput.Deliver(++_number, Draw(), request));
    }

    /// <summary>One datagram is there.</summary>
    public void Receive()
    {
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var length = Socket.ReceiveFrom(_buffer, ref from);
        var source = (IPEndPoint)from;

        // The message keeps its bytes, so they are its own.
        if (SipMessage.TryParse(_buffer.AsSpan(0, length).ToArray(), out var message, out _))
        {
            var hop = new Hop(Transport.Udp, source.Address, source.Port);
            Post(new StepInput.Received(++_number, Leg, hop, message));
        }
    }

    public void Tick() => Post(new StepInput.Tick());

    public void Dispose() => Socket.Dispose();

    void IEffectHandler.Transmit(
        long number,
        int leg,
        Hop hop,
        ReadOnlyMemory<byte> packet,
        bool report
    )
    {
        var line = SipMessage.Parse(packet) switch
        {
            SipRequest request => request.Method.Name,
            SipResponse response => $"{response.StatusCode} {response.ReasonPhrase}",
            _ => "",
        };
        var isLost = _losing-- > 0;
        Console.WriteLine($"{_name} sends {line}{(isLost ? ", which is lost" : "")}");

        if (!isLost)
        {
            Socket.SendTo(packet.Span, new IPEndPoint(hop.Address, hop.Port));
        }

        if (report)
        {
            Post(new StepInput.Transmitted(number));
        }
    }

    /// <summary>A request for us: it is answered, and the transaction keeps the answer.</summary>
    void IEffectHandler.PassUp(long number, int leg, Hop source, SipMessage message)
    {
        var isMine = message is SipRequest { Method: var method } && method == SipMethod.Options;

        if (isMine)
        {
            var response = ((SipRequest)message).CreateResponse(StatusCode.Ok, $"{Draw():x}");
            Post(new StepInput.Deliver(++_number, Draw(), response) { Legs = [leg] });
        }

        Post(new StepInput.Receipted(number, isMine ? Receipt.Handled : Receipt.Pass));
    }

    void IEffectHandler.HandUp(long number, SipResponse response)
    {
        if (response.IsFinal)
        {
            OnAnswer(response);
        }
    }

    void IEffectHandler.Complete(
        long number,
        DeliveryOutcome outcome,
        Func<string> explain,
        bool last
    ) => Console.WriteLine($"{_name} is done: {outcome.Kind}");

    // What UDP, numeric addresses and a program without timers have no use for.
    void IEffectHandler.Connect(int leg, Hop hop) { }

    void IEffectHandler.Disconnect(int leg, long flow) { }

    void IEffectHandler.Ask(DnsQuestion question) =>
        Post(new StepInput.Answered(question, new DnsAnswer(DnsStatus.NxDomain, [])));

    void IEffectHandler.AskSource(IPAddress destination) { }

    void IEffectHandler.PassUpStray(int leg, Hop source, SipResponse response) { }

    void IEffectHandler.TellSent(long number, Hop hop) { }

    void IEffectHandler.Forget(long number) { }

    void IEffectHandler.Found(long number, IReadOnlyList<Hop> hops, ResolutionError? failure) { }

    void IEffectHandler.Ring(long number, bool last) { }

    void IEffectHandler.Count(string reason) { }

    private void Post(StepInput input) => _stepper.Post(input, _clock.Elapsed);

    private static ulong Draw() => BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
}
