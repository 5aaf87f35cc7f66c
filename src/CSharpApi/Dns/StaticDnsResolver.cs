using System.Collections;
using System.Net;
using System.Net.Sockets;

namespace SipFun;

/// <summary>
/// A zone in memory, for tests and samples. It answers as a server would: it follows CNAME, tells
/// a name that does not exist from one without records of the type, and can be told to fail.
/// </summary>
/// <example>
/// <code>
/// var resolver = new StaticDnsResolver()
///     .AddSrv("_sip._udp.example.com", "a.example.com", 5060, priority: 10)
///     .AddAddress("a.example.com", "192.0.2.1");
/// </code>
/// </example>
/// <remarks>Names in any case, with or without trailing dot. May be changed while in use.</remarks>
public sealed class StaticDnsResolver : IDnsResolver, IEnumerable<DnsRecord>
{
    private const int MaxAliases = 8;

    private readonly Lock _lock = new();
    private readonly List<DnsRecord> _records = [];
    private readonly Dictionary<DnsQuestion, DnsStatus> _failures = [];

    /// <summary>How long the records added without one may be believed: 60 seconds.</summary>
    public static TimeSpan DefaultTtl { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Adds a record.</summary>
    /// <param name="record">The record; it comes after those of its name already there.</param>
    public void Add(DnsRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        lock (_lock)
        {
            _records.Add(record with { Name = Normal(record.Name) });
        }
    }

    /// <summary>Adds an A or AAAA record.</summary>
    /// <param name="name">The host's name.</param>
    /// <param name="address">An IPv4 or IPv6 address, as text.</param>
    /// <param name="ttl">For how long it may be believed; default 60 s.</param>
    /// <exception cref="FormatException">The text is no address.</exception>
    public StaticDnsResolver AddAddress(string name, string address, TimeSpan? ttl = null) =>
        AddAddress(name, IPAddress.Parse(address), ttl);

    /// <summary>Adds an A or AAAA record.</summary>
    /// <param name="name">The host's name.</param>
    /// <param name="address">An IPv4 or IPv6 address.</param>
    /// <param name="ttl">For how long it may be believed; default 60 s.</param>
    public StaticDnsResolver AddAddress(string name, IPAddress address, TimeSpan? ttl = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        return With(new AddressRecord(name, ttl ?? DefaultTtl, address));
    }

    /// <summary>Adds a SRV record (RFC 2782).</summary>
    /// <param name="name">The service and its domain: "_sip._udp.example.com".</param>
    /// <param name="target">The server's name; "." says that the service is not offered.</param>
    /// <param name="port">The port of the service on the target.</param>
    /// <param name="priority">The lowest is tried first.</param>
    /// <param name="weight">The share of requests among records of equal priority.</param>
    /// <param name="ttl">For how long it may be believed; default 60 s.</param>
    public StaticDnsResolver AddSrv(
        string name,
        string target,
        int port,
        int priority = 0,
        int weight = 0,
        TimeSpan? ttl = null
    )
    {
        ArgumentNullException.ThrowIfNull(target);
        return With(new SrvRecord(name, ttl ?? DefaultTtl, priority, weight, port, target));
    }

    /// <summary>Adds a CNAME record.</summary>
    /// <param name="name">The alias.</param>
    /// <param name="canonicalName">The name it stands for.</param>
    /// <param name="ttl">For how long it may be believed; default 60 s.</param>
    public StaticDnsResolver AddCname(string name, string canonicalName, TimeSpan? ttl = null)
    {
        ArgumentNullException.ThrowIfNull(canonicalName);
        return With(new CnameRecord(name, ttl ?? DefaultTtl, canonicalName));
    }

    /// <summary>Adds a NAPTR record that leads to SRV records (flag "s"; RFC 3263, 4.1).</summary>
    /// <param name="name">The domain.</param>
    /// <param name="service">"SIP+D2U", "SIP+D2T", "SIPS+D2T" and so on.</param>
    /// <param name="replacement">The name of the SRV records.</param>
    /// <param name="order">The lowest is looked at first.</param>
    /// <param name="preference">The order among records of equal order.</param>
    /// <param name="ttl">For how long it may be believed; default 60 s.</param>
    public StaticDnsResolver AddNaptr(
        string name,
        string service,
        string replacement,
        int order = 0,
        int preference = 0,
        TimeSpan? ttl = null
    )
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(replacement);
        var life = ttl ?? DefaultTtl;
        return With(new NaptrRecord(name, life, order, preference, "s", service, "", replacement));
    }

