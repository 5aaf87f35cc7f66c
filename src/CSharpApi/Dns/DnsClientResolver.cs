using DnsClient;

namespace SipFun;

/// <summary>
/// Asks DNS servers, over UDP and, when an answer was cut short, over TCP. It does not cache, and
/// reads no hosts file; a name without a dot is asked for as it is, without a search list.
/// </summary>
/// <remarks>
/// Whatever goes wrong is an answer: <see cref="DnsStatus.TimedOut"/> when nobody answered in
/// time, or nobody is there; <see cref="DnsStatus.ServFail"/> when a server failed or answered
/// nonsense. Only cancellation throws.
/// </remarks>
public sealed class DnsClientResolver : IDnsResolver
{
    private readonly DnsClientOptions _options;
    private readonly Lazy<DnsServers> _servers;

    /// <summary>A resolver that asks the system's servers.</summary>
    public DnsClientResolver()
        : this(new DnsClientOptions()) { }

    /// <summary>A resolver with options of one's own.</summary>
    /// <param name="options">Servers and time limits.</param>
    /// <exception cref="ArgumentException">A limit is not positive, a server is null.</exception>
    public DnsClientResolver(DnsClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.TryWithin, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.AnswerWithin, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegative(options.Retries);
        ArgumentNullException.ThrowIfNull(options.TimeProvider);
        if (options.Servers is null || options.Servers.Contains(null!))
        {
            throw new ArgumentException(
                "Every server needs an address and a port.",
                nameof(options)
            );
        }

        _options = options;
        _servers = new(
            () => new DnsServers(CreateClient(), options),
            LazyThreadSafetyMode.PublicationOnly
        );
    }

    /// <inheritdoc />
    /// <remarks>A name that cannot stand in a question does not exist.</remarks>
    public async Task<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(question);
        if (!Core.HostName.isName(question.Name.TrimEnd('.')))
        {
            return DnsAnswer.Failed(DnsStatus.NxDomain);
        }

        using var limit = new CancellationTokenSource(_options.AnswerWithin, _options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var answer = await _servers
                .Value.AskAsync(question, either.Token)
                .ConfigureAwait(false);
            cancel.ThrowIfCancellationRequested();
            return answer;
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
#pragma warning disable CA1031 // What a server or the network does to us is an answer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return DnsAnswer.Failed(DnsReading.StatusOf(fault));
        }
    }

    private LookupClient CreateClient() =>
        new(
            new LookupClientOptions([.. _options.Servers])
            {
                AutoResolveNameServers = _options.Servers.Count == 0,
                UseCache = false,
            }
        );
}
