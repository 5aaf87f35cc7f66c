namespace SipFun;

/// <summary>The cases of <see cref="DeliveryOutcome"/>, to switch over.</summary>
public enum DeliveryOutcomeKind
{
    /// <summary>A final response came.</summary>
    Answered,

    /// <summary>It was sent, and no response is waited for.</summary>
    Sent,

    /// <summary>No response, or no final one, in time.</summary>
    TimedOut,

    /// <summary>No next hop was found.</summary>
    Unresolved,

    /// <summary>Every next hop refused, or could not be sent to.</summary>
    Unreachable,

    /// <summary>It was cancelled here.</summary>
    Cancelled,

    /// <summary>It was not taken on.</summary>
    Refused,

    /// <summary>The dispatcher was disposed.</summary>
    Disposed,
}
