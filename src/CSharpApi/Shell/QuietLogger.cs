using Microsoft.Extensions.Logging;

namespace SipFun.Shell;

/// <summary>A logger of the user's that throws must not end a turn or a receive loop: it is
/// counted.</summary>
internal sealed class QuietLogger(ILogger logger, Counters counters) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel)
    {
        try
        {
            return logger.IsEnabled(logLevel);
        }
        catch (Exception)
        {
            counters.Add(Reason.LogFailed);
            return false;
        }
    }

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    )
    {
        try
        {
            logger.Log(logLevel, eventId, state, exception, formatter);
        }
        catch (Exception)
        {
            counters.Add(Reason.LogFailed);
        }
    }
}
