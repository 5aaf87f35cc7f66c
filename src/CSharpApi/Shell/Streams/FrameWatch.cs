// The framework's WebSocket gives the bytes of a message as they come, and does not say where a
// frame begins. This follows the heads of the frames (RFC 6455, 5.2) beside it, to count fragments
// and to know the length of a message before any of it is kept. Frames that are wrong in themselves
// are the framework's to refuse.
using System.Buffers.Binary;
using System.Net.WebSockets;

namespace SipFun.Shell;

/// <summary>Counts frames of messages. Knows no sockets and keeps no bytes but a frame's
/// head.</summary>
internal sealed class FrameWatch(WebSocketLimits limits)
{
    private const int LongestHead = 14;
    private const int LengthOf16Bits = 126;
    private const int LengthOf64Bits = 127;

    private readonly byte[] _head = new byte[LongestHead];
    private int _headLength;
    private long _left;
    private bool _isInPayload;
    private bool _endsMessage;
    private bool _isInMessage;
    private int _fragments;
    private long _length;
    private bool _isControl;
    private long _ofMessage;
    private long _ofFrame;

    /// <summary>Messages that were complete.</summary>
    public long Messages { get; private set; }

    /// <summary>Bytes of a message that is not complete, without those of control frames between
    /// its own; outside of messages, bytes of a frame that is not complete.</summary>
    public long Waiting => _isInMessage ? _ofMessage : _ofFrame;

    /// <summary>Why the message after the last complete one must not be taken; null while it
    /// may.</summary>
    public WebSocketCloseStatus? Refusal { get; private set; }

    public void Follow(ReadOnlySpan<byte> octets)
    {
        while (!octets.IsEmpty && Refusal is null)
        {
            var used = _isInPayload ? SkipPayload(octets) : ReadHead(octets);
            octets = octets[used..];
        }
    }

    private int SkipPayload(ReadOnlySpan<byte> octets)
    {
        var used = (int)Math.Min(_left, octets.Length);
        _left -= used;
        Count(used);
        EndPayload();
        return used;
    }

    private int ReadHead(ReadOnlySpan<byte> octets)
    {
        _head[_headLength++] = octets[0];
        _ofFrame++;

        if (_headLength == HeadLength())
        {
            Begin();
            EndPayload();
        }

        return 1;
    }

    /// <summary>How long this head is, as far as its first two bytes say.</summary>
    private int HeadLength()
    {
        if (_headLength < 2)
        {
            return 2;
        }

        var mask = (_head[1] & 0x80) == 0 ? 0 : 4;
        return mask
            + (_head[1] & 0x7F) switch
            {
                LengthOf16Bits => 4,
                LengthOf64Bits => 10,
                _ => 2,
            };
    }

    private void Begin()
    {
        _isControl = (_head[0] & 0x08) != 0;
        _left = PayloadLength();
        _headLength = 0;
        _isInPayload = true;
        _endsMessage = !_isControl && (_head[0] & 0x80) != 0;

        if (!_isControl)
        {
            _ofMessage += _ofFrame;
            CountFragment();
        }
    }

    private void Count(int octets)
    {
        _ofFrame += octets;
        _ofMessage += _isControl ? 0 : octets;
    }

    private void CountFragment()
    {
        _isInMessage = true;
        _fragments++;
        _length = _left < 0 ? long.MaxValue : _length + Math.Min(_left, int.MaxValue);

        if (_length > limits.Messages.StreamMessage)
        {
            Refusal = WebSocketCloseStatus.MessageTooBig;
        }
        else if (_fragments > limits.Fragments)
        {
            Refusal = WebSocketCloseStatus.PolicyViolation;
        }
    }

    private long PayloadLength() =>
        (_head[1] & 0x7F) switch
        {
            LengthOf16Bits => BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(2)),
            LengthOf64Bits => BinaryPrimitives.ReadInt64BigEndian(_head.AsSpan(2)),
            var length => length,
        };

    private void EndPayload()
    {
        if (!_isInPayload || _left != 0 || Refusal is not null)
        {
            return;
        }

        _isInPayload = false;
        _ofFrame = 0;

        if (_endsMessage)
        {
            (_isInMessage, _fragments, _length, _ofMessage) = (false, 0, 0, 0);
            Messages++;
        }
    }
}
