using System.Globalization;

namespace SipFun.Bench.Goals;

/// <summary>One figure, once a round.</summary>
internal sealed class Series(params IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Where(double.IsFinite).Order()];

    public bool IsEmpty => _sorted.Length == 0;

    public double Median =>
        IsEmpty
            ? double.NaN
            : (_sorted[(_sorted.Length - 1) / 2] + _sorted[_sorted.Length / 2]) / 2;

    /// <summary>The median, and between what it lay.</summary>
    public override string ToString() =>
        IsEmpty ? "none"
        : _sorted[0] == _sorted[^1] ? Text(Median)
        : $"{Text(Median)} ({Text(_sorted[0])} to {Text(_sorted[^1])})";

    public static string Text(double value) =>
        value.ToString(
            Math.Abs(value) switch
            {
                >= 100 => "N0",
                >= 10 => "F1",
                _ => "F2",
            },
            CultureInfo.InvariantCulture
        );
}
