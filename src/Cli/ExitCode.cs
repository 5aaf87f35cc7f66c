namespace SipFun.Cli;

/// <summary>What the command says to a script.</summary>
internal static class ExitCode
{
    /// <summary>A 2xx, or success.</summary>
    public const int Success = 0;

    /// <summary>A final response that is no 2xx.</summary>
    public const int OtherAnswer = 1;

    /// <summary>Timed out, unresolved or unreachable: no final response.</summary>
    public const int NoAnswer = 2;

    /// <summary>Wrong usage (EX_USAGE of sysexits.h).</summary>
    public const int Usage = 64;
}
