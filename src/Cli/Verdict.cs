using System.Globalization;

namespace SipFun.Cli;

/// <summary>What an outcome means to a script, and what a person is to do next.</summary>
internal static class Verdict
{
    private const string Stopped = "Stopped before an answer came. Run it again to wait longer.";

    public static (int ExitCode, string? Advice) Of(
        DeliveryOutcome outcome,
        Hop? hop,
        TimeSpan patience
    ) =>
        outcome switch
        {
            DeliveryOutcome.Answered { Response.IsSuccess: true } => (ExitCode.Success, null),
            DeliveryOutcome.Answered(var response) => (ExitCode.OtherAnswer, Login(response)),
            DeliveryOutcome.Sent => (ExitCode.Success, null),
            DeliveryOutcome.TimedOut => (ExitCode.NoAnswer, Silence(hop, patience)),
            DeliveryOutcome.Unresolved(var error) => (ExitCode.NoAnswer, error.Detail),
            DeliveryOutcome.Unreachable(var last, var fault, var detail) => (
                ExitCode.NoAnswer,
                $"{last} cannot be reached ({detail}). {Advice(last, fault)}"
            ),
            DeliveryOutcome.Refused(var reason) => (ExitCode.Usage, Why(reason)),
            _ => (ExitCode.NoAnswer, Stopped),
        };

    /// <summary>What the end of a call means.</summary>
    /// <param name="end">How it ended.</param>
    /// <param name="isTakenBack">It was cancelled, and that was asked for.</param>
    /// <param name="patience">How long a request waits for its response.</param>
    public static (int ExitCode, string? Advice) Of(
        CallEnd end,
        bool isTakenBack,
        TimeSpan patience
    ) =>
        end switch
        {
            { Kind: CallEndKind.Unusable } => (
                ExitCode.NoAnswer,
                "The response is none to the INVITE: its tags, Call-ID or CSeq are others. Look at "
                    + "what the other end copies (--record FILE)."
            ),
            { Outcome: { } outcome } => Of(outcome, null, patience),
            { Kind: CallEndKind.Cancelled } when isTakenBack => (ExitCode.Success, null),
            { Kind: CallEndKind.Cancelled } => (ExitCode.NoAnswer, Stopped),
            { Kind: CallEndKind.HungUp or CallEndKind.HungUpByPeer } => (
                end.Response is { IsSuccess: false } ? ExitCode.OtherAnswer : ExitCode.Success,
                null
            ),
            { Response: { } response } => (ExitCode.OtherAnswer, Login(response)),
            { Kind: CallEndKind.SessionExpired } => (
                ExitCode.NoAnswer,
                "Nobody refreshed the session (RFC 4028). Check the way to the other end."
            ),
            _ => (ExitCode.NoAnswer, Stopped),
        };

    /// <summary>A challenge that was not answered, or not well.</summary>
    private static string? Login(SipResponse response) =>
        response.StatusCode is 401 or 407
            ? "A login is asked for. Give --user and --password, or check them."
            : null;

    private static string Silence(Hop? hop, TimeSpan patience)
    {
        var seconds = patience.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        var whose = hop is null ? "" : $" from {hop}";
        return $"No final response{whose} in {seconds} s (TimedOut). "
            + "Check that a SIP server listens there; --t1 changes how long to wait.";
    }

    private static string Advice(Hop hop, TransportFault fault) =>
        fault switch
        {
            TransportFault.CertificateRefused =>
                "Ask for the name that its certificate bears; if its root is not the system's, "
                    + "give it with --ca FILE.",
            TransportFault.HandshakeFailed or TransportFault.HandshakeTimedOut =>
                $"Check that {hop.Transport.ToString().ToLowerInvariant()} is spoken there, and "
                    + "which certificates it wants (--cert, --key).",
            TransportFault.TooLarge => "Send it over a stream: add ;transport=tcp to the URI.",
            _ => "Check address and port, and the route there.",
        };

    private static string Why(RefusalReason reason) =>
        reason switch
        {
            RefusalReason.NothingToCancel =>
                "A CANCEL belongs to an INVITE under way. Press Ctrl-C in the one that rings.",
            RefusalReason.TooLarge =>
                "The request is too large for a datagram. Send a smaller body.",
            _ => $"The request was not taken on ({reason}). See sipfun send --help.",
        };
}
