// What the runner needs beside itself: programs of others in ../shared/bench, which are copied and built;
// C peers of our own; the command `sipfun` as a native program; a bare program, published with ReadyToRun.
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace SipFun.Bench.Goals;

/// <summary>Where everything lies. Built once a run.</summary>
internal sealed partial class Workshop
{
    private int _port = 42_000;

    public Workshop()
    {
        Root = AppContext.BaseDirectory;

        while (!File.Exists(Path.Combine(Root, "SipFun.sln")))
        {
            Root =
                Path.GetDirectoryName(Root)
                ?? throw new InvalidOperationException("Run it from within the repository.");
        }

        Folder = Directory.CreateDirectory(Path.Combine(Root, "artifacts", "goals")).FullName;
        Peers = Path.Combine(Folder, "peers");
        Shell("gcc", "-O2", "-o", Peers, Path.Combine(Root, "bench", "Goals", "peers.c"));
        Anchors = TakeAnchors();
        Sipfun = Path.Combine(
            Publish("src/Cli/Cli.csproj", "sipfun", "-p:PublishProfile=native"),
            "SipFun.Cli"
        );
        Bare = Path.Combine(
            Publish(
                "bench/Bare/Bare.csproj",
                "bare",
                "-p:PublishReadyToRun=true",
                "--no-self-contained"
            ),
            "Bare"
        );
    }

    public string Root { get; }

    /// <summary>For what is written on the way.</summary>
    public string Folder { get; }

    /// <summary>The C programs of peers.c.</summary>
    public string Peers { get; }

    /// <summary>The scripts of ../shared/bench, ready to run; null: there are none.</summary>
    public string? Anchors { get; }

    public string Sipfun { get; }

    public string Bare { get; }

    /// <summary>This program itself, for a measurement in a process of its own.</summary>
    public static string Self => Environment.ProcessPath!;

    /// <summary>A port that nobody had before in this run.</summary>
    public int Port() => _port += 10;

    /// <summary>Runs a command to its end; what it wrote.</summary>
    public static string Shell(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException(
                $"{command} {string.Join(' ', arguments)}: {process.ExitCode}\n{output}"
            );
    }

    /// <summary>The number behind a word of the form name=123.4.</summary>
    public static double Value(string text, string name) =>
        Word().Matches(text).LastOrDefault(word => word.Groups[1].Value == name) is { } found
            ? double.Parse(found.Groups[2].Value)
            : double.NaN;

    private string Publish(string project, string name, params string[] how)
    {
        var folder = Path.Combine(Folder, name);
        string[] words =
        [
            "publish",
            Path.Combine(Root, project),
            "--configuration",
            "Release",
            "--use-current-runtime",
            "--output",
            folder,
            "--verbosity",
            "quiet",
            .. how,
        ];
        Shell("dotnet", words);
        return folder;
    }

    private string? TakeAnchors()
    {
        var source = Path.Combine(Root, "..", "shared", "bench");

        if (!Directory.Exists(source))
        {
            return null;
        }

        var folder = Path.Combine(Folder, "anchors");
        Directory.CreateDirectory(folder);
        Shell("cp", "-r", Path.Combine(source, "."), folder);
        var relay = Path.Combine(folder, "span-relay");
        Shell("dotnet", "build", relay, "-c", "Release", "-o", $"{relay}/out", "-v", "quiet");
        var echo = Path.Combine(folder, "udp-echo");
        Shell("gcc", "-O2", "-o", Path.Combine(Folder, "echo"), Path.Combine(echo, "echo.c"));
        return folder;
    }

    [GeneratedRegex(@"(\w+)=(-?[\d.]+)")]
    private static partial Regex Word();
}
