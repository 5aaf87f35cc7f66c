using SipFun.Shell;

namespace SipFun.Stepping;

/// <summary>The core's effects in the facade's words.</summary>
internal sealed class HandlerShell(IEffectHandler handler) : Core.IShell
{
    public void Connect(int leg, Core.Hop hop) => handler.Connect(leg, Translate.ToSource(hop));

    public void Disconnect(int leg, long flow) => handler.Disconnect(leg, flow);

    public void Transmit(
        long number,
        int leg,
        Core.Hop hop,
        ReadOnlyMemory<byte> packet,
        bool report
    ) => handler.Transmit(number, leg, Translate.ToSource(hop), packet, report);

    public void Ask(Core.Question question) => handler.Ask(DnsMapping.ToDnsQuestion(question));

    public void AskSource(Core.Address destination) =>
        handler.AskSource(Core.AddressModule.toIPAddress(destination));

    public void PassUp(long number, int leg, Core.Hop source, SipMessage message) =>
        handler.PassUp(number, leg, Translate.ToSource(source), message);

    public void PassUpStray(int leg, Core.Hop source, SipResponse response) =>
        handler.PassUpStray(leg, Translate.ToSource(source), response);

    public void TellSent(long number, Core.Hop hop) =>
        handler.TellSent(number, Translate.ToHop(hop));

    public void HandUp(long number, SipResponse response) => handler.HandUp(number, response);

    public void Complete(long number, Core.Outcome outcome, Core.Trace trace, bool last) =>
        handler.Complete(
            number,
            Translate.ToOutcome(outcome),
            () => Core.Explanation.text(trace),
            last
        );

    public void Forget(long number) => handler.Forget(number);

    public void Found(long number, Core.Found found) =>
        handler.Found(
            number,
            [.. found.Hops.Select(one => Translate.ToHop(one.Item1))],
            found.Failure.IsSome ? Translate.ToError(found.Failure.Value) : null
        );

    public void Ring(long number, bool last) => handler.Ring(number, last);

    public void Count(Core.Counted counted) =>
        handler.Count(Counters.SnakeCase(counted.ToString()));
}
