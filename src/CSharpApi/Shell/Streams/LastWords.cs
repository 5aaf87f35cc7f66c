// A system resets a connection that is closed while bytes of the peer lie unread in it, and the reset may
// overtake what we said last (RFC 9112, 9.6).
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>That what was written before a connection is closed gets to its peer.</summary>
internal static class LastWords
{
    private const int ReadSize = 16 * 1024;

    /// <summary>A peer that sends for ever is not listened to for ever.</summary>
    private const int MostReads = 64;

    /// <summary>Nothing more will be said; what has come is read, and nothing is waited for.</summary>
    public static void Keep(IStreamSocket socket)
    {
        try
        {
            socket.Shutdown();
            var unread = new byte[ReadSize];

            for (var left = MostReads; left > 0 && socket.Available > 0; left--)
            {
                socket.Receive(unread);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }
}
