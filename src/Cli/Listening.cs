namespace SipFun.Cli;

/// <summary>What a command says that waits for others: where it listens, and that it is ready.</summary>
internal static class Listening
{
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
