using SipFun.Shell;

namespace SipFun;

/// <summary>A message that came in: a request, or a response that matches no transaction.</summary>
public sealed partial class Received
{
    private readonly Engine _engine;
    private readonly int _number;
    private readonly Core.Hop _from;
    private volatile bool _finalGiven;

    internal Received(
        Engine engine,
        SipMessage message,
        Leg leg,
        int number,
        in Core.Hop from,
        long? named
    )
    {
        (_engine, Message, Leg, _number, _from) = (engine, message, leg, number, from);
        Number = named;
    }

    /// <summary>The message. Its top Via bears <c>received</c> and <c>rport</c> (RFC
    /// 3581).</summary>
    public SipMessage Message { get; }

    /// <summary>The leg it came by.</summary>
    public Leg Leg { get; }

    /// <summary>Where it came from, whatever it says of itself.</summary>
    public Hop Source => Translate.ToSource(_from);

    /// <summary>
    /// Whom a verified certificate says the sender is, over TLS and WSS: the SIP domains of a peer
    /// that connected with a client certificate (RFC 5922, 7.4), or the name for which we verified
    /// the connection that we opened. Empty: nobody vouches for the sender, as over all other
    /// transports. From and Contact say what they like.
    /// </summary>
    public IReadOnlyList<string> VerifiedNames { get; internal init; } = [];

    /// <summary>The dispatcher that received it.</summary>
    public Dispatcher Dispatcher => _engine.Dispatcher;

    /// <summary>By what the core knows it; null when nothing is to be said of it.</summary>
    internal long? Number { get; }

    /// <summary>The core's number of the leg it came by.</summary>
    internal int LegNumber => _number;

    /// <summary>Where it came from, in the core's words.</summary>
    internal Core.Hop From => _from;

    /// <summary>It is a request, no ACK, and its final response was not yet given here.</summary>
    internal bool MayStillRespond =>
        !_finalGiven && Message is SipRequest request && request.Method != SipMethod.Ack;

    /// <summary>
    /// A response to this request (RFC 3261, 8.2.6), with a To tag that is the same for every copy
    /// of it (8.2.7); a 100 has none.
    /// </summary>
    /// <param name="status">100 to 699.</param>
    /// <param name="reason">Default: the reason phrase of RFC 3261, 21.</param>
    /// <exception cref="InvalidOperationException">It is a response, or an ACK.</exception>
    /// <exception cref="ArgumentException">The status or the reason cannot be.</exception>
    public SipResponse CreateResponse(int status, string? reason = null)
    {
        var request = Request("answer");
        var tag = status == 100 ? null : Core.Tag.ofRequest(_engine.Settings.Secret, request);
        return request.CreateResponse(status, tag, reason);
    }

    /// <summary>Sends a response back over the connection, or by the leg, that the request came by
    /// (RFC 3261, 18.2.2).</summary>
    /// <param name="response">
    /// From <see cref="CreateResponse"/>. A final one ends the transaction.
    /// </param>
    /// <exception cref="InvalidOperationException">This is no request, or it is an ACK.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public Delivery Respond(SipResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        Request("respond to");
        _finalGiven |= response.IsFinal;
        return Dispatcher.Deliver(Signed(response), DeliverOptions.None, [_number], _from.Flow);
    }

    /// <summary>Answers 500 if nothing was answered. Never waits: also from inside the
    /// turn.</summary>
    internal void Apologize()
    {
        if (MayStillRespond)
        {
            _finalGiven = true;
            Dispatcher.Post(CreateResponse(500), DeliverOptions.None, [_number], _from.Flow);
        }
    }

    /// <summary>What the core must hear of a receipt; null: nothing waits for it.</summary>
    internal Core.Input? Receipted(Receipt receipt) =>
        (Number, Message) switch
        {
            (null, _) => null,
            (0, _) when receipt != Receipt.Pass => null,
            (0, SipRequest request) when request.Method != SipMethod.Ack => Core.Input.NewUnclaimed(
                _engine.NextNumber(),
                _number,
                _from,
                request
            ),
            _ => Core.Input.NewReceipted(Number.Value, receipt),
        };

    /// <summary>Asks a machine, in the turn, and waits outside of it.</summary>
    internal Task<Receipt> AskInTurnAsync(ITurnReceiver machine)
    {
        var answer = new Promise<Receipt>(_engine.Platform);
        _engine.Loop.Post(() => Ask(machine, answer));
        return answer.Task;
    }

    private void Ask(ITurnReceiver machine, Promise<Receipt> answer)
    {
        try
        {
            answer.Set(machine.Receive(this));
        }
        catch (Exception exception)
        {
            answer.Fail(exception);
        }
    }

    private SipRequest Request(string what) =>
        Message is SipRequest request && request.Method != SipMethod.Ack
            ? request
            : throw new InvalidOperationException(
                $"There is nothing to {what}: only a request that is no ACK has a response."
            );
}
