// The seam for receivers that are pure machines: a user agent, a registrar, a proxy. They are asked
// where their input arises, in the dispatcher's turn, and answer at once.
namespace SipFun.Shell;

/// <summary>
/// A receiver that is asked inside the turn. What it wants done it posts to the loop; the user's
/// code it reaches through a <see cref="CallbackLane"/>.
/// </summary>
internal interface ITurnReceiver : IReceiver
{
    /// <summary>Whether it is one: false for a receiver that must wait for something. Never
    /// changes.</summary>
    bool IsInTurn => true;

    /// <summary>Whether it answers <see cref="Receipt.Stateless"/> or <see cref="Receipt.Pass"/>,
    /// never <see cref="Receipt.Handled"/>. Never changes.</summary>
    bool KeepsNothing => false;

    /// <summary>Whose the message is. Inside the turn: it waits for nothing and calls nobody's
    /// code.</summary>
    Receipt Receive(Received received);

    /// <summary>Behind a receiver of the user's, or called by one: the question goes to the
    /// turn.</summary>
    ValueTask<Receipt> IReceiver.ReceiveAsync(Received received, CancellationToken cancel) =>
        new(received.AskInTurnAsync(this));
}
