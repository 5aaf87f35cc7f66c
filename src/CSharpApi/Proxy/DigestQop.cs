namespace SipFun;

/// <summary>What a digest protects (RFC 7616, 3.3).</summary>
public enum DigestQop
{
    /// <summary><c>auth</c>: the method and the Request-URI.</summary>
    Auth,

    /// <summary><c>auth-int</c>: the body too. Some clients cannot, and proxies that change bodies
    /// break it.</summary>
    AuthInt,
}
