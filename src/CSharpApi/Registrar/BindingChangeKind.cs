namespace SipFun;

/// <summary>What became of a <see cref="Binding"/>.</summary>
public enum BindingChangeKind
{
    /// <summary>It is new.</summary>
    Added,

    /// <summary>It was registered again: for longer, or otherwise.</summary>
    Refreshed,

    /// <summary>A REGISTER took it away.</summary>
    Removed,

    /// <summary>Its time came, and nobody had refreshed it.</summary>
    Expired,
}
