using System.Text;

namespace SipFun.Cli;

/// <summary>A ladder as data: who stands side by side, and what went from one to the other. Drawn by
/// <see cref="LadderText"/> and <see cref="LadderSvg"/>.</summary>
/// <param name="Participants">From left to right.</param>
/// <param name="Arrows">By the instant at which they left.</param>
internal sealed record LadderChart(
    IReadOnlyList<LadderParticipant> Participants,
    IReadOnlyList<LadderArrow> Arrows
);

/// <summary>One that sends and receives.</summary>
/// <param name="Name">Above its line.</param>
/// <param name="Address">Below the name; empty: nothing.</param>
internal sealed record LadderParticipant(string Name, string Address);

/// <summary>What an arrow is, for its colour.</summary>
internal enum LadderKind
{
    Request,
    Provisional,
    Success,
    Redirection,
    Failure,

    /// <summary>A keep-alive, or garbage.</summary>
    Other,
}

/// <summary>One packet on its way.</summary>
/// <param name="From">The participant's place.</param>
/// <param name="To">The participant's place.</param>
/// <param name="Sent">When it left, from the beginning of the ladder.</param>
/// <param name="Arrived">When it arrived, if somebody saw it.</param>
/// <param name="Label">What it says.</param>
/// <param name="Kind">What it is.</param>
internal sealed record LadderArrow(
    int From,
    int To,
    TimeSpan Sent,
    TimeSpan? Arrived,
    string Label,
    LadderKind Kind
)
{
    /// <summary>1 the first time, 2 for the first copy of it.</summary>
    public int Copy { get; init; } = 1;

    /// <summary>The other end recorded too, and saw nothing of it.</summary>
    public bool IsLost { get; init; }

    /// <summary>With what makes it different from others of its kind.</summary>
    public string Caption => Copy > 1 ? $"{Label}, copy {Copy}" : Label;
}

/// <summary>What a packet says, in a few words.</summary>
internal static class LadderLabel
{
    private const int LongestReason = 32;

    public static (string Label, LadderKind Kind) Of(byte[] bytes)
    {
        if (bytes.All(octet => octet is (byte)'\r' or (byte)'\n' or 0))
        {
            return ("keep-alive", LadderKind.Other);
        }

        return SipMessage.TryParse(bytes, out var message, out _)
            ? Of(message)
            : (Garbage(bytes), LadderKind.Other);
    }

    public static (string Label, LadderKind Kind) Of(SipMessage message) =>
        message switch
        {
            SipRequest request => (request.Method.Name, LadderKind.Request),
            SipResponse response => (Words(response), KindOf(response.StatusCode)),
            _ => ("", LadderKind.Other),
        };

    /// <summary>The method is told where it is not an INVITE's.</summary>
    private static string Words(SipResponse response)
    {
        var reason = response.ReasonPhrase;
        var shown = reason.Length > LongestReason ? reason[..(LongestReason - 3)] + "..." : reason;
        var method = response.CSeq.Method;
        return $"{response.StatusCode} {shown}".TrimEnd()
            + (method == SipMethod.Invite ? "" : $" ({method.Name})");
    }

    private static LadderKind KindOf(int status) =>
        status switch
        {
            < 200 => LadderKind.Provisional,
            < 300 => LadderKind.Success,
            < 400 => LadderKind.Redirection,
            _ => LadderKind.Failure,
        };

    /// <summary>No message: how long, and how it begins.</summary>
    private static string Garbage(byte[] bytes)
    {
        const int shown = 12;
        var text = Encoding.ASCII.GetString(bytes, 0, Math.Min(shown, bytes.Length));
        var begins = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '.'));
        return $"no SIP, {bytes.Length} bytes: {begins}";
    }
}
