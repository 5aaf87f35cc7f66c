// What waits to be written to one connection: bounded, in order, one writer at a time. Whoever puts
// something in never waits; the pool writes.
namespace SipFun.Shell;

/// <summary>The queue in front of one connection, and its writer.</summary>
internal sealed class Outbox(IPipe pipe, Connection connection, StreamLink link)
    : IThreadPoolWorkItem
{
    private readonly record struct Item(What What, ReadOnlyMemory<byte> Packet, long Report);

    private enum What
    {
        Packet,
        Ping,
        Pong,
        End,
    }

    private const long Silent = long.MinValue;
    private const long Nothing = -1;

    private readonly Queue<Item> _items = new();
    private readonly LegOptions _options = link.Options;
    private readonly Promise _done = new(link.Platform);
    private int _bytes;
    private bool _running;
    private bool _closed;
    private long _writingSince = Nothing;

    /// <summary>Completes when nothing more is written, after it was closed.</summary>
    public Task Done => _done.Task;

    /// <summary>Whether something is being written, or waits to be.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_items)
            {
                return _running;
            }
        }
    }

    /// <summary>For how many milliseconds one writing has lasted; 0: none is under way.</summary>
    public long WritingFor(long now) =>
        Volatile.Read(ref _writingSince) is var since and not Nothing ? now - since : 0;

    /// <summary>False: as much waits as may. A closed one takes everything, for nobody.</summary>
    public bool TrySend(long number, ReadOnlyMemory<byte> packet, bool report)
    {
        lock (_items)
        {
            var isFull =
                _items.Count >= _options.WriteQueue
                || (_items.Count > 0 && _bytes > _options.WriteQueueBytes - packet.Length);

            if (!isFull || _closed)
            {
                Add(new Item(What.Packet, packet, report ? number : Silent));
            }

            return !isFull || _closed;
        }
    }

    public void Ping()
    {
        lock (_items)
        {
            Add(new Item(What.Ping, default, Silent));
        }
    }

    /// <summary>One for each ping; what a peer that never reads would pile up is dropped.</summary>
    public void Pong()
    {
        lock (_items)
        {
            if (_items.Count < _options.WriteQueue)
            {
                Add(new Item(What.Pong, default, Silent));
            }
        }
    }

    /// <summary>Takes nothing more on. What is there is written, with a goodbye, or not.</summary>
    public void Close(bool flushes)
    {
        lock (_items)
        {
            if (!flushes)
            {
                _items.Clear();
            }

            if (!_closed && flushes)
            {
                Add(new Item(What.End, default, Silent));
            }

            _closed = true;

            if (!_running)
            {
                _done.Set();
            }
        }
    }

    void IThreadPoolWorkItem.Execute() => _ = WriteAllAsync();

    private void Add(Item item)
    {
        if (_closed)
        {
            return;
        }

        _items.Enqueue(item);
        _bytes += item.Packet.Length;

        if (!_running)
        {
            _running = true;
            link.Platform.Queue(this);
        }
    }

    private async Task WriteAllAsync()
    {
        try
        {
            while (TryNext(out var item))
            {
                Volatile.Write(ref _writingSince, link.Now);
                await WriteAsync(item).ConfigureAwait(false);
                Volatile.Write(ref _writingSince, Nothing);
                connection.Written(item.Report == Silent ? null : item.Report);
            }
        }
        catch (Exception exception)
        {
            connection.Stop(Ending.OfStream(exception));
            Close(flushes: false);
            _done.Set();
        }
    }

    private ValueTask WriteAsync(Item item) =>
        item.What switch
        {
            What.Packet => pipe.WriteAsync(item.Packet, connection.Stopping),
            What.Ping => pipe.PingAsync(connection.Stopping),
            What.Pong => pipe.PongAsync(connection.Stopping),
            _ => pipe.EndAsync(connection.Stopping),
        };

    private bool TryNext(out Item item)
    {
        lock (_items)
        {
            if (_items.TryDequeue(out item))
            {
                _bytes -= item.Packet.Length;
                return true;
            }

            _running = false;

            if (_closed)
            {
                _done.Set();
            }

            return false;
        }
    }
}
