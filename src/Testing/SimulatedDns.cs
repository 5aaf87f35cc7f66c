using SipFun.Testing.Inside;

namespace SipFun.Testing;

/// <summary>The name server of a <see cref="SimulatedNetwork"/>: a zone in memory, and what goes wrong
/// with it.</summary>
public sealed class SimulatedDns : IDnsResolver
{
    private readonly Pump _pump;
    private readonly Chance _chance;
    private readonly Dictionary<string, DnsConditions> _byName = [];
    private DnsConditions _conditions = DnsConditions.Good;

    internal SimulatedDns(Pump pump, Chance chance) => (_pump, _chance) = (pump, chance);

    /// <summary>What is known.</summary>
    public StaticDnsResolver Zone { get; } = [];

    /// <summary>How well names are answered of which nothing else was said.</summary>
    /// <exception cref="ArgumentException">They make no sense.</exception>
    public DnsConditions Conditions
    {
        get => _conditions;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            _conditions = value;
        }
    }

    /// <summary>How many questions were asked.</summary>
    public int Questions { get; private set; }

    /// <summary>How well questions about one name are answered.</summary>
    /// <param name="name">The name, exactly as it is asked for.</param>
    /// <param name="conditions">Null: as <see cref="Conditions"/> has it.</param>
    /// <exception cref="ArgumentException">They make no sense.</exception>
    public void SetConditions(string name, DnsConditions? conditions)
    {
        ArgumentNullException.ThrowIfNull(name);
        conditions?.Validate();
        var normal = Core.QuestionModule.normal(name);

        if (conditions is null)
        {
            _byName.Remove(normal);
        }
        else
        {
            _byName[normal] = conditions;
        }
    }

    /// <inheritdoc />
    public async Task<DnsAnswer> QueryAsync(DnsQuestion question, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(question);
        Questions++;
        var conditions = _byName.GetValueOrDefault(question.Name, _conditions);
        var isSilent = _chance.Happens(conditions.Silence);
        var isFailed = _chance.Happens(conditions.ServFail);
        var isCut = _chance.Happens(conditions.Truncation);
        var delay = conditions.Delay + _chance.Upto(conditions.Jitter);

        if (isSilent || delay > TimeSpan.Zero)
        {
            var wait = isSilent ? Timeout.InfiniteTimeSpan : delay;
            await Pause.ForAsync(_pump, wait, cancel).ConfigureAwait(false);
        }

        if (isFailed)
        {
            return DnsAnswer.Failed(DnsStatus.ServFail);
        }

        var answer = await Zone.QueryAsync(question, cancel).ConfigureAwait(false);
        return isCut && answer.Records.Count > 1 ? DnsAnswer.Of([answer.Records[0]]) : answer;
    }
}
