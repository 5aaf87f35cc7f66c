// Which DNS server is asked next, and how long each has: all get their turn before the time of the
// question is up, so that dead ones in front cost time and no answer.
using DnsClient;

namespace SipFun;

/// <summary>Asks one server after the other, the one that answered last first.</summary>
internal sealed class DnsServers(LookupClient client, DnsClientOptions options)
{
    private volatile NameServer? _lastGood;

    /// <summary>The first answer that says something of the question; else the most telling
    /// failure.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, and no server failed.</exception>
    public async Task<DnsAnswer> AskAsync(DnsQuestion question, CancellationToken cancel)
    {
        var tally = new Tally([.. client.NameServers.OrderByDescending(one => one == _lastGood)]);
        var turn = Turn(tally.Silent.Count);

        try
        {
            for (var round = 0; round <= options.Retries && tally.Silent.Count > 0; round++)
            {
                if (
                    await RoundAsync(tally, question, turn, cancel).ConfigureAwait(false) is { } one
                )
                {
                    return one;
                }
            }
        }
        catch (OperationCanceledException) when (tally.Failure.Status != DnsStatus.TimedOut)
        {
            // The time was up while the silent ones were asked again.
        }

        return tally.Failure;
    }

    /// <summary>Each of those that were silent so far, until one answers.</summary>
    private async Task<DnsAnswer?> RoundAsync(
        Tally tally,
        DnsQuestion question,
        TimeSpan turn,
        CancellationToken cancel
    )
    {
        foreach (var server in tally.Silent.ToArray())
        {
            var answer = await TryAsync(server, question, turn, cancel).ConfigureAwait(false);

            if (answer.Status is DnsStatus.ServFail or DnsStatus.Refused)
            {
                tally.Failure = answer;
                tally.Silent.Remove(server);
            }
            else if (answer.Status != DnsStatus.TimedOut)
            {
                _lastGood = server;
                return answer;
            }
        }

        return null;
    }

    /// <summary>Who has said nothing so far, and what is told if nobody does better.</summary>
    private sealed class Tally(List<NameServer> silent)
    {
        public List<NameServer> Silent { get; } = silent;

        public DnsAnswer Failure { get; set; } = DnsAnswer.Failed(DnsStatus.TimedOut);
    }

    private TimeSpan Turn(int servers)
    {
        var share = options.AnswerWithin / Math.Max(1, servers);
        return share < options.TryWithin ? share : options.TryWithin;
    }

    private async Task<DnsAnswer> TryAsync(
        NameServer server,
        DnsQuestion question,
        TimeSpan turn,
        CancellationToken cancel
    )
    {
        using var limit = new CancellationTokenSource(turn, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        var asking = client.QueryAsync(
            new(question.Name, (QueryType)question.Type, QueryClass.IN),
            Options(server),
            either.Token
        );

        try
        {
            return DnsReading.ToAnswer(await asking.WaitAsync(either.Token).ConfigureAwait(false));
        }
#pragma warning disable CA1031 // What a server or the network does to us is an answer.
        catch (Exception fault)
#pragma warning restore CA1031
        {
            Observe(asking);
            cancel.ThrowIfCancellationRequested();
            var isLate = limit.IsCancellationRequested;
            return DnsAnswer.Failed(isLate ? DnsStatus.TimedOut : DnsReading.StatusOf(fault));
        }
    }

    /// <summary>Nobody waits for it any more: whatever it ends with is no unobserved
    /// fault.</summary>
    private static void Observe(Task asking) =>
        asking.ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );

    private DnsQueryAndServerOptions Options(NameServer server) =>
        new(server)
        {
            Timeout = options.AnswerWithin,
            Retries = 0,
            UseCache = false,
            UseTcpFallback = true,
            UseRandomNameServer = false,
            ThrowDnsErrors = false,
            ContinueOnDnsError = false,
            ContinueOnEmptyResponse = false,
        };
}
