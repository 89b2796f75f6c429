namespace AskTrust.Drp.Bench;

/// <summary>The runs of one subject; they are interleaved with those of the others, so that a noisy minute hurts all alike.</summary>
internal sealed class Series(string name)
{
    private readonly List<Measured> _runs = [];

    /// <summary>What was measured.</summary>
    public string Name => name;

    /// <summary>True when it was run.</summary>
    public bool Any => _runs.Count > 0;

    /// <summary>Median wall time.</summary>
    public double Seconds => _runs.Select(r => r.Seconds).Order().ElementAt(_runs.Count / 2);

    /// <summary>Median processor time.</summary>
    public double CpuSeconds => _runs.Select(r => r.CpuSeconds).Order().ElementAt(_runs.Count / 2);

    /// <summary>Fastest and slowest.</summary>
    public (double Least, double Most) Span => (_runs.Min(r => r.Seconds), _runs.Max(r => r.Seconds));

    /// <summary>Highest peak of the program itself.</summary>
    public long OwnPeak => _runs.Max(r => r.Own.Peak);

    /// <summary>Processor time of the program itself, median.</summary>
    public double OwnCpuSeconds => _runs.Select(r => r.Own.CpuSeconds).Order().ElementAt(_runs.Count / 2);

    /// <summary>Most that each program it started took.</summary>
    public IReadOnlyDictionary<string, Share> Programs =>
        _runs.SelectMany(r => r.Programs).GroupBy(p => p.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => new Share(g.Max(p => p.Value.Peak), g.Max(p => p.Value.CpuSeconds)), StringComparer.Ordinal);

    /// <summary>Adds a run.</summary>
    public void Add(Measured run)
    {
        _runs.Add(run);
        Console.WriteLine($"  {name,-52} {run.Seconds,8:0.00} s   cpu {run.CpuSeconds,8:0.00} s   peak {run.Own.Peak / 1048576.0,6:0} MiB");
    }
}
