// Chance for what must not be guessed: branches, tags, Call-IDs, the secret. From the system,
// always.
using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SipFun.Shell;

/// <summary>Random bits from the system, fetched in blocks.</summary>
internal class Draws
{
    private readonly byte[] _block = new byte[512];
    private int _used = 512;

    /// <summary>64 bits that nobody can guess.</summary>
    public virtual ulong Next()
    {
        lock (_block)
        {
            if (_used == _block.Length)
            {
                RandomNumberGenerator.Fill(_block);
                _used = 0;
            }

            var bits = BinaryPrimitives.ReadUInt64LittleEndian(_block.AsSpan(_used));
            _block.AsSpan(_used, sizeof(ulong)).Clear();
            _used += sizeof(ulong);
            return bits;
        }
    }

    /// <summary>At least 0, less than 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>128 bits as a Call-ID (RFC 3261, 8.1.1.4).</summary>
    public string CallId() => $"{Next():x16}{Next():x16}";

    /// <summary>64 bits as a tag; 32 are asked for (RFC 3261, 19.3).</summary>
    public string Tag() => $"{Next():x16}";
}
