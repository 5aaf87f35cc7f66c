using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// A redirect server (RFC 3261, 8.3): tells who asks where to ask instead, by a 3xx with Contacts in the
/// order of their q. It takes requests outside of dialogs, whatever their method, but REGISTER; all
/// others pass. Each is a transaction of its own until it is over.
/// </summary>
/// <example>
/// <code>
/// var redirector = new Redirector(new() { Domains = ["example.com"], Locations = store });
/// dispatcher.SetReceiver(Receiver.Chain(registrar, redirector));
/// </code>
/// </example>
public sealed class Redirector : IReceiver, ITurnReceiver
{
    private readonly Core.RedirectionSettings _settings;

    /// <summary>A redirector. One may serve several dispatchers.</summary>
    /// <param name="options">Whom it sends elsewhere.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    public Redirector(RedirectorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        _settings = new Core.RedirectionSettings(
            new FSharpSet<string>(options.Domains.Select(ProxyTranslate.Domain)),
            new FSharpMap<string, SipUri>(
                options.Moved.Select(entry =>
                    Tuple.Create(DomainPatterns.Normal(entry.Key), entry.Value)
                )
            ),
            options.Status
        );
    }

    /// <summary>What it was made with.</summary>
    public RedirectorOptions Options { get; }

    bool ITurnReceiver.IsInTurn => Options.Locations is null or InMemoryLocationStore;

    Receipt ITurnReceiver.Receive(Received received)
    {
        var verdict = Core.Redirection.receive(_settings, received.Message);

        return
            verdict is Core.RedirectionVerdict.Asks { Item: var address }
            && Options.Locations is InMemoryLocationStore store
            ? Answer(received, store.Find(address))
            : Settle(received, verdict);
    }

    async ValueTask<Receipt> IReceiver.ReceiveAsync(Received received, CancellationToken cancel)
    {
        var verdict = Core.Redirection.receive(_settings, received.Message);

        return
            verdict is Core.RedirectionVerdict.Asks { Item: var address }
            && Options.Locations is { } store
            ? Answer(received, await store.LookupAsync(address, cancel).ConfigureAwait(false))
            : Settle(received, verdict);
    }

    private Receipt Answer(Received received, IReadOnlyList<Binding> bindings) =>
        Settle(
            received,
            Core.Redirection.answer(
                _settings,
                (SipRequest)received.Message,
                Translate.ToList(bindings.Where(one => !IsCutOff(received, one)).Select(ToPlace))
            )
        );

    /// <summary>Nobody can be sent there (RFC 5626, 7).</summary>
    private static bool IsCutOff(Received received, Binding binding)
    {
        var engine = received.Dispatcher.Engine;
        var known = RegistrarWords.ToCore(binding, 0);
        return Core.BindingModule.isCutOff(engine.Epoch, engine.Loop.Newest, known);
    }

    private static Core.Redirected ToPlace(Binding binding) =>
        new(
            binding.Uri,
            binding.Q,
            FSharpValueOption<long>.NewValueSome(
                (long)Math.Ceiling(Math.Max(0, binding.ExpiresIn.TotalSeconds))
            )
        );

    private static Receipt Settle(Received received, Core.RedirectionVerdict verdict)
    {
        switch (verdict)
        {
            case Core.RedirectionVerdict.Answer answer:
                received.PostResponse(
                    answer.contacts.Aggregate(
                        received.CreateResponse(answer.status),
                        (response, contact) => response.WithAddedHeader("Contact", contact)
                    )
                );
                return Receipt.Handled;
            case { IsCancels: true } when received.CancelsSomething:
                received.PostResponse(received.CreateResponse(StatusCode.Ok));
                return Receipt.Handled;
            default:
                return Receipt.Pass;
        }
    }
}
