using AskTrust.Drp.Engine.Operations.Health;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>The containers of the plan, found once for all sections that want to know: each look costs the engine's program some starts.</summary>
internal sealed class MeantContainers : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<Task<IReadOnlyList<MeantContainer>>> _found;

    public MeantContainers(OperationContext context)
    {
        var services = new ServiceHealth(context, new HealthJudge(context));
        IsNamed = services.IsNamed;
        _found = new(() => Task.Run(() => services.FindAsync(_stop.Token)));
    }

    /// <summary>True when the plan names a container or project.</summary>
    public bool IsNamed { get; }

    /// <summary>Finds them, or waits for whoever does. Whoever waits no longer stops nobody else.</summary>
    public Task<IReadOnlyList<MeantContainer>> FindAsync(CancellationToken ct) => _found.Value.WaitAsync(ct);

    /// <summary>Stops the search, when it still goes on.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
