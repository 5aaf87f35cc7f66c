using SipFun.Shell;

namespace SipFun;

public sealed partial class Received
{
    private readonly List<string> _checkedRealms = [];
    private Core.DigestProof? _proof;

    /// <summary>
    /// Whom a <see cref="DigestAuthenticator"/> that was asked before says the sender is: the user
    /// name of his credentials. Null: nobody was asked to prove anything, as for ACK and CANCEL.
    /// </summary>
    public string? AuthenticatedUser { get; private set; }

    /// <summary>The realms whose proxy credentials were for us, and go no further (RFC 3261,
    /// 22.3).</summary>
    internal IReadOnlyList<string> CheckedRealms => _checkedRealms;

    /// <summary>The sender is who he says.</summary>
    internal void Authenticate(Core.DigestServerSettings settings, Core.DigestProof proof)
    {
        AuthenticatedUser = proof.Claim.User;
        Exempt(settings);

        if (!settings.IsProxy)
        {
            _proof = proof;
        }
    }

    /// <summary>He was not asked; his credentials for the realm are ours all the same.</summary>
    internal void Exempt(Core.DigestServerSettings settings)
    {
        if (settings.IsProxy)
        {
            _checkedRealms.Add(settings.Realm);
        }
    }

    /// <summary>A 2xx to an authenticated request says that the server knows the secret too (RFC
    /// 3261, 20.6; RFC 7616, 3.5).</summary>
    internal SipResponse Signed(SipResponse response)
    {
        const string name = "Authentication-Info";

        if (_proof is not { } proof || !response.IsSuccess || response.GetHeader(name) is not null)
        {
            return response;
        }

        var info = Core.DigestClaimModule.info(
            proof.Next,
            proof.Secret,
            response.Body.Span,
            proof.Claim
        );
        return info.Length == 0 ? response : response.WithAddedHeader(name, info);
    }
}
