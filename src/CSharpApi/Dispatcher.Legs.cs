using System.Net;

namespace SipFun;

public sealed partial class Dispatcher
{
    /// <summary>The legs there are now, in the order in which they were added.</summary>
    public IReadOnlyList<Leg> Legs => _engine.Legs.All;

    /// <summary>Adds a leg: it is bound, sends and receives when the task completes.</summary>
    /// <param name="leg">What it is made of.</param>
    /// <param name="cancel">Cancelled already: nothing is added.</param>
    /// <exception cref="ArgumentException">Its socket is another leg's.</exception>
    /// <exception cref="IOException">The address cannot be bound.</exception>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public Task<Leg> AddLegAsync(LegOptions leg, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(leg);
        ThrowIfDisposed();

        if (cancel.IsCancellationRequested)
        {
            return Task.FromCanceled<Leg>(cancel);
        }

        try
        {
            return Task.FromResult(_engine.Legs.Add(leg));
        }
        catch (IOException exception)
        {
            return Task.FromException<Leg>(exception);
        }
    }

    /// <summary>
    /// Removes a leg and closes its sockets. What is under way over it goes on over another where
    /// it can.
    /// </summary>
    /// <param name="leg">A leg of this dispatcher.</param>
    /// <param name="cancel">Ends the waiting, not the removal.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ObjectDisposedException">The dispatcher was disposed.</exception>
    public Task<bool> RemoveLegAsync(Leg leg, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(leg);
        ThrowIfDisposed();
        return leg.BelongsTo(_engine)
            ? _engine.Legs.RemoveAsync(leg).WaitAsync(cancel)
            : Task.FromResult(false);
    }

    /// <summary>The legs that fit. What is left out fits all.</summary>
    /// <param name="address">One of their local addresses.</param>
    /// <param name="port">Their local port.</param>
    /// <param name="transport">What carries messages there.</param>
    /// <param name="where">A condition of one's own, asked last.</param>
    public IReadOnlyList<Leg> GetLegs(
        IPAddress? address = null,
        int? port = null,
        Transport? transport = null,
        Func<Leg, bool>? where = null
    ) =>
        [
            .. _engine.Legs.All.Where(leg =>
                (address is null || Has(leg, address))
                && (port is null || leg.LocalEndPoint.Port == port)
                && (transport is null || leg.Transport == transport)
                && (where is null || where(leg))
            ),
        ];

    private static bool Has(Leg leg, IPAddress address) =>
        leg.LocalEndPoint.Address.Equals(address)
        || leg.LocalEndPoints.Any(local => local.Address.Equals(address));
}
