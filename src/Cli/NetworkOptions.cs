using System.CommandLine;
using System.Net;

namespace SipFun.Cli;

/// <summary>From where, by whom and how patiently: options that every command has.</summary>
internal sealed class NetworkOptions
{
    private readonly Option<LegOptions[]> _listen = new("--listen")
    {
        Description =
            "Send from and receive at this local address; may be repeated "
            + "[default: on all addresses, over all transports; answer: udp and tcp]",
        HelpName = "TRANSPORT:ADDRESS:PORT",
        CustomParser = Values.Legs,
    };

    private readonly Option<KeyValuePair<string, SipUri>[]> _domainProxies = new("--domain-proxy")
    {
        Description =
            "What goes to this domain goes to that proxy: example.com, *.example.com or *; "
            + "may be repeated",
        HelpName = "DOMAIN=URI",
        CustomParser = Values.DomainProxies,
    };

    private readonly Option<SipUri?> _outgoingProxy = new("--outgoing-proxy")
    {
        Description = "Requests without a Route go to this proxy first",
        HelpName = "URI",
        CustomParser = Values.Uri,
    };

    private readonly Option<IPEndPoint?> _dns = new("--dns")
    {
        Description = "Ask this DNS server [default: the system's]",
        HelpName = "HOST:PORT",
        CustomParser = Values.Server,
    };

    private readonly Option<int?> _t1 = new("--t1")
    {
        Description =
            "RFC 3261's T1 in milliseconds: the first copy goes out after T1, "
            + "and all is given up after 64*T1 [default: 500]",
        HelpName = "MS",
        CustomParser = Values.Number(1, 60_000),
    };

    private readonly Option<FileInfo?> _record = new("--record")
    {
        Description =
            "Write every packet to this file, one JSON object a line; "
            + "it may bear credentials: keep it secret",
        HelpName = "FILE",
    };

    private readonly CertificateOptions _certificates;

    public NetworkOptions(Command command)
    {
        command.Options.Add(_listen);
        _certificates = new CertificateOptions(command);
        command.Options.Add(_domainProxies);
        command.Options.Add(_outgoingProxy);
        command.Options.Add(_dns);
        command.Options.Add(_t1);
        command.Options.Add(_record);
    }

    /// <summary>How long a request may stay without a final response: Timers B and F.</summary>
    public TimeSpan GiveUpAfter(ParseResult parsed) => 64 * TimersOf(parsed).T1;

    /// <summary>Starts a dispatcher as the command line wants it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="port">The port of the default legs; 0 for a free one.</param>
    /// <param name="seed">From which weights are drawn; null for a random one.</param>
    /// <param name="cancel">Ends the start.</param>
    public async Task<Dispatcher> StartAsync(
        ParseResult parsed,
        int port,
        ulong? seed,
        CancellationToken cancel
    )
    {
        try
        {
            return await Dispatcher.StartAsync(OptionsOf(parsed, port, seed), cancel);
        }
        catch (ArgumentException wrong)
        {
            throw Failure.Usage(wrong.Message);
        }
        catch (IOException busy)
        {
            throw Failure.Network($"{busy.Message} Choose another address or port with --listen.");
        }
    }

    private DispatcherOptions OptionsOf(ParseResult parsed, int port, ulong? seed)
    {
        var defaults = new DispatcherOptions();
        var listen = parsed.GetValue(_listen);
        var server = parsed.GetValue(_dns);

        return defaults with
        {
            Legs = _certificates.Apply(
                parsed,
                listen is { Length: > 0 } ? listen : DefaultLegs(parsed, defaults, port)
            ),
            OutgoingProxy = parsed.GetValue(_outgoingProxy),
            DomainProxies = DomainProxiesOf(parsed),
            Resolver = server is null ? null : new DnsClientResolver(new() { Servers = [server] }),
            Timers = TimersOf(parsed),
            Seed = seed,
            Recorder = parsed.GetValue(_record) is { } file
                ? RecordingFile.Create(file, "--record")
                : null,
        };
    }

    /// <summary>
    /// At free ports every transport that a target may ask for. At a port of one's own UDP and TCP,
    /// and TLS at the next, where there is a certificate (RFC 3261, 19.1.2).
    /// </summary>
    private LegOptions[] DefaultLegs(ParseResult parsed, DispatcherOptions defaults, int port)
    {
        // The defaults have IPv6 where this machine has.
        var hasV6 = defaults.Legs.Any(leg =>
            leg.ToString().Contains('[', StringComparison.Ordinal)
        );
        string[] addresses = hasV6 ? ["0.0.0.0", "[::]"] : ["0.0.0.0"];
        Transport[] transports =
            port == 0 ? Enum.GetValues<Transport>()
            : _certificates.HasCertificate(parsed) ? [Transport.Udp, Transport.Tcp, Transport.Tls]
            : [Transport.Udp, Transport.Tcp];

        return
        [
            .. from transport in transports
            from address in addresses
            let next = transport == Transport.Tls && port > 0 ? port + 1 : port
            select Values.Leg(transport, $"{address}:{next}"),
        ];
    }

    private Dictionary<string, SipUri> DomainProxiesOf(ParseResult parsed)
    {
        var proxies = new Dictionary<string, SipUri>(StringComparer.OrdinalIgnoreCase);

        foreach (var (domain, proxy) in parsed.GetValue(_domainProxies) ?? [])
        {
            if (!proxies.TryAdd(domain, proxy))
            {
                throw Failure.Usage($"--domain-proxy has {domain} twice. Keep one of them.");
            }
        }

        return proxies;
    }

    /// <summary>T2 is never shorter than T1.</summary>
    private Timers TimersOf(ParseResult parsed)
    {
        if (parsed.GetValue(_t1) is not { } milliseconds)
        {
            return Timers.Rfc3261;
        }

        var t1 = TimeSpan.FromMilliseconds(milliseconds);
        var t2 = Timers.Rfc3261.T2;
        return Timers.Rfc3261 with { T1 = t1, T2 = t2 < t1 ? t1 : t2 };
    }
}
