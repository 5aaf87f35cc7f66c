using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace SipFun.Cli;

/// <summary>Reads what was typed; an error shows how to write it.</summary>
internal static class Values
{
    private const NumberStyles _digits = NumberStyles.None;

    private const string UriExample = "Write sip:user@host, sip:host:port or sips:user@host.";

    /// <summary>A reader of one value, as System.CommandLine wants it.</summary>
    public delegate bool Reader<T>(string text, [NotNullWhen(true)] out T? value);

    public static Func<ArgumentResult, T?> One<T>(Reader<T> read, string advice) =>
        result => Read(result, result.Tokens[^1].Value, read, advice);

    public static Func<ArgumentResult, T[]?> Many<T>(Reader<T> read, string advice) =>
        result => [.. result.Tokens.Select(token => Read(result, token.Value, read, advice)!)];

    public static Func<ArgumentResult, SipUri?> Uri { get; } =
        One<SipUri>(SipUri.TryParse, UriExample);

    public static Func<ArgumentResult, SipMethod?> Method { get; } =
        One<SipMethod>(SipMethod.TryParse, "Write a method such as OPTIONS, MESSAGE or INVITE.");

    public static Func<ArgumentResult, NameAddr?> Address { get; } =
        One<NameAddr>(NameAddr.TryParse, "Write sip:user@host or '\"Name\" <sip:user@host>'.");

    public static Func<ArgumentResult, LegOptions[]?> Legs { get; } =
        Many<LegOptions>(
            TryLeg,
            "Write udp:127.0.0.1:5060 or wss:[::1]:0: udp, tcp, tls, ws or wss, a numeric address, "
                + "a port (0: a free one)."
        );

    public static Func<ArgumentResult, KeyValuePair<string, SipUri>[]?> DomainProxies { get; } =
        Many<KeyValuePair<string, SipUri>>(
            TryDomainProxy,
            "Write example.com=sip:proxy.example.com."
        );

    public static Func<ArgumentResult, IPEndPoint?> Server { get; } =
        One<IPEndPoint>(TryServer, "Write the address of a DNS server, such as 127.0.0.1:53.");

    public static Func<ArgumentResult, KeyValuePair<string, string>[]?> Headers { get; } =
        Many<KeyValuePair<string, string>>(TryHeader, "Write 'Name: value'.");

    public static Func<ArgumentResult, KeyValuePair<string, string>[]?> Users { get; } =
        Many<KeyValuePair<string, string>>(TryUser, "Write NAME:PASSWORD.");

    public static Func<ArgumentResult, Transport[]?> Transports { get; } =
        Many<Transport>(TryTransport, "The transports are udp, tcp, tls, ws and wss.");

    public static Func<ArgumentResult, int?> Number(int least, int most) =>
        One<int?>(
            (string text, [NotNullWhen(true)] out int? value) =>
            {
                var isNumber = int.TryParse(
                    text,
                    _digits,
                    CultureInfo.InvariantCulture,
                    out var number
                );
                value = isNumber && number >= least && number <= most ? number : null;
                return value is not null;
            },
            $"Write a number from {least} to {most}."
        );

    public static Func<ArgumentResult, ulong?> Seed { get; } =
        One<ulong?>(TrySeed, "Write a number from 0 to 18446744073709551615.");

    private static T? Read<T>(ArgumentResult result, string text, Reader<T> read, string advice)
    {
        if (read(text, out var value))
        {
            return value;
        }

        var name = result.Parent is OptionResult { Option.Name: var option }
            ? option
            : result.Argument.Name;
        result.AddError($"{name} cannot be '{text}'. {advice}");
        return default;
    }

    /// <exception cref="ArgumentException">The text is no address and port.</exception>
    public static LegOptions Leg(Transport transport, string bind) =>
        transport switch
        {
            Transport.Tcp => LegOptions.Tcp(bind),
            Transport.Tls => LegOptions.Tls(bind),
            Transport.Ws => LegOptions.Ws(bind),
            Transport.Wss => LegOptions.Wss(bind),
            _ => LegOptions.Udp(bind),
        };

    private static bool TryLeg(string text, [NotNullWhen(true)] out LegOptions? leg)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        leg = null;

        if (colon < 0 || !TryTransport(text[..colon], out var transport))
        {
            return false;
        }

        try
        {
            leg = Leg(transport, text[(colon + 1)..]);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static bool TryDomainProxy(string text, out KeyValuePair<string, SipUri> entry)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        entry = default;

        if (equals <= 0 || !SipUri.TryParse(text[(equals + 1)..], out var proxy))
        {
            return false;
        }

        entry = new(text[..equals], proxy);
        return true;
    }

    private static bool TryServer(string text, [NotNullWhen(true)] out IPEndPoint? server)
    {
        const int dns = 53;
        var numeric = text.StartsWith("localhost", StringComparison.OrdinalIgnoreCase)
            ? "127.0.0.1" + text["localhost".Length..]
            : text;

        if (IPEndPoint.TryParse(numeric, out server) && server.Port == 0)
        {
            server.Port = dns;
        }

        return server is not null;
    }

    private static bool TryHeader(string text, out KeyValuePair<string, string> header)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        header = colon > 0 ? new(text[..colon].Trim(), text[(colon + 1)..].Trim()) : default;
        return colon > 0 && !text.AsSpan().ContainsAny('\r', '\n') && header.Key.Length > 0;
    }

    /// <summary>The password may hold colons, and may be empty.</summary>
    private static bool TryUser(string text, out KeyValuePair<string, string> user)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        user = colon > 0 ? new(text[..colon], text[(colon + 1)..]) : default;
        return colon > 0;
    }

    private static bool TrySeed(string text, [NotNullWhen(true)] out ulong? seed)
    {
        var isNumber = ulong.TryParse(text, _digits, CultureInfo.InvariantCulture, out var number);
        seed = isNumber ? number : null;
        return isNumber;
    }

    /// <summary>By name alone: the enumeration would take numbers too.</summary>
    private static bool TryTransport(string text, out Transport transport) =>
        Enum.TryParse(text, ignoreCase: true, out transport) && char.IsAsciiLetter(text[0]);
}
