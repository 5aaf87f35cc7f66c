// The pure core alone: no sockets, no threads, time as an argument.
using System.Net;
using System.Text;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using SipFun.Core;
using SipFun.Shell;

namespace SipFun.Bench.Core;

/// <summary>A dispatcher's state with one UDP leg, driven by hand; and a peer that answers 200.</summary>
internal sealed class CoreWorld
{
    private static readonly SipFun.Core.Hop Peer = new(
        Transport.Udp,
        AddressModule.ofIPAddress(IPAddress.Parse("192.0.2.2")),
        5060,
        null,
        0
    );

    private readonly Settings _settings;
    private State _state = SipFun.Core.Dispatcher.start;
    private long _number = 1;
    private int _completed;

    public CoreWorld(int decisions)
    {
        var limits = SipFun.Limits.Default with
        {
            Deliveries = int.MaxValue,
            Lingering = int.MaxValue,
            Decisions = decisions,
        };
        _settings = Translate.ToSettings(new DispatcherOptions { Limits = limits }, (1, 2), 3);
        Step(
            Input.NewAddLeg(
                new SipFun.Core.Leg(
                    1,
                    Transport.Udp,
                    AddressModule.ofIPAddress(IPAddress.Parse("192.0.2.1")),
                    5060,
                    "192.0.2.1:5060",
                    FSharpList<Network>.Empty,
                    0
                )
            )
        );
    }

    public long Now { get; set; }

    public int Waiting => _state.Deliveries;

    public int Lingering => _state.Lingering;

    public int Completed => _completed;

    /// <summary>An OPTIONS of 450 bytes, as one of the many that a program sends.</summary>
    public static SipRequest Request(int serial)
    {
        var head =
            $"OPTIONS sip:service@192.0.2.2:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa{serial:x8}\r\n"
            + $"Max-Forwards: 70\r\nFrom: <sip:bench@192.0.2.9>;tag=f{serial:x8}\r\nTo: <sip:service@192.0.2.2>\r\n"
            + $"Call-ID: {serial:x8}-bench@192.0.2.9\r\nCSeq: 1 OPTIONS\r\nContact: <sip:bench@192.0.2.9:5060>\r\n"
            + "Accept: application/sdp\r\nUser-Agent: bench\r\nSubject: ";
        var filler = new string('x', Math.Max(0, 450 - 82 - head.Length - 23));
        return (SipRequest)
            SipMessage.Parse(
                Encoding.ASCII.GetBytes(head + filler + "\r\nContent-Length: 0\r\n\r\n")
            );
    }

    public Order Order(SipRequest request) =>
        new(
            ++_number,
            (ulong)_number * 0x9E3779B97F4A7C15,
            request,
            FSharpValueOption<Name>.ValueNone,
            request.CallId,
            FSharpList<int>.Empty,
            FSharpValueOption<SipFun.Core.Hop>.NewValueSome(Peer),
            0,
            true,
            FSharpList<Transport>.Empty,
            FSharpValueOption<long>.ValueNone,
            FSharpValueOption<long>.ValueNone,
            false
        );

    /// <summary>Delivers, and gives back the packet that was to be transmitted.</summary>
    public ReadOnlyMemory<byte> Deliver(Order order)
    {
        var effects = Step(Input.NewDeliver(order));
        for (var index = 0; index < effects.Size; index++)
        {
            if (effects[index] is Effect.Transmit transmit)
            {
                return transmit.packet;
            }
        }

        throw new InvalidOperationException("nothing was transmitted");
    }

    /// <summary>The peer's 200 to this packet, as bytes.</summary>
    public static byte[] Answer(ReadOnlyMemory<byte> packet)
    {
        var request = (SipRequest)SipMessage.Parse(packet);
        return request.CreateResponse(200, "t").Bytes.ToArray();
    }

    public static SipMessage Read(byte[] packet) =>
        SipMessage.TryParse(packet, out var message, out _)
            ? message
            : throw new InvalidOperationException();

    public void Receive(SipMessage message) => Step(Input.NewReceived(++_number, 1, Peer, message));

    /// <summary>Works off what is due; how many ticks it took.</summary>
    public int TickWhileDue()
    {
        var ticks = 0;
        while (SipFun.Core.Dispatcher.alarm(_state) is { IsSome: true } due && due.Value <= Now)
        {
            Step(Input.Tick);
            ticks++;
        }

        return ticks;
    }

    /// <summary>A step that finds nothing to do.</summary>
    public void Idle() => Step(Input.Tick);

    private Effects Step(Input input)
    {
        var (state, effects) = SipFun.Core.Dispatcher.step(_settings, Now, input, _state);
        _state = state;
        for (var index = 0; index < effects.Size; index++)
        {
            if (effects[index] is Effect.Complete)
            {
                _completed++;
            }
        }

        return effects;
    }
}
