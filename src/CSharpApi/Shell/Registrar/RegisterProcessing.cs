// A REGISTER from the address-of-record it is for to its answer: who may, what the store says, and how
// long that may take (RFC 3261, 10.3, steps 4 and 6 to 8).
namespace SipFun.Shell;

/// <summary>Answers each REGISTER once, whatever happens.</summary>
internal sealed class RegisterProcessing(
    Core.RegistrarSettings settings,
    RegistrarOptions options,
    BindingNews? news
)
{
    private readonly InMemoryLocationStore? _memory = options.Store as InMemoryLocationStore;

    /// <summary>Ends when it is answered.</summary>
    /// <param name="received">The REGISTER.</param>
    /// <param name="address">Whom it is for.</param>
    /// <param name="returned">Called once, when the user's code has returned: before the answer, or
    /// later when it was too slow.</param>
    public async Task RegisterAsync(Received received, AddressOfRecord address, Action returned)
    {
        var engine = received.Dispatcher.Engine;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(engine.Closing);
        var visit = new RegisterVisit(settings, received, address);
        var work = WorkAsync(received, visit, returned, stop.Token);
        SipResponse response;

        try
        {
            response = await work.WaitAsync(options.StoreWithin, engine.Clock.Time)
                .ConfigureAwait(false);
        }
        catch (TimeoutException) when (!work.IsCompleted)
        {
            visit.Abandon();
            await engine.Platform.CancelAsync(stop).ConfigureAwait(false);
            response = Refusal(received, Core.RegisterRefusal.StoreLate);
        }

        Answer(received, response);
    }

    /// <summary>Answers that nothing changes.</summary>
    public void Refuse(Received received, Core.RegisterRefusal refusal) =>
        Answer(received, Refusal(received, refusal));

    /// <summary>Never fails.</summary>
    private async Task<SipResponse> WorkAsync(
        Received received,
        RegisterVisit visit,
        Action returned,
        CancellationToken cancel
    )
    {
        try
        {
            return await StoreAsync(received, visit, cancel).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            if (!cancel.IsCancellationRequested)
            {
                received.Dispatcher.Engine.Log.StoreFailed(exception);
            }

            return Refusal(received, Core.RegisterRefusal.StoreFailed);
        }
        finally
        {
            returned();
        }
    }

    private async ValueTask<SipResponse> StoreAsync(
        Received received,
        RegisterVisit visit,
        CancellationToken cancel
    )
    {
        if (!await MayRegisterAsync(received, visit.Address).ConfigureAwait(false))
        {
            return Refusal(received, Core.RegisterRefusal.Forbidden);
        }

        if (received.Message.GetHeader("Contact") is null)
        {
            var bindings = await options
                .Store.LookupAsync(visit.Address, cancel)
                .ConfigureAwait(false);
            visit.Change(bindings);
        }
        else if (!await UpdateAsync(visit, cancel).ConfigureAwait(false))
        {
            return Refusal(received, Core.RegisterRefusal.Full);
        }

        if (visit.Refusal is { } refusal)
        {
            Count(received, refusal);
        }

        return visit.Response;
    }

    /// <summary>Tells what changes in the order in which it is written: a store in memory while nobody
    /// else can write, others in the order of their answers.</summary>
    private async ValueTask<bool> UpdateAsync(RegisterVisit visit, CancellationToken cancel)
    {
        if (_memory is not null)
        {
            return _memory.Update(visit.Address, visit.Change, () => Tell(visit));
        }

        var hasRoom = await options
            .Store.UpdateAsync(visit.Address, visit.Change, cancel)
            .ConfigureAwait(false);

        if (hasRoom)
        {
            Tell(visit);
        }

        return hasRoom;
    }

    private void Tell(RegisterVisit visit)
    {
        if (news is not null)
        {
            foreach (var change in visit.Changes)
            {
                news.Tell(change);
            }
        }
    }

    /// <summary>Step 4. Whoever proved to be somebody is not somebody else.</summary>
    private ValueTask<bool> MayRegisterAsync(Received received, AddressOfRecord address) =>
        options.MayRegister is { } may ? may(received, address)
        : received.AuthenticatedUser is { } user
            ? new(user == address.User || user == $"{address.User}@{address.Host}")
        : new(true);

    private SipResponse Refusal(Received received, Core.RegisterRefusal refusal)
    {
        Count(received, refusal);
        return Core.Registrar.refuse(settings, (SipRequest)received.Message, refusal);
    }

    private static void Count(Received received, Core.RegisterRefusal refusal) =>
        received.Count(RegistrarWords.ToReason(refusal));

    /// <summary>Inside the turn and outside.</summary>
    private static void Answer(Received received, SipResponse response) =>
        received.Dispatcher.Post(
            received.Signed(response),
            DeliverOptions.None,
            [received.LegNumber],
            received.From.Flow
        );
}
