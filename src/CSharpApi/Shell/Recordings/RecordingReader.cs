// The one reader of recordings: of packets for whoever draws them, of steps for whoever replays them.
using System.Runtime.CompilerServices;
using System.Text;

namespace SipFun.Shell;

/// <summary>Reads a recording line by line.</summary>
internal static class RecordingReader
{
    /// <summary>Each line with its number, from 1. A last line without its end was cut off when
    /// the program was ended: it is left out, if it cannot be read.</summary>
    /// <exception cref="InvalidDataException">A line is none of a recording.</exception>
    public static async IAsyncEnumerable<(int Number, RecordingLine Line)> ReadAsync(
        Stream recording,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        using var reader = new StreamReader(
            recording,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
            detectEncodingFromByteOrderMarks: false,
            leaveOpen: true
        );
        var number = 0;
        var next = await NextAsync(reader, number + 1, cancel).ConfigureAwait(false);

        while (next is { } text)
        {
            number++;
            next = await NextAsync(reader, number + 1, cancel).ConfigureAwait(false);

            if (text.Length > 0 && Parse(text, number, isLast: next is null) is { } line)
            {
                yield return (number, line);
            }
        }
    }

    public static InvalidDataException Fault(int number, string why) =>
        new($"The recording cannot be read, line {number}: {why}.");

    private static async Task<string?> NextAsync(
        StreamReader reader,
        int number,
        CancellationToken cancel
    )
    {
        try
        {
            return await reader.ReadLineAsync(cancel).ConfigureAwait(false);
        }
        catch (DecoderFallbackException)
        {
            throw Fault(number, "it is no UTF-8");
        }
    }

    private static RecordingLine? Parse(string text, int number, bool isLast)
    {
        try
        {
            return RecordingLine.Read(text);
        }
        catch (FormatException) when (isLast && number > 1 && !text.EndsWith('}'))
        {
            return null;
        }
        catch (FormatException fault)
        {
            throw Fault(number, fault.Message);
        }
    }
}
