namespace AskTrust.Drp.Engine.Operations;

/// <summary>Measures the phases of a run one after another, by a clock that nobody can set.</summary>
internal sealed class PhaseClock(TimeProvider clock)
{
    private readonly long _start = clock.GetTimestamp();
    private readonly List<PhaseTiming> _phases = [];

    /// <summary>When the run began (UTC).</summary>
    public DateTimeOffset Started { get; } = clock.GetUtcNow();

    /// <summary>Phases measured so far.</summary>
    public IReadOnlyList<PhaseTiming> Phases => _phases;

    /// <summary>Time since the run began.</summary>
    public TimeSpan Elapsed => clock.GetElapsedTime(_start);

    /// <summary>Runs a phase and remembers how long it took, also when it fails.</summary>
    public async Task<T> MeasureAsync<T>(string name, Func<Task<T>> phase)
    {
        long start = clock.GetTimestamp();
        try
        {
            return await phase().ConfigureAwait(false);
        }
        finally
        {
            Add(name, clock.GetElapsedTime(start));
        }
    }

    /// <inheritdoc cref="MeasureAsync{T}"/>
    public Task MeasureAsync(string name, Func<Task> phase) => MeasureAsync(name, async () =>
    {
        await phase().ConfigureAwait(false);
        return true;
    });

    /// <summary>Adds a phase that was measured elsewhere.</summary>
    public void Add(string name, TimeSpan elapsed, long? bytes = null) => _phases.Add(new PhaseTiming(name, elapsed, bytes));
}
