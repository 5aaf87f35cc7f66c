using Spectre.Console;

namespace SipFun.Cli;

/// <summary>A ladder on the screen, with colours where there are any.</summary>
internal static class LadderScreen
{
    public static void Show(Screen screen, LadderChart chart)
    {
        foreach (var (text, arrow) in LadderText.Draw(chart))
        {
            screen.Line(text, arrow is null ? null : ColourOf(arrow));
        }
    }

    private static Color ColourOf(LadderArrow arrow) =>
        arrow.IsLost ? Color.Red
        : arrow.Copy > 1 ? Color.Grey
        : arrow.Kind switch
        {
            LadderKind.Request => Color.Blue,
            LadderKind.Success => Color.Green,
            LadderKind.Provisional or LadderKind.Redirection => Color.Yellow,
            LadderKind.Failure => Color.Red,
            _ => Color.Grey,
        };
}
