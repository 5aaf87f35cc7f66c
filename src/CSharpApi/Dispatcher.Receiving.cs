using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using SipFun.Shell;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>
    /// Sets who receives from now on. What nobody takes is answered by the dispatcher: 481, 501,
    /// 405 or 480 (RFC 3261, 8.2). With null, what comes in is counted and dropped.
    /// </summary>
    /// <param name="receiver">The receiver, or null.</param>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    [OverloadResolutionPriority(1)]
    public void SetReceiver(IReceiver? receiver)
    {
        ThrowIfDisposed();
        _engine.Reception.Set(receiver);
        _engine.Loop.Order(Core.Input.NewSetReceiver(Describe(receiver)));
    }

    /// <summary>Sets who receives from now on: a function that does not wait.</summary>
    /// <param name="receiver">Says whose the message is.</param>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public void SetReceiver(Func<Received, Receipt> receiver) =>
        SetReceiver(Receiver.From(receiver));

    /// <summary>Takes a message as if it had come in: for tests and bridges.</summary>
    /// <param name="message">The message.</param>
    /// <param name="leg">The leg it comes by, of this dispatcher.</param>
    /// <param name="source">Where it comes from.</param>
    /// <exception cref="ArgumentException">The leg is of another dispatcher, or nothing can come
    /// from there.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public void Inject(SipMessage message, Leg leg, Hop source)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(leg);
        ArgumentNullException.ThrowIfNull(source);
        source.Validate(nameof(source));
        ThrowIfForeign(leg, nameof(leg));
        ThrowIfDisposed();
        var from = Translate.ToCore(source);
        var number = _engine.NextNumber();
        _engine.Loop.Order(Core.Input.NewReceived(number, leg.NumberFor(from), from, message));
    }

    private static FSharpValueOption<Core.Receiver> Describe(IReceiver? receiver) =>
        receiver is null
            ? FSharpValueOption<Core.Receiver>.ValueNone
            : FSharpValueOption<Core.Receiver>.NewValueSome(
                new Core.Receiver(
                    Translate.ToList(receiver.AllowedMethods),
                    receiver.ForwardsResponses,
                    new ReceiverLine(receiver).KeepsNothing
                )
            );

    private void ThrowIfForeign(Leg? leg, string parameter)
    {
        if (leg?.BelongsTo(_engine) != true)
        {
            throw new ArgumentException(
                $"The leg {leg} is none of this dispatcher's. Choose one of Legs.",
                parameter
            );
        }
    }
}
