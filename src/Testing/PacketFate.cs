namespace SipFun.Testing;

/// <summary>What became of a packet on its way.</summary>
public enum PacketFate
{
    /// <summary>It came.</summary>
    Delivered = 0,

    /// <summary>It was lost.</summary>
    Lost = 1,

    /// <summary>It came twice.</summary>
    Duplicated = 2,

    /// <summary>It came changed.</summary>
    Corrupted = 3,

    /// <summary>It was larger than the way allows, and the sender was told.</summary>
    TooBig = 4,

    /// <summary>Nobody listens there, and the sender was told.</summary>
    Refused = 5,

    /// <summary>The way is cut, or there is nothing at that address.</summary>
    Unreachable = 6,
}
