// The core's queue beside the mutable structure for the same work: a new request and the answer to another.
using System.Diagnostics;
using System.Globalization;
using SipFun.Core;

namespace SipFun.Bench.Core;

/// <summary>New and cancel, with ticks and copies: the core's queue, then a dictionary and a wheel.</summary>
internal static class QueueRun
{
    private const int Rounds = 3;

    public static void Run(int[] sizes)
    {
        for (var warm = 0; warm < 3; warm++)
        {
            Churn(new CoreQueue(), 2_000);
            Churn(new Wheel(), 2_000);
        }

        foreach (var size in sizes)
        {
            var ours = new List<double>();
            var wheel = new List<double>();
            var ratios = new List<double>();
            for (var round = 0; round < Rounds; round++)
            {
                ours.Add(Churn(new CoreQueue(), size));
                wheel.Add(Churn(new Wheel(), size));
                ratios.Add(ours[^1] / wheel[^1]);
            }

            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{size} waiting: queue {Median(ours):F0} ns, dictionary and wheel {Median(wheel):F0} ns, "
                        + $"ratio {Median(ratios):F2} ({ratios.Min():F2} to {ratios.Max():F2})"
                )
            );
        }
    }

    private static double Median(List<double> all) => all.Order().ElementAt(all.Count / 2);

    /// <summary>A request lives a quarter of a second on average; its first copy is due after a half.</summary>
    private static double Churn(IQueue queue, int size)
    {
        var chance = new Random(1);
        var live = Enumerable.Range(0, size).Select(number => (long)number).ToArray();
        for (var i = 0; i < size; i++)
        {
            queue.Add(i, 251 + (i * 250L / size));
        }

        GC.Collect();
        var perMillisecond = Math.Max(1, size / 250);
        var operations = Math.Max(200_000, size);
        var now = 0L;
        var start = Stopwatch.GetTimestamp();
        for (var i = 1; i <= operations; i++)
        {
            var slot = chance.Next(size);
            queue.Remove(live[slot]);
            live[slot] = size + i;
            queue.Add(size + i, now + 500);
            if (i % perMillisecond == 0)
            {
                queue.Tick(++now);
            }
        }

        return Stopwatch.GetElapsedTime(start).TotalNanoseconds / operations;
    }

    private interface IQueue
    {
        void Add(long number, long due);
        void Remove(long number);
        void Tick(long now);
    }

    /// <summary>What waits: as large as what the prototype's queues were measured with.</summary>
    private sealed class Request(long number, long due, int tries)
    {
        public long Number => number;

        public long Due => due;

        public Request Next(long now) =>
            new(number, now + (500L << Math.Min(3, tries + 1)), tries + 1);
    }

    private sealed class CoreQueue : IQueue
    {
        private SipFun.Core.Queue<Request> _queue = SipFun.Core.Queue.empty<Request>();

        public void Add(long number, long due) => Set(new Request(number, due, 0));

        public void Remove(long number) => _queue = SipFun.Core.Queue.remove(number, _queue);

        public void Tick(long now)
        {
            while (SipFun.Core.Queue.tryDue(now, _queue) is { IsSome: true } due)
            {
                Set(SipFun.Core.Queue.tryFind(due.Value, _queue).Value.Value.Next(now));
            }
        }

        private void Set(Request request) =>
            _queue = SipFun.Core.Queue.set(request.Number, request.Due, request, _queue);
    }

    /// <summary>In a slot of the wheel, between its neighbours.</summary>
    private sealed class Spoke
    {
        public Spoke(Request? request) => (Request, Before, After) = (request, this, this);

        public Request? Request { get; set; }

        public Spoke Before { get; private set; }

        public Spoke After { get; private set; }

        public void PutBefore(Spoke slot)
        {
            (Before, After) = (slot.Before, slot);
            Before.After = this;
            slot.Before = this;
        }

        public void TakeOut() => (Before.After, After.Before) = (After, Before);
    }

    private sealed class Wheel : IQueue
    {
        private const int Slots = 4096;
        private readonly Dictionary<long, Spoke> _byNumber = [];
        private readonly Spoke[] _slots =
        [
            .. Enumerable.Range(0, Slots).Select(_ => new Spoke(null)),
        ];
        private long _cursor;

        public void Add(long number, long due)
        {
            var spoke = new Spoke(new Request(number, due, 0));
            _byNumber[number] = spoke;
            spoke.PutBefore(_slots[due % Slots]);
        }

        public void Remove(long number)
        {
            if (_byNumber.Remove(number, out var spoke))
            {
                spoke.TakeOut();
            }
        }

        public void Tick(long now)
        {
            while (_cursor < now)
            {
                var slot = _slots[++_cursor % Slots];
                for (var spoke = slot.After; spoke != slot; )
                {
                    var next = spoke.After;
                    if (spoke.Request!.Due <= _cursor)
                    {
                        spoke.TakeOut();
                        spoke.Request = spoke.Request.Next(now);
                        spoke.PutBefore(_slots[spoke.Request.Due % Slots]);
                    }

                    spoke = next;
                }
            }
        }
    }
}