    /// <summary>From now on this question fails, whatever records there are.</summary>
    /// <param name="name">The name asked for.</param>
    /// <param name="type">The type asked for.</param>
    /// <param name="status">The failure; <see cref="DnsStatus.Ok"/> ends it.</param>
    public StaticDnsResolver Fail(string name, DnsType type, DnsStatus status)
    {
        lock (_lock)
        {
            _failures[new(Normal(name), type)] = status;
        }

        return this;
    }

    /// <summary>Removes every record of a name, and its failures.</summary>
    /// <param name="name">The name.</param>
    public StaticDnsResolver Remove(string name)
    {
        var normal = Normal(name);
        lock (_lock)
        {
            _records.RemoveAll(record => record.Name == normal);
            foreach (var type in Enum.GetValues<DnsType>())
            {
                _failures.Remove(new(normal, type));
            }
        }

        return this;
    }

    /// <inheritdoc />
    public Task<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(question);
        return cancel.IsCancellationRequested
            ? Task.FromCanceled<DnsAnswer>(cancel)
            : Task.FromResult(Answer(question with { Name = Normal(question.Name) }));
    }

    /// <inheritdoc />
    public IEnumerator<DnsRecord> GetEnumerator()
    {
        lock (_lock)
        {
            return ((IEnumerable<DnsRecord>)_records.ToArray()).GetEnumerator();
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private StaticDnsResolver With(DnsRecord record)
    {
        Add(record);
        return this;
    }

    private DnsAnswer Answer(DnsQuestion question)
    {
        lock (_lock)
        {
            return _failures.GetValueOrDefault(question) is var failure and not DnsStatus.Ok
                ? DnsAnswer.Failed(failure)
                : Follow(question);
        }
    }

    /// <summary>The records asked for, after the aliases on the way (RFC 1034, 4.3.2).</summary>
    private DnsAnswer Follow(DnsQuestion question)
    {
        List<DnsRecord> found = [];
        var name = question.Name;
        for (var aliases = 0; aliases <= MaxAliases; aliases++)
        {
            var here = _records.Where(record => record.Name == name).ToArray();
            found.AddRange(here.Where(record => TypeOf(record) == question.Type));
            var alias = here.OfType<CnameRecord>().FirstOrDefault();
            if (alias is null || question.Type == DnsType.Cname)
            {
                return found.Count == 0 ? DnsAnswer.Failed(Without(name)) : DnsAnswer.Of(found);
            }

            found.Add(alias);
            name = Normal(alias.CanonicalName);
        }

        return DnsAnswer.Of(found);
    }

    /// <summary>A name exists when it, or a name below it, has a record (RFC 8020).</summary>
    private DnsStatus Without(string name) =>
        _records.Exists(record => record.Name == name || record.Name.EndsWith("." + name, Exactly))
            ? DnsStatus.NoData
            : DnsStatus.NxDomain;

    private const StringComparison Exactly = StringComparison.Ordinal;

    private static DnsType? TypeOf(DnsRecord record) =>
        record switch
        {
            AddressRecord { Address.AddressFamily: AddressFamily.InterNetwork } => DnsType.A,
            AddressRecord => DnsType.Aaaa,
            CnameRecord => DnsType.Cname,
            SrvRecord => DnsType.Srv,
            NaptrRecord => DnsType.Naptr,
            _ => null,
        };

    private static string Normal(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Core.QuestionModule.normal(name);
    }
}
