// What comes in over one link becomes an input, or is dropped and counted: nothing that a peer
// sends gets further than this as bytes.
namespace SipFun.Shell;

/// <summary>Parses what one link reports, and has it stepped as of the core's leg.</summary>
internal sealed class LinkOwner(Engine engine, ILink link, int leg, string name) : ILinkOwner
{
    public bool TryBegin() => engine.Loop.TryTake();

    public void End() => engine.Loop.GiveBack();

    public void Received(in Core.Hop source, ReadOnlySpan<byte> packet, bool inTurn)
    {
        engine.SawReceived(link, source, packet);

        if (packet.IsEmpty)
        {
            Dropped(Reason.EmptyDatagram);
        }
        else if (packet.Length > engine.Limits.DatagramBytes)
        {
            Dropped(Reason.OversizedDatagram);
        }
        else if (packet.IndexOfAnyExcept((byte)'\r', (byte)'\n', (byte)0) < 0)
        {
            Dropped(Reason.KeepAlive);
        }
        else if (SipMessage.TryParse(packet.ToArray(), out var message, out var error))
        {
            Step(Core.Input.NewReceived(engine.NextNumber(), leg, source, message), inTurn);
        }
        else
        {
            Refuse(source, packet.ToArray(), error, inTurn);
        }
    }

    public void Received(in Core.Hop source, SipMessage message)
    {
        engine.SawReceived(link, source, message.Bytes.Span);
        Step(Core.Input.NewReceived(engine.NextNumber(), leg, source, message), inTurn: false);
    }

    public void Malformed(in Core.Hop source, ReadOnlyMemory<byte> octets, ParseError error)
    {
        engine.SawReceived(link, source, octets.Span);
        Refuse(source, octets, error, inTurn: false);
    }

    public long NextFlow() => engine.NextNumber();

    public void Accepted(in Core.Hop source, IReadOnlyList<string> names) =>
        engine.Loop.Post(Core.Input.NewFlowAccepted(leg, source, Translate.ToList(names)));

    public void Connected(long flow) => engine.Loop.Post(Core.Input.NewFlowOpened(flow));

    public void Closed(long flow, TransportFault fault, string detail) =>
        engine.Loop.Post(Core.Input.NewFlowClosed(flow, fault, detail));

    public void Idle(long flow) => engine.Loop.Post(Core.Input.NewFlowIdle(flow));

    public void Expired(long flow) => engine.Loop.Post(Core.Input.NewFlowExpired(flow));

    public void Transmitted(long number) => engine.Loop.Post(Core.Input.NewTransmitted(number));

    public void Failed(long number, in Core.Hop hop, TransportFault fault, string detail)
    {
        engine.Loop.Post(Core.Input.NewFailed(number, hop, fault, detail));

        if (engine.Log.IsDebug)
        {
            engine.Log.SendFailed(Core.HopModule.toString(hop), fault, detail);
        }
    }

    public void Bounced(ReadOnlySpan<byte> packet, TransportFault fault, string detail)
    {
        if (Core.Quote.branch(packet) is { } branch)
        {
            Dropped(Reason.IcmpUnreachable);
            engine.Loop.Post(Core.Input.NewBounced(branch, fault, detail));
        }
        else
        {
            Dropped(Reason.IcmpIgnored);
        }
    }

    public void TooBig(ReadOnlySpan<byte> packet, int mtu)
    {
        if (mtu > 0 && Core.Quote.branch(packet) is { } branch)
        {
            engine.Loop.Post(Core.Input.NewPathMtuLearnt(branch, mtu));
        }

        Dropped(Reason.IcmpTooBig);
    }

    public void Dropped(Reason reason) => engine.Counters.Add(reason);

    public void Ended(in Core.Hop peer, Reason reason, string detail)
    {
        Dropped(reason);

        if (engine.Log.IsDebug)
        {
            engine.Log.ConnectionEnded(
                Core.HopModule.toString(peer),
                reason,
                Core.Sanitizer.text(detail)
            );
        }
    }

    public void ReceiveFailed(Exception exception) => engine.Log.ReceiveFailed(name, exception);

    private void Step(Core.Input input, bool inTurn)
    {
        if (inTurn)
        {
            engine.Loop.Do(input);
        }
        else
        {
            engine.Loop.Order(input);
        }
    }

    /// <summary>Counted, and answered if it is a request.</summary>
    private void Refuse(
        in Core.Hop source,
        ReadOnlyMemory<byte> octets,
        ParseError error,
        bool inTurn
    )
    {
        engine.Counters.Add(error.Reason);

        if (engine.Log.IsDebug)
        {
            engine.Log.Malformed(octets.Length, Core.HopModule.toString(source), error.ToString());
        }

        Step(Core.Input.NewUnparsed(leg, source, octets, error.SuggestedStatus), inTurn);
    }
}
