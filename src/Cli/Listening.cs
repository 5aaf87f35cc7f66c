namespace SipFun.Cli;

/// <summary>What a command says that waits for others: where it listens, and that it is ready.</summary>
internal static class Listening
{
    private static readonly TimeSpan _drainWithin = TimeSpan.FromSeconds(3);

    /// <summary>A line for each leg, with its real port, then "ready".</summary>
    public static void Announce(Dispatcher dispatcher, Screen screen)
    {
        ShowLegs(dispatcher, screen);
        ShowReady(screen);
    }

    /// <summary>A line for each leg, with its real port.</summary>
    public static void ShowLegs(Dispatcher dispatcher, Screen screen)
    {
        foreach (var leg in dispatcher.Legs)
        {
            screen.Line($"listening {leg}");
        }
    }

    public static void ShowReady(Screen screen) => screen.Line("ready");

    /// <summary>Until Ctrl-C or SIGTERM.</summary>
    public static async Task UntilStoppedAsync(CancellationToken cancel) =>
        await Task.Delay(Timeout.Infinite, cancel)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Until Ctrl-C or SIGTERM; then takes nothing new, and waits a moment for what runs.
    /// What is left is told.</summary>
    public static async Task UntilDrainedAsync(
        Dispatcher dispatcher,
        Screen screen,
        CancellationToken cancel
    )
    {
        await UntilStoppedAsync(cancel);
        var left = await dispatcher.DrainAsync(_drainWithin, CancellationToken.None);

        if (!left.IsDone)
        {
            screen.Warn(
                $"Ended with {left.Deliveries.Count} deliveries under way and {left.Unanswered} requests unanswered."
            );
        }
    }

    /// <exception cref="Failure">Nobody could connect to one of the legs.</exception>
    public static void ThrowIfDeaf(Dispatcher dispatcher)
    {
        if (
            dispatcher.GetLegs(where: leg =>
                CertificateOptions.IsSecure(leg.Options) && leg.Options.Certificate is null
            )
            is [var deaf, ..]
        )
        {
            throw Failure.Usage($"{deaf} needs a certificate to show. Give --cert and --key.");
        }
    }
}
