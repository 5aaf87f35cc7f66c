namespace SipFun;

// SIP over WebSocket (RFC 7118).
public sealed partial record LegOptions
{
    /// <summary>
    /// Whose pages may connect, as browsers name them: <c>["https://www.example.com"]</c>, with the
    /// port unless it is the default one. Others are refused with 403. A client that names no origin
    /// is no browser, and may connect (RFC 6455, 10.2). Default: none, which means every page.
    /// </summary>
    public IReadOnlyList<string> Origins { get; init; } = [];

    /// <summary>
    /// WebSocket at a local address (RFC 7118): listens there, at any path, and connects from there
    /// with a free port. Its limits of time and number are those of <see cref="Tcp"/>; the upgrade
    /// is part of the handshake.
    /// </summary>
    /// <param name="bind">As in <see cref="Tcp"/>.</param>
    /// <exception cref="ArgumentException">The text is no address and port.</exception>
    public static LegOptions Ws(string bind) => new(Transport.Ws, ParseBind(bind), socket: null);

    /// <summary>
    /// WebSocket over TLS at a local address (RFC 7118): connects from there and, with a
    /// certificate as in <see cref="Tls"/>, listens there.
    /// </summary>
    /// <param name="bind">As in <see cref="Tcp"/>.</param>
    /// <exception cref="ArgumentException">The text is no address and port.</exception>
    public static LegOptions Wss(string bind) => new(Transport.Wss, ParseBind(bind), socket: null);

    /// <exception cref="ArgumentException">Origins that are none, or where none can be.</exception>
    private void ValidateOrigins()
    {
        if (Origins.Count > 0 && Transport is not (Transport.Ws or Transport.Wss))
        {
            throw new ArgumentException(
                $"{this} has Origins, and browsers come by WebSocket only. Use LegOptions.Ws or Wss."
            );
        }

        if (Origins.FirstOrDefault(origin => !IsOrigin(origin)) is { } wrong)
        {
            throw new ArgumentException(
                $"\"{wrong}\" is no origin. Write https://www.example.com, without a path."
            );
        }
    }

    /// <summary>scheme://host[:port], and nothing behind it (RFC 6454, 6.2).</summary>
    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && uri.Host.Length > 0
        && origin.EndsWith(uri.Authority, StringComparison.OrdinalIgnoreCase);
}
