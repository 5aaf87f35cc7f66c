namespace SipFun.Bench.Goals;

/// <summary>One C recvfrom and sendto: what several goals are measured beside.</summary>
internal static class EchoAnchor
{
    private const int Bytes = 450;

    /// <summary>CPU, in microseconds, of one datagram and its answer, of any server that echoes. What
    /// else the server says at its end comes with it.</summary>
    public static (double Cost, string Said) Measure(
        Workshop shop,
        int port,
        int seconds,
        string command,
        params string[] arguments
    )
    {
        using var server = Child.Start(1, command, arguments);
        Thread.Sleep(1000);
        Load(shop, port, 3);
        var before = server.Cpu;
        var said = Load(shop, port, seconds);
        var used = server.Cpu - before;
        return (used * 1e6 / Workshop.Value(said, "ops"), server.End());
    }

    public static double Measure(Workshop shop, int seconds)
    {
        var port = shop.Port();
        return Measure(shop, port, seconds, Echo(shop), "server", "single", $"{port}").Cost;
    }

    private static string Load(Workshop shop, int port, int seconds) =>
        Child.Run(0, Echo(shop), "client", $"{port}", $"{Bytes}", "64", $"{seconds}");

    private static string Echo(Workshop shop) => Path.Combine(shop.Folder, "echo");
}
