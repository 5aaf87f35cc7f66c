// The map and its deadlines are the core's (Locations); here are the lock, the clock and the alarm.
using System.Diagnostics;
using Microsoft.FSharp.Collections;
using SipFun.Shell;

namespace SipFun;

/// <summary>
/// Bindings in memory: gone when the process ends. Answers at once, always. What expires is removed
/// when its time comes, by one timer for all.
/// </summary>
public sealed class InMemoryLocationStore : ILocationStore, IDisposable
{
    private const int ExpiredPerRing = 1_000;

    private readonly int _maxAddresses;
    private readonly Clock _clock;
    private readonly Alarm _alarm;
    private readonly Lock _lock = new();
    private volatile Core.Locations<Binding> _locations = Core.Locations.empty<Binding>();
    private bool _disposed;

    /// <summary>An empty store.</summary>
    /// <param name="maxAddresses">How many addresses-of-record may have bindings at one time; default
    /// 100,000.</param>
    /// <param name="timeProvider">By which bindings expire; null: the system's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is less than 1.</exception>
    public InMemoryLocationStore(int maxAddresses = 100_000, TimeProvider? timeProvider = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxAddresses, 1);
        _maxAddresses = maxAddresses;
        _clock = new Clock(timeProvider ?? TimeProvider.System);
        _alarm = new Alarm(_clock, Expire);
    }

    /// <summary>Tells of bindings that expired, on the thread of a timer. What a handler throws is
    /// lost.</summary>
    public event Action<AddressOfRecord, IReadOnlyList<Binding>>? Expired;

    /// <summary>As <see cref="Expired"/>, in order with what is written: inside the lock, for what
    /// takes no time.</summary>
    internal event Action<AddressOfRecord, IReadOnlyList<Binding>>? ExpiredInOrder;

    /// <summary>How many addresses-of-record have bindings.</summary>
    public int Count => Core.Locations.size(_locations);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Binding>> LookupAsync(
        AddressOfRecord address,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(address);
        return new(Find(address));
    }

    /// <inheritdoc />
    public ValueTask<bool> UpdateAsync(
        AddressOfRecord address,
        Func<IReadOnlyList<Binding>, IReadOnlyList<Binding>?> change,
        CancellationToken cancel = default
    )
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(change);
        return new(Update(address, change, static () => { }));
    }

    /// <summary>Nothing expires any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _alarm.Dispose();
        }
    }

    /// <summary>What is bound now, without a task.</summary>
    internal IReadOnlyList<Binding> Find(AddressOfRecord address)
    {
        var now = _clock.Now;
        var leases = Core.Locations.find(now, address.ToString(), _locations);
        return leases.IsEmpty ? [] : [.. leases.Select(lease => Aged(lease, now))];
    }

    /// <summary>As <see cref="UpdateAsync"/>. What was written is told in order, inside the lock, to
    /// what takes no time.</summary>
    internal bool Update(
        AddressOfRecord address,
        Func<IReadOnlyList<Binding>, IReadOnlyList<Binding>?> change,
        Action written
    )
    {
        IReadOnlyList<Binding> over;

        lock (_lock)
        {
            over = Ended(Core.Locations.over(_clock.Now, address.ToString(), _locations));

            if (change(Find(address)) is not { } bindings)
            {
                return true;
            }

            var now = _clock.Now;
            var changed = Core.Locations.tryReplace(
                now,
                _maxAddresses,
                address.ToString(),
                ListModule.OfSeq(bindings.Select(binding => Dated(binding, now))),
                _locations
            );

            if (changed.IsNone)
            {
                return false;
            }

            Set(changed.Value);
            TellInOrder(address, over);
            written();
        }

        Tell(address, over);
        return true;
    }

    /// <summary>At most so many at a time: then the alarm is due at once, and others get the lock in
    /// between.</summary>
    private void Expire()
    {
        FSharpList<ValueTuple<string, FSharpList<Core.Lease<Binding>>>> ended;

        lock (_lock)
        {
            (var locations, ended) = Core.Locations.expire(_clock.Now, ExpiredPerRing, _locations);
            Set(locations);
            Each(ended, TellInOrder);
        }

        Each(ended, Tell);
    }

    private static void Each(
        FSharpList<ValueTuple<string, FSharpList<Core.Lease<Binding>>>> ended,
        Action<AddressOfRecord, IReadOnlyList<Binding>> tell
    )
    {
        foreach (var (address, leases) in ended)
        {
            tell(AddressOfRecord.Parse(address), Ended(leases));
        }
    }

    private static IReadOnlyList<Binding> Ended(FSharpList<Core.Lease<Binding>> leases) =>
        [.. leases.Select(lease => Aged(lease, lease.Until))];

    private void TellInOrder(AddressOfRecord address, IReadOnlyList<Binding> bindings) =>
        ExpiredInOrder?.Invoke(address, bindings);

    /// <summary>On a timer's thread: what a handler throws would end the process.</summary>
    private void Tell(AddressOfRecord address, IReadOnlyList<Binding> bindings)
    {
        try
        {
            if (bindings.Count > 0)
            {
                Expired?.Invoke(address, bindings);
            }
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Debug.WriteLine(exception);
        }
    }

    private void Set(Core.Locations<Binding> locations)
    {
        _locations = locations;

        if (!_disposed)
        {
            _alarm.Set(Core.Locations.alarm(locations));
        }
    }

    private static Binding Aged(Core.Lease<Binding> lease, long now) =>
        lease.Held with
        {
            ExpiresIn = TimeSpan.FromMilliseconds(lease.Until - now),
            Age = lease.Held.Age + TimeSpan.FromMilliseconds(now - lease.Since),
        };

    private static Core.Lease<Binding> Dated(Binding binding, long now) =>
        new(binding, now, now + Clock.Milliseconds(binding.ExpiresIn));
}
