namespace SipFun;

/// <summary>How a registration ended.</summary>
public enum RegistrationEndKind
{
    /// <summary>The binding was taken back, as asked.</summary>
    Unregistered = 0,

    /// <summary>It was not made, or could not be taken back: it ends when its time is over.</summary>
    Failed = 1,

    /// <summary>The agent or its dispatcher was disposed.</summary>
    Disposed = 2,
}
