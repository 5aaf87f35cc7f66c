// Answers of receivers in the turn: with a transaction, or without a trace.
using SipFun.Shell;

namespace SipFun;

public sealed partial class Received
{
    private static readonly DeliverOptions _once = new() { Retransmit = false };
    private static readonly DeliverOptions _insisting = new() { Retransmit = true };

    private SipResponse? _refusal;

    /// <summary>It is a CANCEL, and what it cancels is known (RFC 3261, 9.2).</summary>
    internal bool CancelsSomething =>
        Message is SipRequest cancel
        && Core.Dispatcher.knowsCancelled(_engine.Settings, cancel, _engine.Loop.Newest);

    /// <summary>As <see cref="Respond"/>, but waits for nothing: also from inside the turn.</summary>
    internal void PostResponse(SipResponse response)
    {
        _finalGiven |= response.IsFinal;
        Dispatcher.Post(Signed(response), _insisting, [_number], _from.Flow);
    }

    /// <summary>A receiver will say <see cref="Receipt.Stateless"/>, and this is the answer: it goes
    /// out after the receipt, so that nothing is kept (RFC 3261, 8.2.7).</summary>
    internal void Refuse(
        int status,
        IEnumerable<KeyValuePair<string, string>> fields,
        string? reason = null
    )
    {
        if (MayStillRespond)
        {
            _finalGiven = true;
            _refusal = fields.Aggregate(
                CreateResponse(status, reason),
                (response, field) => response.WithAddedHeader(field.Key, field.Value)
            );
        }
    }

    /// <summary>What <see cref="Refuse"/> was told.</summary>
    internal void SendRefusal()
    {
        if (Interlocked.Exchange(ref _refusal, null) is { } response)
        {
            Dispatcher.Post(response, _once, [_number], _from.Flow);
        }
    }

    internal void Count(Reason reason) => _engine.Counters.Add(reason);
}
