using SipFun.Shell;

namespace SipFun.Stepping;

/// <summary>
/// The pure dispatcher behind a door for an event loop of one's own: without sockets, threads or
/// clock. The same inputs at the same instants give the same effects, always. One thread at a time.
/// </summary>
/// <example>
/// <code>
/// var stepper = new Stepper(handler);
/// stepper.Post(new StepInput.AddLeg(1, Transport.Udp, address, 5060, "192.0.2.1:5060"), now);
/// stepper.Post(new StepInput.Deliver(2, token, request), now);   // handler.Transmit(...)
/// // wait until stepper.NextAlarm or a datagram, then
/// stepper.Post(new StepInput.Tick(), now);
/// </code>
/// </example>
public sealed class Stepper
{
    private readonly Core.Settings _settings;
    private readonly HandlerShell _shell;
    private readonly Queue<(Core.Input Input, long Now)> _inputs = new();
    private Core.State _state = Core.Dispatcher.start;
    private bool _stepping;

    /// <summary>A dispatcher without legs and receivers.</summary>
    /// <param name="handler">Carries its effects out.</param>
    /// <param name="options">Timers, limits, rules; default: the defaults.</param>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public Stepper(IEffectHandler handler, StepperOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(handler);
        options ??= new StepperOptions();
        _shell = new HandlerShell(handler);
        _settings = Translate.ToSettings(
            Checked(options),
            ((ulong)(options.Secret >> 64), (ulong)options.Secret),
            options.Seed
        );
    }

    /// <summary>
    /// When <see cref="StepInput.Tick"/> is to be posted next: read it after every input. Null:
    /// never; in the past: at once, there is more to do. Ticking early changes nothing.
    /// </summary>
    public TimeSpan? NextAlarm =>
        Core.Dispatcher.alarm(_state) is { IsSome: true } alarm
            ? TimeSpan.FromMilliseconds(alarm.Value)
            : null;

    /// <summary>Nothing is under way, lingers or waits.</summary>
    public bool IsIdle => Core.StateModule.idle(_state);

    /// <summary>Steps one input, and has its effects carried out before it returns.</summary>
    /// <param name="input">What happened.</param>
    /// <param name="now">
    /// The time since any instant of one's own, the same for all calls; it does not run backwards.
    /// In whole milliseconds, fractions are dropped.
    /// </param>
    public void Post(StepInput input, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(input);
        _inputs.Enqueue((StepInputs.ToCore(input), (long)Math.Floor(now.TotalMilliseconds)));

        if (_stepping)
        {
            return;
        }

        _stepping = true;

        try
        {
            while (_inputs.TryDequeue(out var next))
            {
                var (state, effects) = Core.Dispatcher.step(
                    _settings,
                    next.Now,
                    next.Input,
                    _state
                );
                _state = state;
                effects.Perform(_shell);
            }
        }
        finally
        {
            _stepping = false;
        }
    }

    /// <summary>The story so far of a delivery under way; empty for any other.</summary>
    /// <param name="number">Which.</param>
    public string Explain(long number) =>
        Core.StateModule.trace(number, _state) is { IsSome: true } trace
            ? Core.Explanation.text(trace.Value)
            : "";

    private static DispatcherOptions Checked(StepperOptions options)
    {
        var all = new DispatcherOptions
        {
            Legs = [],
            Timers = options.Timers,
            Limits = options.Limits,
            OutgoingProxy = options.OutgoingProxy,
            DomainProxies = options.DomainProxies,
        };
        all.Validate();
        return all;
    }
}
