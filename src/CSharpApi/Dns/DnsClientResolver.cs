using DnsClient;
using DnsClient.Protocol;

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
    private readonly Lazy<LookupClient> _client;

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
        _client = new(CreateClient, LazyThreadSafetyMode.PublicationOnly);
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
            return await AskAsync(question, either.Token)
                .WaitAsync(either.Token)
                .ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancel);
        }
#pragma warning disable CA1031 // What a server or the network does to us is an answer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            return DnsAnswer.Failed(StatusOf(fault));
        }
    }

    private async Task<DnsAnswer> AskAsync(DnsQuestion question, CancellationToken cancel)
    {
        var response = await _client
            .Value.QueryAsync(question.Name, (QueryType)question.Type, QueryClass.IN, cancel)
            .ConfigureAwait(false);

        return response.Header.ResponseCode switch
        {
            DnsHeaderResponseCode.NoError => DnsAnswer.Of([.. Records(response)]) with
            {
                NegativeTtl = NegativeTtl(response),
            },
            DnsHeaderResponseCode.NotExistentDomain => DnsAnswer.Failed(DnsStatus.NxDomain) with
            {
                NegativeTtl = NegativeTtl(response),
            },
            DnsHeaderResponseCode.Refused => DnsAnswer.Failed(DnsStatus.Refused),
            _ => DnsAnswer.Failed(DnsStatus.ServFail),
        };
    }

    /// <summary>The lesser of the SOA record's TTL and its minimum (RFC 2308, 5).</summary>
    private static TimeSpan NegativeTtl(IDnsQueryResponse response) =>
        response.Answers.Count == 0
        && response.Authorities.OfType<SoaRecord>().FirstOrDefault() is { } soa
            ? TimeSpan.FromSeconds(Math.Min(soa.InitialTimeToLive, soa.Minimum))
            : TimeSpan.Zero;

    private static IEnumerable<DnsRecord> Records(IDnsQueryResponse response) =>
        response.Answers.Take(DnsMapping.MaxRecords).Select(ToRecord).OfType<DnsRecord>();

    private static DnsRecord? ToRecord(DnsResourceRecord record)
    {
        var name = record.DomainName.Value;
        var ttl = TimeSpan.FromSeconds(record.InitialTimeToLive);
        return record switch
        {
            DnsClient.Protocol.AddressRecord a => new AddressRecord(name, ttl, a.Address),
            DnsClient.Protocol.SrvRecord s => new SrvRecord(
                name,
                ttl,
                s.Priority,
                s.Weight,
                s.Port,
                s.Target.Value
            ),
            DnsClient.Protocol.CNameRecord c => new CnameRecord(name, ttl, c.CanonicalName.Value),
            NAPtrRecord n => new NaptrRecord(
                name,
                ttl,
                n.Order,
                n.Preference,
                n.Flags,
                n.Services,
                n.RegularExpression,
                n.Replacement.Value
            ),
            _ => null,
        };
    }

    private static DnsStatus StatusOf(Exception fault) =>
        fault switch
        {
            OperationCanceledException or TimeoutException => DnsStatus.TimedOut,
            DnsResponseException { Code: DnsResponseCode.ConnectionTimeout } => DnsStatus.TimedOut,
            DnsResponseException { InnerException: { } inner } => StatusOf(inner),
            ArgumentException => DnsStatus.NxDomain,
            _ => DnsStatus.ServFail,
        };

    private LookupClient CreateClient() =>
        new(
            new LookupClientOptions([.. _options.Servers])
            {
                AutoResolveNameServers = _options.Servers.Count == 0,
                Timeout = _options.TryWithin,
                Retries = _options.Retries,
                UseCache = false,
                UseTcpFallback = true,
                UseRandomNameServer = false,
                ThrowDnsErrors = false,
                ContinueOnDnsError = true,
                ContinueOnEmptyResponse = false,
            }
        );
}
