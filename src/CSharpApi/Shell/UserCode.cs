namespace SipFun.Shell;

/// <summary>What is needed wherever the user's code is called.</summary>
internal sealed record UserCode(
    Platform Platform,
    Visits Visits,
    Counters Counters,
    Log Log,
    int CallbackQueue
);
