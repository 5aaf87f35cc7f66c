using System.Globalization;
using Spectre.Console;

namespace SipFun.Cli;

/// <summary>
/// What a person or a script reads: colours and frames on a terminal, plain text elsewhere. What
/// came from the network is made printable before it is shown.
/// </summary>
internal sealed class Screen(TextWriter output, TextWriter error, bool isTerminal)
{
    private readonly Lock _lock = new();
    private readonly IAnsiConsole? _terminal = isTerminal
        ? AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) })
        : null;

    public TextWriter Output => output;

    public TextWriter Error => error;

    public static Screen OfConsole() =>
        new(Console.Out, Console.Error, isTerminal: !Console.IsOutputRedirected);

    /// <summary>One line of foreign or own text.</summary>
    public void Line(string text = "", Color? colour = null)
    {
        var line = Printable.Line(text);

        lock (_lock)
        {
            if (_terminal is null || colour is null)
            {
                output.WriteLine(line);
            }
            else
            {
                _terminal.Write(new Text(line, colour));
                _terminal.WriteLine();
            }
        }
    }

    /// <summary>Several lines, as <c>Explain()</c> gives them.</summary>
    public void Lines(string text, string indent = "")
    {
        foreach (var line in text.TrimEnd().Split('\n'))
        {
            Line(indent + line.TrimEnd());
        }
    }

    /// <summary>Rows under their headings.</summary>
    public void Table(string[] headings, IReadOnlyList<string[]> rows)
    {
        if (_terminal is not null)
        {
            var table = new Table().Border(TableBorder.Rounded).AddColumns(headings);
            rows.ToList().ForEach(row => table.AddRow([.. row.Select(cell => new Text(cell))]));
            lock (_lock)
            {
                _terminal.Write(table);
            }

            return;
        }

        string[][] all = [headings, .. rows];
        var widths = headings.Select((_, column) => all.Max(row => row[column].Length)).ToArray();

        foreach (var row in all)
        {
            Line(
                string.Join("  ", row.Zip(widths, (cell, width) => cell.PadRight(width))).TrimEnd()
            );
        }
    }

    /// <summary>One line on stderr; the command goes on.</summary>
    public void Warn(string advice) =>
        error.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"sipfun: {Printable.Line(advice)}")
        );

    /// <summary>One line on stderr, and the exit code.</summary>
    public int Fail(int exitCode, string advice)
    {
        Warn(advice);
        return exitCode;
    }
}
