namespace SipFun.Shell;

/// <summary>Reads a stream up to the end of an HTTP head, and keeps what came behind it.</summary>
internal static class HttpHeadReader
{
    private static ReadOnlySpan<byte> EndOfHead => "\r\n\r\n"u8;

    /// <summary>The head with its empty line, and the bytes behind it.</summary>
    /// <exception cref="UpgradeException">It is too long, no HTTP, or the stream
    /// ended.</exception>
    public static async ValueTask<(
        ReadOnlyMemory<byte> Head,
        ReadOnlyMemory<byte> Behind
    )> ReadAsync(Stream stream, int limit, CancellationToken cancel)
    {
        var buffer = new byte[limit];
        var length = 0;

        while (length < limit)
        {
            var read = await stream
                .ReadAsync(buffer.AsMemory(length), cancel)
                .ConfigureAwait(false);

            if (read == 0)
            {
                throw new UpgradeException(Reason.UpgradeMalformed, 0, "the peer hung up");
            }

            var from = Math.Max(0, length - EndOfHead.Length + 1);
            length += read;
            ThrowIfNoHttp(buffer[0]);

            if (buffer.AsSpan(from, length - from).IndexOf(EndOfHead) is >= 0 and var end)
            {
                var stop = from + end + EndOfHead.Length;
                return (buffer.AsMemory(0, stop), buffer.AsMemory(stop, length - stop));
            }
        }

        const int tooLarge = 431;
        throw new UpgradeException(
            Reason.UpgradeTooLarge,
            tooLarge,
            $"The head is longer than {limit} bytes."
        );
    }

    /// <summary>Both a method and "HTTP/1.1" begin with a letter; TLS, for one, does not.</summary>
    private static void ThrowIfNoHttp(byte first)
    {
        const int badRequest = 400;

        if (!char.IsAsciiLetter((char)first))
        {
            throw new UpgradeException(Reason.UpgradeMalformed, badRequest, "This is no HTTP.");
        }
    }
}
