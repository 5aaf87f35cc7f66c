namespace SipFun.Shell;

/// <summary>The keys of the domain map: "example.com", "*.example.com", "*".</summary>
internal static class DomainPatterns
{
    public static string Normal(string pattern) => pattern.Trim().TrimEnd('.').ToLowerInvariant();

    public static bool IsValid(string pattern)
    {
        var normal = Normal(pattern);
        var host = normal.StartsWith("*.", StringComparison.Ordinal) ? normal[2..] : normal;
        return normal == "*"
            || (host.Length > 0 && !host.Contains('*') && !host.Any(char.IsWhiteSpace));
    }
}
