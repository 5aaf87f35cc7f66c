using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace SipFun;

/// <summary>The name of a delivery: a text of one's own, or a fresh number.</summary>
public readonly struct DeliveryId : IEquatable<DeliveryId>
{
    private const char Mark = '#';

    /// <summary>Numbers of <see cref="New"/> begin here; those of dispatchers stay below.</summary>
    internal const long FirstDrawn = 1L << 62;

    internal DeliveryId(long number, string? text) => (Number, Text) = (number, text);

    /// <summary>A text of one's own.</summary>
    /// <param name="text">Any text that is not empty. "#" and digits name a number.</param>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public DeliveryId(string text)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        this = Parse(text);
    }

    internal long Number { get; }

    internal string? Text { get; }

    /// <summary>A fresh one, which no other delivery has.</summary>
    public static DeliveryId New()
    {
        Span<byte> bits = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bits);
        var number = BinaryPrimitives.ReadInt64LittleEndian(bits) & (FirstDrawn - 1);
        return new DeliveryId(FirstDrawn | number, null);
    }

    /// <summary>Reads an id as <see cref="ToString"/> writes it.</summary>
    /// <param name="text">A text of one's own, or "#" and a number.</param>
    /// <exception cref="FormatException">The text is empty.</exception>
    public static DeliveryId Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var id)
            ? id
            : throw new FormatException("The id of a delivery is a text that is not empty.");
    }

    /// <summary>Reads an id as <see cref="ToString"/> writes it.</summary>
    /// <param name="text">A text of one's own, or "#" and a number.</param>
    /// <param name="id">The id, or the default.</param>
    /// <returns>Whether the text is an id.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeliveryId id)
    {
        id = default;

        if (string.IsNullOrEmpty(text))
        {
            return false;
        }

        id =
            text[0] == Mark
            && long.TryParse(
                text.AsSpan(1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var number
            )
                ? new DeliveryId(number, null)
                : new DeliveryId(0, text);
        return true;
    }

    /// <summary>The text of one's own, or "#" and the number.</summary>
    public override string ToString() =>
        Text ?? string.Create(CultureInfo.InvariantCulture, $"{Mark}{Number}");

    /// <summary>The same text, or the same number.</summary>
    public bool Equals(DeliveryId other) =>
        Number == other.Number && string.Equals(Text, other.Text, StringComparison.Ordinal);

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is DeliveryId other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Number, Text);

    /// <summary>The same text, or the same number.</summary>
    public static bool operator ==(DeliveryId left, DeliveryId right) => left.Equals(right);

    /// <summary>Another text or number.</summary>
    public static bool operator !=(DeliveryId left, DeliveryId right) => !left.Equals(right);
}
