namespace SipFun;

/// <summary>
/// The location service (RFC 3261, 10): who is bound where. The <see cref="Registrar"/> writes it,
/// proxies and redirectors read it. <see cref="InMemoryLocationStore"/> is one; a data base can be
/// another. All members may be called from any thread.
/// </summary>
public interface ILocationStore
{
    /// <summary>The bindings of an address that have not expired.</summary>
    /// <param name="address">Whose.</param>
    /// <param name="cancel">Stops the waiting.</param>
    /// <returns>
    /// In the order in which they were written, which is by falling <see cref="Binding.Q"/>, and among
    /// equals the latest first. None: an empty list. What is there at once is returned completed: then
    /// the caller goes on in the same turn.
    /// </returns>
    ValueTask<IReadOnlyList<Binding>> LookupAsync(
        AddressOfRecord address,
        CancellationToken cancel = default
    );

    /// <summary>
    /// Changes the bindings of an address in one piece: nobody writes between what
    /// <paramref name="change"/> is given and what it returns.
    /// </summary>
    /// <param name="address">Whose.</param>
    /// <param name="change">
    /// Gets the bindings that have not expired, and returns all that are to be there from now on, or
    /// null to leave them as they are. It waits for nothing, and may be called more than once (by a
    /// store that tries again after somebody else wrote): the last call counts.
    /// </param>
    /// <param name="cancel">Stops the waiting.</param>
    /// <returns>False: the store is full, and nothing was changed.</returns>
    ValueTask<bool> UpdateAsync(
        AddressOfRecord address,
        Func<IReadOnlyList<Binding>, IReadOnlyList<Binding>?> change,
        CancellationToken cancel = default
    );

    /// <summary>
    /// Tells of bindings that expired, soon after they did. A store that cannot tell never raises it.
    /// </summary>
    event Action<AddressOfRecord, IReadOnlyList<Binding>>? Expired;
}
