using Microsoft.FSharp.Core;
using SipFun.Shell;

namespace SipFun;

public sealed partial class UserAgent
{
    /// <summary>Calls somebody (RFC 3261, 13.2).</summary>
    /// <param name="target">Whom.</param>
    /// <param name="options">Body, header fields, handlers; default: none.</param>
    /// <param name="cancel">Stops the waiting, and takes the call back (CANCEL). Without effect once
    /// the task has completed: see <see cref="Call.CancelAsync"/>.</param>
    /// <returns>
    /// The call, as soon as its INVITE has left or it is clear that it will not. A failure is no
    /// exception: <see cref="Call.Ended"/> tells it.
    /// </returns>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">The agent or its dispatcher was
    /// disposed.</exception>
    public Task<Call> CallAsync(
        SipUri target,
        CallOptions? options = null,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        options ??= CallOptions.None;
        options.Validate();
        ThrowIfDisposed();
        ThrowIfExposed(target);
        return CallCoreAsync(target, options, cancel);
    }

    private async Task<Call> CallCoreAsync(
        SipUri target,
        CallOptions options,
        CancellationToken cancel
    )
    {
        var party = await PartyAsync(target, Options.Address, options.To, null, cancel)
            .ConfigureAwait(false);
        var order = AgentWords.ToOrder(party, Options, options);
        var lane = new AgentLane(_engine.Code);
        var call = new Call(this, _engine.NextNumber(), target, options, lane);
        _desk.Add(call);
        _machine.Post(Core.AgentInput.NewInvite(call.Number, order));

        try
        {
            await call.Sent.WaitAsync(cancel).ConfigureAwait(false);
            return call;
        }
        catch (OperationCanceledException)
        {
            HangUp(call.Number);
            throw;
        }
    }

    /// <summary>
    /// Binds the agent's address to its Contact (RFC 3261, 10.2), and keeps it bound until
    /// <see cref="Registration.UnregisterAsync"/> or the end of the agent.
    /// </summary>
    /// <param name="options">Registrar, Contact, time; default: the agent's.</param>
    /// <param name="cancel">Stops the waiting, and gives the registration up.</param>
    /// <returns>The registration, bound.</returns>
    /// <exception cref="RegistrationException">The registrar refused, or did not
    /// answer.</exception>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled first.</exception>
    /// <exception cref="ObjectDisposedException">The agent or its dispatcher was
    /// disposed.</exception>
    public Task<Registration> RegisterAsync(
        RegisterOptions? options = null,
        CancellationToken cancel = default
    )
    {
        options ??= RegisterOptions.None;
        options.Validate();
        ThrowIfDisposed();
        return RegisterCoreAsync(options, cancel);
    }

    private async Task<Registration> RegisterCoreAsync(
        RegisterOptions options,
        CancellationToken cancel
    )
    {
        var registrar = options.Registrar ?? Options.Registrar ?? HomeOf(Options.Address.Uri);
        var party = await PartyAsync(
                registrar,
                Options.Address,
                Options.Address,
                options.Contact,
                cancel
            )
            .ConfigureAwait(false);
        var order = new Core.RegisterOrder(
            party,
            AgentWords.Content(null, options.Headers),
            Clock.Milliseconds(options.Expires)
        );
        var number = _engine.NextNumber();
        var registration = new Registration(this, number, party.Contact, options.OnChanged);
        _desk.Add(registration);
        _machine.Post(Core.AgentInput.NewRegister(number, order));

        try
        {
            await registration.Bound.WaitAsync(cancel).ConfigureAwait(false);
            return registration;
        }
        catch (OperationCanceledException)
        {
            Unregister(number);
            throw;
        }
    }

