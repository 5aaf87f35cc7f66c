// What was dropped, absorbed or went wrong, by reason. Counters are not state: the shell sums them.
using System.Collections.ObjectModel;
using System.Diagnostics.Metrics;
using System.Text;

namespace SipFun.Shell;

/// <summary>One number a reason; any thread adds.</summary>
internal sealed class Counters : IDisposable
{
    private readonly long[] _core = new long[Size<Core.Counted>()];
    private readonly long[] _shell = new long[Size<Reason>()];
    private readonly long[] _malformed = new long[Size<ParseFault>()];
    private readonly Meter _meter = new("SipFun");

    public Counters() =>
        _meter.CreateObservableCounter(
            "sipfun.dropped",
            () =>
                Snapshot()
                    .Select(pair => new Measurement<long>(
                        pair.Value,
                        new KeyValuePair<string, object?>("reason", pair.Key)
                    )),
            unit: "{message}",
            description: "What was dropped, absorbed or went wrong, by reason."
        );

    public void Add(Core.Counted reason) => Interlocked.Increment(ref _core[(int)reason]);

    public void Add(Reason reason) => Interlocked.Increment(ref _shell[(int)reason]);

    public void Add(ParseFault reason) => Interlocked.Increment(ref _malformed[(int)reason]);

    /// <summary>All of them by their stable names; "malformed" is the sum of its kinds.</summary>
    public ReadOnlyDictionary<string, long> Snapshot()
    {
        var all = new SortedDictionary<string, long>(StringComparer.Ordinal);
        Copy(_core, index => ((Core.Counted)index).ToString(), all);
        Copy(_shell, index => ((Reason)index).ToString(), all);
        Copy(_malformed, index => "Malformed" + (ParseFault)index, all);
        all["malformed"] = _malformed.Sum();
        return new ReadOnlyDictionary<string, long>(all);
    }

    public void Dispose() => _meter.Dispose();

    private static void Copy(
        long[] from,
        Func<int, string> name,
        SortedDictionary<string, long> all
    )
    {
        for (var index = 0; index < from.Length; index++)
        {
            var word = name(index);

            if (!char.IsAsciiDigit(word[^1]))
            {
                all[SnakeCase(word)] = Interlocked.Read(ref from[index]);
            }
        }
    }

    /// <summary>ForeignResponse becomes foreign_response.</summary>
    internal static string SnakeCase(string name)
    {
        var text = new StringBuilder();

        for (var index = 0; index < name.Length; index++)
        {
            if (index > 0 && char.IsUpper(name[index]) && !char.IsUpper(name[index - 1]))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[index]));
        }

        return text.ToString();
    }

    private static int Size<T>()
        where T : struct, Enum => Enum.GetValues<T>().Max(value => Convert.ToInt32(value)) + 1;
}
