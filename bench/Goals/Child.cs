// A process that is measured, or that measures: bound to one core, ended by its number.
using System.Diagnostics;

namespace SipFun.Bench.Goals;

/// <summary>One program while it runs, with what it has used.</summary>
internal sealed class Child : IDisposable
{
    /// <summary>Of the kernel's clock ticks, as /proc counts them.</summary>
    private const double TicksPerSecond = 100;

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private Child(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    public bool HasEnded => _process.HasExited;

    /// <summary>User and system time so far, in seconds.</summary>
    public double Cpu
    {
        get
        {
            var words = Read("stat").Split(')')[^1].Split(' ');
            return (double.Parse(words[12]) + double.Parse(words[13])) / TicksPerSecond;
        }
    }

    /// <summary>The most memory it ever held, in MiB.</summary>
    public double PeakMiB =>
        double.Parse(
            Read("status")
                .Split('\n')
                .First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))
                .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1]
        ) / 1024;

    public static Child Start(int core, string command, params string[] arguments)
    {
        var start = new ProcessStartInfo("taskset")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        foreach (var word in (string[])["-c", $"{core}", command, .. arguments])
        {
            start.ArgumentList.Add(word);
        }

        return new Child(Process.Start(start)!);
    }

    /// <summary>To its end; what it wrote.</summary>
    public static string Run(int core, string command, params string[] arguments)
    {
        using var child = Start(core, command, arguments);
        return child.Output();
    }

    /// <summary>Waits for its end; what it wrote.</summary>
    public string Output()
    {
        _process.WaitForExit();
        var errors = _errors.Result;

        if (_process.ExitCode != 0 && errors.Length > 0)
        {
            Console.Error.WriteLine(errors);
        }

        return _output.Result;
    }

    /// <summary>SIGTERM; what it wrote.</summary>
    public string End()
    {
        if (!_process.HasExited)
        {
            using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
            kill.WaitForExit();
        }

        return Output();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private string Read(string name) => File.ReadAllText($"/proc/{_process.Id}/{name}");
}
