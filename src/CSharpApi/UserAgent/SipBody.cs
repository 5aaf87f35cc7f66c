using System.Text;

namespace SipFun;

/// <summary>A body and its type: bytes that SipFun carries and does not read.</summary>
/// <param name="ContentType">As in the header field: "application/sdp".</param>
/// <param name="Bytes">The bytes.</param>
public sealed record SipBody(string ContentType, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>A session description (RFC 8866).</summary>
    /// <param name="text">Its lines.</param>
    public static SipBody Sdp(string text) => Of("application/sdp", text);

    /// <summary>A text for a person: text/plain in UTF-8.</summary>
    /// <param name="text">The text.</param>
    public static SipBody Text(string text) => Of("text/plain;charset=utf-8", text);

    /// <summary>The body of a message; null when it has none.</summary>
    /// <param name="message">Any message.</param>
    public static SipBody? Of(SipMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return message.Body.IsEmpty
            ? null
            : new SipBody(message.ContentType ?? "application/octet-stream", message.Body);
    }

    /// <summary>The same type and bytes.</summary>
    public bool Equals(SipBody? other) =>
        other is not null
        && ContentType == other.ContentType
        && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(ContentType, Bytes.Length);

    /// <summary>The bytes as UTF-8.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Bytes.Span);

    private static SipBody Of(string contentType, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new SipBody(contentType, Encoding.UTF8.GetBytes(text));
    }
}
