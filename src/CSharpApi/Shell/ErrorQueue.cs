// On Linux a UDP socket can keep the ICMP messages that came back for its datagrams, with what they
// quote (ip(7), IP_RECVERR; ipv6(7), IPV6_RECVERR). .NET has no call that reads them: hence recvmsg.
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SipFun.Shell;

/// <summary>Reads the error queue of one socket, for one thread at a time. Never waits.</summary>
internal sealed partial class ErrorQueue
{
    private const int LevelV4 = 0;
    private const int LevelV6 = 41;
    private const int ReceiveErrorsV4 = 11;
    private const int ReceiveErrorsV6 = 25;
    private const int DontWait = 0x40;
    private const int FromErrorQueue = 0x2000;

    /// <summary>Enough of a request to find its top Via.</summary>
    private const int LongestQuote = 2048;

    /// <summary>A sock_extended_err and the address of who complained, with room to spare.</summary>
    private const int LongestControl = 512;

    /// <summary>In sock_extended_err: ee_origin, with ee_type and ee_code behind it; and
    /// ee_info.</summary>
    private const int Origin = 4;
    private const int Info = 8;

    /// <summary>Read in one go; what is left makes the next call on the socket fail.</summary>
    private const int AtMost = 1024;

    private readonly SafeSocketHandle _socket;
    private readonly byte[] _quote = GC.AllocateArray<byte>(LongestQuote, pinned: true);
    private readonly byte[] _control = GC.AllocateArray<byte>(LongestControl, pinned: true);
    private readonly nint[] _vector = GC.AllocateArray<nint>(2, pinned: true);

    private ErrorQueue(Socket socket)
    {
        _socket = socket.SafeHandle;
        _vector[0] = AddressOf(_quote);
        _vector[1] = LongestQuote;
    }

    /// <summary>Asks the system to keep errors. False where it cannot.</summary>
    public static bool TryEnable(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        var isV4 = socket.AddressFamily == AddressFamily.InterNetwork;
        ReadOnlySpan<byte> on = [1, 0, 0, 0];

        try
        {
            socket.SetRawSocketOption(
                isV4 ? LevelV4 : LevelV6,
                isV4 ? ReceiveErrorsV4 : ReceiveErrorsV6,
                BitConverter.IsLittleEndian ? on : [0, 0, 0, 1]
            );
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static ErrorQueue? Of(Socket socket, bool isEnabled) =>
        isEnabled ? new ErrorQueue(socket) : null;

    /// <summary>Reports what is there. Gives how many errors that were.</summary>
    public int Drain(ILinkOwner owner)
    {
        var count = 0;

        while (count < AtMost && TryRead(out var quoted, out var controlled))
        {
            count++;
            Report(owner, _quote.AsSpan(0, quoted), _control.AsSpan(0, controlled));
        }

        return count;
    }

    private bool TryRead(out int quoted, out int controlled)
    {
        var header = new MessageHeader
        {
            Vectors = AddressOf(_vector),
            VectorCount = 1,
            Control = AddressOf(_control),
            ControlLength = LongestControl,
        };

        try
        {
            quoted = (int)ReceiveMessage(_socket, ref header, DontWait | FromErrorQueue);
            controlled = (int)header.ControlLength;
            return quoted >= 0;
        }
        catch (ObjectDisposedException)
        {
            quoted = controlled = 0;
            return false;
        }
    }

    private static void Report(
        ILinkOwner owner,
        ReadOnlySpan<byte> quote,
        ReadOnlySpan<byte> control
    )
    {
        var error = ErrorIn(control);

        if (error.IsEmpty)
        {
            owner.Dropped(Reason.IcmpIgnored);
        }
        else if (Icmp.IsTooBig(error[Origin], error[Origin + 1], error[Origin + 2]))
        {
            owner.TooBig(quote, MtuIn(error));
        }
        else if (
            Icmp.Read(error[Origin], error[Origin + 1], error[Origin + 2]) is
            (var fault, var detail)
        )
        {
            owner.Bounced(quote, fault, detail);
        }
        else
        {
            owner.Dropped(Reason.IcmpIgnored);
        }
    }

    /// <summary>ee_info: the MTU of the link that could not take the packet; 0 from routers older
    /// than RFC 1191, of which nothing is learnt.</summary>
    private static int MtuIn(ReadOnlySpan<byte> error) =>
        (int)Math.Min(ushort.MaxValue, MemoryMarshal.Read<uint>(error[Info..]));

    /// <summary>
    /// The sock_extended_err among the control messages (cmsg(3)), each of a length in a size_t,
    /// level and type in an int each, and the data.
    /// </summary>
    private static ReadOnlySpan<byte> ErrorIn(ReadOnlySpan<byte> control)
    {
        var head = nint.Size + (2 * sizeof(int));

        while (control.Length >= head)
        {
            var length = (int)MemoryMarshal.Read<nint>(control);
            var level = MemoryMarshal.Read<int>(control[nint.Size..]);
            var type = MemoryMarshal.Read<int>(control[(nint.Size + sizeof(int))..]);

            if (length < head || length > control.Length)
            {
                return [];
            }

            var data = control[head..length];

            if (
                (level, type) is (LevelV4, ReceiveErrorsV4) or (LevelV6, ReceiveErrorsV6)
                && data.Length >= Info + sizeof(uint)
            )
            {
                return data;
            }

            control = control[Math.Min(control.Length, Align(length))..];
        }

        return [];
    }

    private static int Align(int length) => (length + nint.Size - 1) & ~(nint.Size - 1);

    private static nint AddressOf<T>(T[] pinned) =>
        Marshal.UnsafeAddrOfPinnedArrayElement(pinned, 0);

    [LibraryImport("libc", EntryPoint = "recvmsg")]
    private static partial nint ReceiveMessage(
        SafeSocketHandle socket,
        ref MessageHeader header,
        int flags
    );

    /// <summary>msghdr of recvmsg(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public nint Name;
        public uint NameLength;
        public nint Vectors;
        public nint VectorCount;
        public nint Control;
        public nint ControlLength;
        public int Flags;
    }
}
