using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>What stands in our Via (RFC 3261, 18.1.1 and 20.42).</summary>
internal static class SentBy
{
    /// <summary>The advertised host, with the local port unless it has its own; else the
    /// address.</summary>
    public static string Of(string? advertise, IPEndPoint local) =>
        advertise is null ? $"{Core.HostAddress.toHost(local.Address)}:{local.Port}"
        : HasPort(advertise) ? advertise
        : $"{advertise}:{local.Port}";

    /// <summary>Whether a text is host or host:port, so that it can stand in a Via.</summary>
    public static bool IsValid(string text)
    {
        var colon = HasPort(text) ? text.LastIndexOf(':') : text.Length;
        var host = text[..colon];
        return (colon == text.Length || IsPort(text.AsSpan(colon + 1))) && IsHost(host);
    }

    /// <summary>A host as <see cref="AddressOfRecord"/> has it.</summary>
    public static bool TryHost(string? domain, out string host)
    {
        var text =
            domain is not null && domain.Contains(':') && !domain.StartsWith('[')
                ? $"[{domain}]"
                : domain;
        host = "";

        if (!SipUri.TryParse($"sip:{text}", out var uri) || uri.Host != text)
        {
            return false;
        }

        host = AddressOfRecord.Create(uri).Host;
        return true;
    }

    private static bool HasPort(string text) => text.LastIndexOf(':') > text.LastIndexOf(']');

    private static bool IsPort(ReadOnlySpan<char> text) =>
        ushort.TryParse(text, out var port) && port > 0;

    private static bool IsHost(string host) =>
        host.StartsWith('[')
            ? host.EndsWith(']')
                && IPAddress.TryParse(host, out var address)
                && address.AddressFamily == AddressFamily.InterNetworkV6
            : host.Length is > 0 and < 256
                && host.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.');
}
