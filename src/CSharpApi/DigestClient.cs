using System.Security.Cryptography;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Answers the challenges of servers and proxies (RFC 3261, 22; RFC 7616; RFC 8760): SHA-512-256,
/// SHA-256 and MD5, the strongest that is offered; <c>auth</c> before <c>auth-int</c>. It remembers
/// each realm's nonce, so that later requests bear credentials at once. For one exchange at a time.
/// </summary>
/// <example>
/// <code>
/// var digest = new DigestClient(new DigestCredentials("alice", password));
/// var request = digest.Begin(dispatcher.CreateRequest(SipMethod.Register, registrar, alice, alice));
/// var response = await dispatcher.SendAsync(request);
///
/// while (digest.Answer(request, response) is { } again)
/// {
///     response = await dispatcher.SendAsync(request = again);
/// }
/// </code>
/// </example>
public sealed class DigestClient
{
    private readonly Lock _gate = new();
    private readonly Microsoft.FSharp.Collections.FSharpList<Core.Login> _logins;
    private Core.DigestState _state = Core.DigestLogins.empty;

    /// <summary>One that knows these credentials.</summary>
    /// <param name="credentials">The first that fits a realm is used for it.</param>
    /// <exception cref="ArgumentNullException">One of them is null.</exception>
    /// <exception cref="ArgumentException">A user name has control characters.</exception>
    public DigestClient(params IReadOnlyList<DigestCredentials> credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        _logins = Translate.ToList(credentials.Select(ToLogin));
    }

    /// <summary>Begins an exchange: the request, with credentials for the realms that asked
    /// before.</summary>
    /// <param name="request">The first request of an exchange.</param>
    /// <returns>The request to send.</returns>
    public SipRequest Begin(SipRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);

        lock (_gate)
        {
            var (first, state) = Core.DigestLogins.start(_logins, Draw(), request, _state);
            _state = state;
            return first;
        }
    }

    /// <summary>
    /// The request to send after this response: the same with credentials and the next CSeq (22.2).
    /// </summary>
    /// <param name="request">The request that was answered.</param>
    /// <param name="response">Its final response.</param>
    /// <returns>
    /// Null when the response is no challenge, no credentials fit it, or they were refused: at most
    /// two requests of an exchange bear new credentials, the second only after <c>stale=true</c>.
    /// </returns>
    public SipRequest? Answer(SipRequest request, SipResponse response)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(response);

        lock (_gate)
        {
            var answer = Core.DigestLogins.answer(_logins, Draw(), request, response, _state);

            if (answer.IsNone)
            {
                return null;
            }

            var (again, state) = answer.Value;
            _state = state;
            return again;
        }
    }

    private static string Draw() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    private static Core.Login ToLogin(DigestCredentials credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        return credentials.ToLogin();
    }
}
