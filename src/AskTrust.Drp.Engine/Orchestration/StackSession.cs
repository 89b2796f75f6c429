using System.Security.Cryptography;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Orchestration;

/// <summary>The services of a plan during a restore of everything: which stand still, which must run for it, and that all come back.</summary>
/// <param name="host">The host.</param>
/// <param name="place">The project.</param>
/// <param name="served">Services that a restore goes through.</param>
/// <param name="proxy">Service that shows the maintenance page meanwhile; null = none.</param>
/// <param name="options">Time limits.</param>
internal sealed class StackSession(HostContext host, StackPlace place, IReadOnlyCollection<string> served, string? proxy, SystemRestoreOptions options)
{
    private StackPlace _place = place;
    private readonly StackMoves _moves = new(host);
    private readonly ComposeServices _services = new(host);
    private readonly byte[]? _fileBefore = FingerprintOf(place.Files);

    /// <summary>Name of the project.</summary>
    public string Project => _place.Project ?? "";

    /// <summary>As it stood at first; null when it had no containers.</summary>
    public ComposeStack? Before { get; } = place.Stack;

    /// <summary>True when services of it, or all, have no containers.</summary>
    public bool IsGone { get; } = place.Stack is not { } stack || served.Any(s => stack.Services.All(x => x.Name != s));

    /// <summary>Services that stand still during the restore, in the order in which they start.</summary>
    public IReadOnlyList<ComposeService> Still => options.NoStop || Before is null ? [] : [.. Before.Services.Where(s => s.Name != proxy && !served.Contains(s.Name, StringComparer.Ordinal))];

    /// <summary>Stops them.</summary>
    public Task StopAsync(CancellationToken ct) => _moves.StopAsync(Still, options.StopTimeout, (service, _) => host.Say(DrpEventLevel.Information, Text.Of(OrchestrationTexts.Stopped, service.Name)), ct);

    /// <summary>Starts again what ran at first.</summary>
    public Task BringBackAsync() => Before is null ? Task.CompletedTask : _moves.BringBackAsync(Before.Services);

    /// <summary>Makes the containers, of a file that may just have been restored.</summary>
    public async Task MakeAsync(CancellationToken ct) => _place = await _place.MakeAsync(host, ct).ConfigureAwait(false);

    /// <summary>Starts what a restore goes through, and waits until it is well.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: one does not come up.</exception>
    public async Task ServeAsync(CancellationToken ct)
    {
        ComposeStack stack = await NowAsync(ct).ConfigureAwait(false);
        var outcomes = await _moves.StartAsync(stack.Select([.. served]), stack, options.HealthTimeout, ct).ConfigureAwait(false);
        if (outcomes.FirstOrDefault(o => o.Error is not null) is { } failed) throw failed.Error!;
    }

    /// <summary>True when the Compose file is not what it was: then containers have to be made of what it says now.</summary>
    public bool FileChanged => _fileBefore is not null && FingerprintOf(_place.Files) is { } now && !now.AsSpan().SequenceEqual(_fileBefore);

    /// <summary>Starts all services in order, each when what it needs is well.</summary>
    public async Task<IReadOnlyList<ServiceOutcome>> StartAsync(CancellationToken ct)
    {
        ComposeStack stack = await NowAsync(ct).ConfigureAwait(false);
        var outcomes = await _moves.StartAsync(stack.Services, stack, options.HealthTimeout, ct).ConfigureAwait(false);
        ComposeStack after = await NowAsync(ct).ConfigureAwait(false);
        return
        [
            .. stack.Services.Zip(outcomes, (service, outcome) => new ServiceOutcome
            {
                Service = service.Name, Status = outcome.Skipped ? RunStatus.Skipped : outcome.Error is null ? RunStatus.Succeeded : RunStatus.Failed,
                Before = Snapshots.Of(service.Name, Before?.Services.FirstOrDefault(s => s.Name == service.Name)?.Containers ?? []), After = Snapshots.Of(service.Name, after.Service(service.Name).Containers),
                Start = outcome.Skipped ? null : outcome.Elapsed, Message = outcome.Error?.Message,
            }),
        ];
    }

    private Task<ComposeStack> NowAsync(CancellationToken ct) => _services.ReadAsync(Project, ct);

    private static byte[]? FingerprintOf(IReadOnlyList<string> files) => files.Count == 0 ? null : SHA256.HashData(files.SelectMany(File.ReadAllBytes).ToArray());
}
