// The inputs of a recording through the pure core again, and the first step whose effects are others.
using System.Globalization;

namespace SipFun.Shell;

/// <summary>One replay, line by line.</summary>
internal sealed class Replaying
{
    private Core.Settings? _settings;
    private Core.State _state = Core.Dispatcher.start;
    private long _steps;
    private bool _ended;
    private string? _why;

    public ReplayDifference? Difference { get; private set; }

    /// <exception cref="InvalidDataException">The line cannot be replayed.</exception>
    public void Take(int number, RecordingLine line)
    {
        switch (line)
        {
            case RecordingLine.Masked:
                throw RecordingReader.Fault(
                    number,
                    "it is a masked copy, which can be drawn and not replayed; replay the original"
                );
            case RecordingLine.Start(var settings) when _settings is null:
                var read = Core.Recording.readSettings(settings);
                _settings = read.IsOk ? read.ResultValue : throw Bad(number, read.ErrorValue);
                break;
            case RecordingLine.Start:
                throw RecordingReader.Fault(number, "it begins a second recording; part them");
            case RecordingLine.Step step:
                Take(number, step);
                break;
            case RecordingLine.End(_, var why):
                (_ended, _why) = (true, why);
                break;
        }
    }

    /// <exception cref="InvalidDataException">There is nothing to replay.</exception>
    public ReplayResult Result() =>
        _settings is null
            ? throw new InvalidDataException(
                "The recording has packets at the most: it can be drawn, not replayed. "
                    + "DispatcherOptions.Recorder makes one that can."
            )
            : new ReplayResult(_steps, _ended && _why is null, Difference);

    private void Take(int number, RecordingLine.Step step)
    {
        var settings =
            _settings ?? throw RecordingReader.Fault(number, "there is a step before the start");
        var read = Core.Recording.readStep(step.Data);
        var (now, input) = read.IsOk ? read.ResultValue : throw Bad(number, read.ErrorValue);
        var got = Run(number, settings, now, input);
        _steps++;

        if (!got.AsSpan().SequenceEqual(step.Effects))
        {
            Difference = new ReplayDifference(
                _steps,
                TimeSpan.FromMilliseconds(now),
                Core.Recording.name(input),
                step.Effects,
                got
            );
        }
    }

    private string[] Run(int number, Core.Settings settings, long now, Core.Input input)
    {
        try
        {
            var (state, effects) = Core.Dispatcher.step(settings, now, input, _state);
            _state = state;
            return Core.Recording.lines(effects);
        }
        catch (Exception exception)
        {
            // Whoever forged it so: what we write down never leads here.
            throw RecordingReader.Fault(
                number,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"its step fails with {exception.GetType().Name}"
                )
            );
        }
    }

    private static InvalidDataException Bad(int number, string why) =>
        RecordingReader.Fault(number, $"{why}");
}