    /// <summary>Who sends, by which way, and where this end is then reached.</summary>
    private async Task<Core.Party> PartyAsync(
        SipUri target,
        NameAddr from,
        NameAddr? to,
        NameAddr? contact,
        CancellationToken cancel
    )
    {
        ThrowIfDisposed();
        cancel.ThrowIfCancellationRequested();
        NameAddr[] routes = Options.OutgoingProxy is { } proxy
            ? [NameAddr.Create(proxy.IsLooseRouter ? proxy : proxy.WithParameter("lr"))]
            : [];
        var reached = contact ?? Options.Contact;
        reached ??= await ContactForAsync(Options.OutgoingProxy ?? target, cancel)
            .ConfigureAwait(false);
        ThrowIfDisposed();
        return new Core.Party(
            target,
            from.WithoutParameter("tag"),
            to ?? NameAddr.Create(target),
            reached,
            Translate.ToList(routes),
            FSharpValueOption<Core.Hop>.ValueNone,
            AgentWords.Logins(Options.Credentials)
        );
    }

    /// <summary>By the leg that a request to this URI leaves from; without one, by the
    /// first.</summary>
    private async Task<NameAddr> ContactForAsync(SipUri next, CancellationToken cancel)
    {
        int[] legs = [.. Dispatcher.Legs.SelectMany(one => one.Numbers)];

        if (legs is [var only])
        {
            return ContactAt(only, next.IsSips);
        }

        var found = await _engine
            .Lookups.ResolveAsync(_engine.NextNumber(), next, Core.WishesModule.none, cancel)
            .ConfigureAwait(false);
        var leg = found.Hops.SelectMany(hop => hop.Item2).Concat(legs).FirstOrDefault();
        return ContactAt(leg, next.IsSips);
    }

    /// <summary>The Contact by the leg of the core's that a message came by (8.1.1.8, 12.1.1: secure
    /// where the caller's is).</summary>
    private NameAddr ContactFor(int leg, SipMessage message)
    {
        var isSecure =
            message is SipRequest { RequestUri.IsSips: true }
            || (message.RecordRoutes.Count > 0 ? message.RecordRoutes : message.Contacts)
                is [{ Uri.IsSips: true }, ..];
        return ContactAt(leg, isSecure);
    }

    /// <summary>The Contact by a leg of the core's.</summary>
    private NameAddr ContactAt(int number, bool isSecure)
    {
        if (Options.Contact is { } given)
        {
            return given;
        }

        var leg = _engine.Legs.Find(number);
        var place = leg?.SentBys[leg.Numbers.IndexOf(number)] ?? "anonymous.invalid";
        var user = Options.Address.Uri.User;
        var transport = leg?.Transport ?? Transport.Udp;
        var uri = SipUri.Parse($"{(isSecure ? "sips" : "sip")}:{place}");
        uri = user is null ? uri : uri.WithUser(user);
        return NameAddr.Create(
            TransportIn(transport, isSecure) is { } name
                ? uri.WithParameter("transport", name)
                : uri
        );
    }

    /// <summary>What the URI says of its transport; null: nothing. sips means TLS, and a WebSocket
    /// over it is <c>ws</c> (RFC 3261, 19.1.1; RFC 7118, 5.2).</summary>
    private static string? TransportIn(Transport transport, bool isSecure) =>
        transport switch
        {
            Transport.Udp => null,
            Transport.Tcp or Transport.Tls when isSecure => null,
            Transport.Wss when isSecure => "ws",
            _ => transport.ToString().ToLowerInvariant(),
        };

    /// <exception cref="ArgumentException">The way is secure, and the answer's way is not (RFC 3261,
    /// 8.1.1.8).</exception>
    private void ThrowIfExposed(SipUri target)
    {
        if (
            Options.Contact is { Uri.IsSips: false }
            && (target.IsSips || Options.OutgoingProxy is { IsSips: true })
        )
        {
            throw new ArgumentException(
                "A call to a sips URI needs a sips Contact. Write UserAgentOptions.Contact so, or "
                    + "leave it out.",
                nameof(target)
            );
        }
    }

    /// <summary>The domain of an address (RFC 3261, 10.2).</summary>
    private static SipUri HomeOf(SipUri address) =>
        SipUri.Parse($"{address.Scheme}:{address.Host}").WithPort(address.Port);
}
