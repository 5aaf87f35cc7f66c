using System.Globalization;
using Spectre.Console;

namespace SipFun.Cli;

/// <summary>A response as a person reads it.</summary>
internal static class ResponseText
{
    /// <summary>The status, the time, and below it the header and the body.</summary>
    public static void Response(this Screen screen, Answer answer)
    {
        var response = answer.Response;
        screen.Line($"{Status(response)}  after {Milliseconds(answer.After)} ms", Colour(response));

        foreach (var (name, value) in response.Headers)
        {
            screen.Line($"  {name}: {value}");
        }

        if (!response.Body.IsEmpty)
        {
            screen.Line();
            screen.Lines(Body(response), indent: "  ");
        }
    }

    /// <summary>"200 OK".</summary>
    public static string Status(SipResponse response) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{response.StatusCode} {response.ReasonPhrase}"
        );

    public static Color Colour(SipResponse response) =>
        response.StatusCode switch
        {
            < 200 => Color.Blue,
            < 300 => Color.Green,
            < 400 => Color.Yellow,
            _ => Color.Red,
        };

    /// <summary>With a thousandth of a millisecond, and a point in every culture.</summary>
    public static string Milliseconds(TimeSpan time) =>
        time.TotalMilliseconds.ToString("0.000", CultureInfo.InvariantCulture);

    public static string Body(SipMessage message) =>
        System.Text.Encoding.UTF8.GetString(message.Body.Span);
}
