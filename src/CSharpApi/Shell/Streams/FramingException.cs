namespace SipFun.Shell;

/// <summary>A stream that can no longer be cut into messages; it must be closed (RFC 3261,
/// 18.3).</summary>
internal sealed class FramingException(ParseError error) : IOException(error.ToString())
{
    public ParseError Error { get; } = error;
}
