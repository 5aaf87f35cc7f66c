using System.Net;

namespace SipFun.Stepping;

/// <summary>
/// Carries effects out, one method an effect. Called by <see cref="Stepper.Post"/>, in order. What
/// comes of an effect is posted as an input, at once or later; a method that posts itself is not
/// called again before it has returned.
/// </summary>
public interface IEffectHandler
{
    /// <summary>Open a connection, over which packets to <see cref="Hop.Flow"/> will go; post
    /// <see cref="StepInput.FlowOpened"/> or <see cref="StepInput.FlowClosed"/>.</summary>
    /// <param name="leg">The leg to connect from.</param>
    /// <param name="hop">Where to, the name to verify, and the connection's number.</param>
    void Connect(int leg, Hop hop);

    /// <summary>Close a connection nobody uses; nothing is to be posted.</summary>
    /// <param name="leg">The leg whose connection it is.</param>
    /// <param name="flow">The connection's number.</param>
    void Disconnect(int leg, long flow);

    /// <summary>Send the packet, over the connection <see cref="Hop.Flow"/> if it is not 0. With <paramref name="report"/> post
    /// <see cref="StepInput.Transmitted"/>; a failure is always posted.</summary>
    /// <param name="number">Whose packet it is.</param>
    /// <param name="leg">The leg to send from.</param>
    /// <param name="hop">Where to.</param>
    /// <param name="packet">The bytes.</param>
    /// <param name="report">Success is to be told too.</param>
    void Transmit(long number, int leg, Hop hop, ReadOnlyMemory<byte> packet, bool report);

    /// <summary>Ask the DNS; post <see cref="StepInput.Answered"/>.</summary>
    /// <param name="question">Asked once as long as it is not answered.</param>
    void Ask(DnsQuestion question);

    /// <summary>Several legs suit a destination: ask the system from which address it would send
    /// there (RFC 6724, 5), and post <see cref="StepInput.SourceChosen"/>.</summary>
    /// <param name="destination">Asked once as long as it is not answered.</param>
    void AskSource(IPAddress destination);

    /// <summary>Offer a request to whoever receives; post
    /// <see cref="StepInput.Receipted"/>.</summary>
    /// <param name="number">By what the receipt names it.</param>
    /// <param name="leg">The leg it came by.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="message">The request.</param>
    void PassUp(long number, int leg, Hop source, SipMessage message);

    /// <summary>Offer a response without transaction to those that forward statelessly.</summary>
    /// <param name="leg">The leg it came by.</param>
    /// <param name="source">Where it came from.</param>
    /// <param name="response">The response, our Via still on top.</param>
    void PassUpStray(int leg, Hop source, SipResponse response);

    /// <summary>The first copy is on its way.</summary>
    /// <param name="number">Whose.</param>
    /// <param name="hop">Where to.</param>
    void TellSent(long number, Hop hop);

    /// <summary>A response for the sender of a request.</summary>
    /// <param name="number">Of the delivery.</param>
    /// <param name="response">Without our Via.</param>
    void HandUp(long number, SipResponse response);

    /// <summary>A delivery ended.</summary>
    /// <param name="number">Which.</param>
    /// <param name="outcome">How.</param>
    /// <param name="explain">Makes the text of its whole story.</param>
    /// <param name="last">False: responses may still come, until <see cref="Forget"/>.</param>
    void Complete(long number, DeliveryOutcome outcome, Func<string> explain, bool last);

    /// <summary>Nothing more will come for this delivery.</summary>
    /// <param name="number">Which.</param>
    void Forget(long number);

    /// <summary>What a resolution found.</summary>
    /// <param name="number">Which resolution.</param>
    /// <param name="hops">In the order in which they are tried.</param>
    /// <param name="failure">Why there are none, or null.</param>
    void Found(long number, IReadOnlyList<Hop> hops, ResolutionError? failure);

    /// <summary>A timer is due.</summary>
    /// <param name="number">Which.</param>
    /// <param name="last">It will not ring again.</param>
    void Ring(long number, bool last);

    /// <summary>Something was dropped or absorbed.</summary>
    /// <param name="reason">A name as in <see cref="Dispatcher.Counters"/>.</param>
    void Count(string reason);
}
