using Microsoft.FSharp.Core;
using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>The deliveries under way. A snapshot.</summary>
    public IReadOnlyCollection<Delivery> Deliveries =>
        [.. _engine.Deliveries.Where(delivery => delivery.IsUnderWay)];

    /// <summary>
    /// Takes a message on its way. Returns at once; whatever becomes of it is an outcome, never an
    /// exception. A request gets one Via of ours above what is there, and nothing else; the
    /// caller's object never changes.
    /// </summary>
    /// <param name="message">A request or a response.</param>
    /// <param name="options">What this delivery wants; default: nothing of its own.</param>
    /// <returns>Its handle.</returns>
    /// <exception cref="ArgumentException">An option makes no sense, or the leg is of another
    /// dispatcher.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public Delivery Deliver(SipMessage message, DeliverOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(message);
        options ??= DeliverOptions.None;
        options.Validate();

        if (options.Leg is { } leg)
        {
            ThrowIfForeign(leg, nameof(options));
        }

        if (_engine.IsDraining && BeginsAnew(message))
        {
            ThrowIfDisposed();
            var refused = Name(message, options, listener: null);
            refused.End(Core.Outcome.NewRefused(RefusalReason.Draining), Told(), last: true);
            return refused;
        }

        return Deliver(message, options, options.Leg?.Numbers);
    }

    /// <summary>Cancels the delivery of this id: nothing more is sent for it.</summary>
    /// <param name="id">The id, given or fresh.</param>
    /// <returns>Whether it was still under way.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public bool CancelDelivery(DeliveryId id)
    {
        ThrowIfDisposed();
        return _engine.Cancel(Core.Which.NewByName(Translate.ToName(id))) > 0;
    }

    /// <summary>Cancels a delivery: nothing more is sent for it.</summary>
    /// <param name="delivery">A delivery of this dispatcher.</param>
    /// <returns>Whether it was still under way.</returns>
    /// <exception cref="ArgumentException">It is of another dispatcher.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public bool CancelDelivery(Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        ThrowIfDisposed();
        return delivery.BelongsTo(_engine)
            ? _engine.Cancel(Core.Which.NewByNumber(delivery.Number)) > 0
            : throw new ArgumentException(
                "The delivery is of another dispatcher: call its own Cancel().",
                nameof(delivery)
            );
    }

    /// <summary>Cancels every delivery of a Call-ID.</summary>
    /// <param name="callId">The message's, or <see cref="DeliverOptions.CallId"/>.</param>
    /// <returns>How many were still under way.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public int CancelDelivery(CallId callId)
    {
        ArgumentNullException.ThrowIfNull(callId);
        ThrowIfDisposed();
        return _engine.Cancel(Core.Which.NewByCallId(callId));
    }

    /// <summary>Delivers over some of the core's legs; a response over the connection that its
    /// request came by, if it still lives.</summary>
    internal Delivery Deliver(
        SipMessage message,
        DeliverOptions options,
        IReadOnlyList<int>? legs,
        long flow = 0
    )
    {
        ThrowIfDisposed();

        if (options.Id is { Text: null } numbered)
        {
            _engine.Skip(numbered.Number);
        }

        var delivery = Name(message, options, listener: null);
        _engine.Start(delivery, Order(delivery, options, legs, flow));
        return delivery;
    }

    /// <summary>As <see cref="Deliver(SipMessage, DeliverOptions, IReadOnlyList{int}, long)"/>, but
    /// waits for nothing: for machines in the turn.</summary>
    internal Delivery Post(
        SipMessage message,
        DeliverOptions options,
        IReadOnlyList<int>? legs,
        long flow,
        IDeliveryListener? listener = null
    )
    {
        var delivery = Name(message, options, listener);
        _engine.Post(delivery, Order(delivery, options, legs, flow));
        return delivery;
    }

    private Delivery Name(SipMessage message, DeliverOptions options, IDeliveryListener? listener)
    {
        var number = _engine.NextNumber();
        var callId = options.CallId ?? message.CallId;
        var id = options.Id ?? new DeliveryId(number, null);
        return new Delivery(_engine, number, id, callId, message, options) { Listener = listener };
    }

    private Core.Order Order(
        Delivery delivery,
        DeliverOptions options,
        IReadOnlyList<int>? legs,
        long flow
    ) =>
        new(
            number: delivery.Number,
            token: _engine.Draws.Next(),
            message: delivery.Message,
            name: Translate.ToOption(
                options.Id is { } own ? Translate.ToName(own) : (Core.Name?)null
            ),
            callId: delivery.CallId,
            legs: Translate.ToList(legs),
            destination: Translate.ToOption(
                options.Destination is { } hop ? Translate.ToCore(hop) : (Core.Hop?)null
            ),
            flow: flow,
            retransmit: options.Retransmit ?? _options.Retransmit,
            transports: Translate.ToList(options.Transports),
            answerWithin: Translate.ToDuration(options.AnswerWithin),
            tryNextAfter: Translate.ToDuration(options.TryNextAfter),
            tellSent: options.OnSent is not null || delivery.Listener is not null
        );
}
