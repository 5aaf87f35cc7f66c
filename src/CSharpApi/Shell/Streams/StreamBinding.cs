using System.Net;
using System.Net.Sockets;

namespace SipFun.Shell;

/// <summary>Opens the listening sockets of one leg: one for each local address.</summary>
internal static class StreamBinding
{
    /// <summary>Bound, and listening where the leg can show who it is.</summary>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    public static Socket[] Bind(LegOptions options) =>
        UdpBinding.Bind(
            options.Bind!,
            Core.TransportName.parameter(options.Transport),
            SocketType.Stream,
            socket =>
            {
                if (options.CanListen)
                {
                    socket.Listen(options.Backlog);
                }
            }
        );
}
