// The least that is a session description (RFC 8866): one audio stream that nobody sends. Enough for what
// only signals; whoever carries sound writes more.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SipFun;

/// <summary>Writes an offer, or an answer to one.</summary>
internal static class SessionDescription
{
    /// <summary>The port of "discard": nothing is sent and nothing expected.</summary>
    private const int Discard = 9;

    /// <summary>Audio, inactive.</summary>
    /// <param name="address">Where this end is.</param>
    /// <param name="version">Rises with each new offer of one session.</param>
    public static SipBody Inactive(IPAddress address, int version = 1)
    {
        var family = address.AddressFamily == AddressFamily.InterNetworkV6 ? "IP6" : "IP4";
        return SipBody.Sdp(
            string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    v=0
                    o=- 1 {version} IN {family} {address}
                    s=-
                    c=IN {family} {address}
                    t=0 0
                    m=audio {Discard} RTP/AVP 0 8
                    a=rtpmap:0 PCMU/8000
                    a=rtpmap:8 PCMA/8000
                    a=inactive

                    """
                )
                .ReplaceLineEndings("\r\n")
        );
    }

    /// <summary>Of the first leg that is bound to an address of its own.</summary>
    /// <param name="dispatcher">Whose leg.</param>
    public static SipBody Inactive(Dispatcher dispatcher)
    {
        var addresses = dispatcher
            .Legs.SelectMany(leg => leg.LocalEndPoints)
            .Select(local => local.Address)
            .ToList();
        return Inactive(
            addresses.Find(address => !IPAddress.IsLoopback(address))
                ?? addresses.Find(IPAddress.IsLoopback)
                ?? IPAddress.Loopback
        );
    }

    /// <summary>The body of a 200: a re-INVITE wants one, and an UPDATE with an offer (RFC 3261, 14.2;
    /// RFC 3311, 5.2). Null: none.</summary>
    /// <param name="request">Of a call.</param>
    /// <param name="dispatcher">Whose leg.</param>
    public static SipBody? AnswerTo(IncomingRequest request, Dispatcher dispatcher)
    {
        var method = request.Request.Method;
        return
            method == SipMethod.Invite || (method == SipMethod.Update && request.Body is not null)
            ? Inactive(dispatcher)
            : null;
    }
}
