// Every log event of SipFun, with its stable id. Text that came from the network goes through
// Core.Sanitizer before it gets here: one printable, bounded line.
using Microsoft.Extensions.Logging;

namespace SipFun.Shell;

/// <summary>1xx: the dispatcher; 2xx: links; 3xx: the user's code; 9xx: faults of ours.</summary>
internal sealed partial class Log(ILogger logger, Counters counters)
{
    private readonly QuietLogger _logger = new(logger, counters);

    public bool IsDebug => _logger.IsEnabled(LogLevel.Debug);

    [LoggerMessage(100, LogLevel.Information, "Leg {Leg} added, known to peers as {SentBy}")]
    public partial void LegAdded(string leg, string sentBy);

    [LoggerMessage(101, LogLevel.Information, "Leg {Leg} removed")]
    public partial void LegRemoved(string leg);

    [LoggerMessage(102, LogLevel.Information, "Dispatcher closed")]
    public partial void Closed();

    [LoggerMessage(200, LogLevel.Debug, "{Length} bytes from {Source} are no SIP message: {Error}")]
    public partial void Malformed(int length, string source, string error);

    [LoggerMessage(201, LogLevel.Warning, "Leg {Leg} could not receive, and goes on")]
    public partial void ReceiveFailed(string leg, Exception exception);

    [LoggerMessage(202, LogLevel.Debug, "{Hop} could not be sent to: {Fault}, {Detail}")]
    public partial void SendFailed(string hop, TransportFault fault, string detail);

    [LoggerMessage(210, LogLevel.Debug, "The connection with {Peer} ended: {Reason}, {Detail}")]
    public partial void ConnectionEnded(string peer, Reason reason, string detail);

    [LoggerMessage(300, LogLevel.Error, "A receiver threw; a request was answered 500")]
    public partial void ReceiverFailed(Exception exception);

    [LoggerMessage(301, LogLevel.Error, "A callback threw")]
    public partial void CallbackFailed(Exception exception);

    [LoggerMessage(
        302,
        LogLevel.Warning,
        "The resolver threw at {Name}; taken for a server failure"
    )]
    public partial void ResolverFailed(string name, Exception exception);

    [LoggerMessage(303, LogLevel.Error, "A location store threw; a REGISTER was answered 500")]
    public partial void StoreFailed(Exception exception);

    [LoggerMessage(304, LogLevel.Error, "The recording ended: {Why}")]
    public partial void RecordingEnded(string why);

    [LoggerMessage(304, LogLevel.Error, "A location service threw; a request was answered 500")]
    public partial void LocationsFailed(Exception exception);

    [LoggerMessage(900, LogLevel.Critical, "A step of input {Input} threw; nothing was changed")]
    public partial void StepFailed(int input, Exception exception);

    [LoggerMessage(901, LogLevel.Critical, "Effect {Effect} threw")]
    public partial void EffectFailed(int effect, Exception exception);

    [LoggerMessage(902, LogLevel.Critical, "The alarm could not be set")]
    public partial void AlarmFailed(Exception exception);
}
