using System.Buffers.Binary;
using Microsoft.FSharp.Core;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Passes requests of users who prove who they are, and asks all others for it, without state, by a
/// 401 or 407 (RFC 3261, 22; RFC 7616; RFC 8760). Put it into a chain before what it protects; the
/// receivers behind it read <see cref="Received.AuthenticatedUser"/>. Whether that user may do what
/// he asks for is theirs to decide.
/// </summary>
/// <remarks>
/// Nonces are bound to the realm and to the sender's address, grow old, and are recognised without
/// being remembered; each counts its uses, so that nothing can be replayed. ACK and CANCEL cannot be
/// asked and pass (22.1), as responses do.
/// </remarks>
/// <example>
/// <code>
/// var users = new Dictionary&lt;string, DigestSecret&gt; { ["alice"] = DigestSecret.FromPassword(password) };
/// var authenticator = new DigestAuthenticator(new() { Realm = "example.com", Users = users });
/// dispatcher.SetReceiver(Receiver.Chain(authenticator, agent));
/// </code>
/// </example>
public sealed class DigestAuthenticator : IReceiver, ITurnReceiver
{
    private readonly Lock _gate = new();
    private Core.DigestServerSettings? _settings;
    private Core.DigestServerState _state = Core.DigestServer.start;
    private Clock? _clock;

    /// <summary>An authenticator. One may serve several dispatchers.</summary>
    /// <param name="options">Whom it believes.</param>
    /// <exception cref="ArgumentException">An option makes no sense; the message says what to
    /// change.</exception>
    public DigestAuthenticator(DigestAuthenticatorOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
    }

    /// <summary>What it was made with.</summary>
    public DigestAuthenticatorOptions Options { get; }

    /// <summary>The state of the machine, for tests.</summary>
    internal Core.DigestServerState State => _state;

    bool ITurnReceiver.IsInTurn => Options.FindUser is null;

    Receipt ITurnReceiver.Receive(Received received)
    {
        var verdict = Look(received);

        return verdict is Core.DigestVerdict.Asks asks
            ? Verify(received, asks, Known(asks.Item1.User))
            : Settle(received, verdict);
    }

    async ValueTask<Receipt> IReceiver.ReceiveAsync(Received received, CancellationToken cancel)
    {
        var verdict = Look(received);

        if (verdict is not Core.DigestVerdict.Asks asks)
        {
            return Settle(received, verdict);
        }

        var user = asks.Item1.User;
        var secret = Known(user);

        if (secret is null && Options.FindUser is { } find)
        {
            secret = await find(user, cancel).ConfigureAwait(false);
        }

        return Verify(received, asks, secret);
    }

    private DigestSecret? Known(string user) => Options.Users.GetValueOrDefault(user);

    private Core.DigestVerdict Look(Received received)
    {
        var settings = SettingsFor(received);

        if (Options.DialogsOf?.IsWithin(received) is true)
        {
            return Core.DigestVerdict.Exempt;
        }

        lock (_gate)
        {
            var now = Now(received);
            var address = received.From.Address;
            var (state, verdict) = Core.DigestServer.receive(
                settings,
                now,
                address,
                received.Message,
                _state
            );
            _state = state;
            return verdict;
        }
    }

    private Receipt Verify(Received received, Core.DigestVerdict.Asks asks, DigestSecret? secret)
    {
        var (claim, nonce) = (asks.Item1, asks.Item2);
        var hash = secret?.For(claim.Challenge.Algorithm, claim.User, Options.Realm);
        Core.DigestVerdict verdict;

        lock (_gate)
        {
            (_state, verdict) = Core.DigestServer.verify(
                SettingsFor(received),
                Now(received),
                received.From.Address,
                claim,
                nonce,
                hash is null
                    ? FSharpValueOption<string>.ValueNone
                    : FSharpValueOption<string>.NewValueSome(hash),
                (SipRequest)received.Message,
                _state
            );
        }

        return Settle(received, verdict);
    }

    private Receipt Settle(Received received, Core.DigestVerdict verdict)
    {
        switch (verdict)
        {
            case Core.DigestVerdict.Refused refused:
                received.Count(ToReason(refused.Item1));
                received.Refuse(
                    refused.status,
                    refused.fields.Select(field => KeyValuePair.Create(field.Item1, field.Item2))
                );
                return Receipt.Stateless;
            case Core.DigestVerdict.Proven proven:
                received.Authenticate(SettingsFor(received), proven.Item);
                return Receipt.Pass;
            default:
                received.Exempt(SettingsFor(received));
                return Receipt.Pass;
        }
    }

    /// <summary>The keys are drawn when the first request comes, where its dispatcher draws.</summary>
    private Core.DigestServerSettings SettingsFor(Received received)
    {
        lock (_gate)
        {
            return _settings ??= ToSettings(received.Dispatcher.Engine.Platform.Draws());
        }
    }

    private Core.DigestServerSettings ToSettings(Draws draws) =>
        new(
            realm: Options.Realm,
            isProxy: Options.IsProxy,
            algorithms: Translate.ToList(Options.Algorithms),
            qops: Translate.ToList(
                Options.Qop.Select(one => one == DigestQop.AuthInt ? "auth-int" : "auth")
            ),
            lifetime: Clock.Milliseconds(Options.NonceLifetime),
            nonces: Options.MaxNonces,
            opaque: Options.Opaque,
            domain: Translate.ToList(Options.Domain.Select(uri => uri.ToString())),
            checksUri: Options.ChecksUri,
            methods: Translate.ToList(Options.Methods),
            key: Key(draws),
            print: (draws.Next(), draws.Next())
        );

    private static byte[] Key(Draws draws)
    {
        var key = new byte[32];

        for (var at = 0; at < key.Length; at += sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(key.AsSpan(at), draws.Next());
        }

        return key;
    }

    /// <summary>By a clock of its own: dispatchers count from their own start.</summary>
    private long Now(Received received) =>
        (_clock ??= new Clock(received.Dispatcher.Engine.Clock.Time)).Now;

    private static Reason ToReason(Core.DigestRefusal refusal) =>
        refusal switch
        {
            Core.DigestRefusal.Absent => Reason.CredentialsAbsent,
            Core.DigestRefusal.Stale => Reason.NonceStale,
            Core.DigestRefusal.Replayed => Reason.NonceReplayed,
            Core.DigestRefusal.Wrong => Reason.CredentialsWrong,
            _ => Reason.CredentialsMisplaced,
        };
}
