namespace SipFun;

/// <summary>Which SipFun this is.</summary>
internal static class SipFunInfo
{
    /// <summary>The version of this assembly, as in the package.</summary>
    public static string Version { get; } =
        typeof(SipFunInfo).Assembly.GetName().Version!.ToString(3);
}
