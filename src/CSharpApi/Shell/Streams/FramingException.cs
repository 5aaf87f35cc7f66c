namespace SipFun.Shell;

/// <summary>A stream that can no longer be cut into messages; it must be closed (RFC 3261,
/// 18.3).</summary>
internal sealed class FramingException(ParseError error, ReadOnlyMemory<byte> head = default)
    : IOException(error.ToString())
{
    /// <summary>The header section of the message at fault; empty when nobody can tell it.</summary>
    public ReadOnlyMemory<byte> Head { get; } = head;

    public ParseError Error { get; } = error;
}
