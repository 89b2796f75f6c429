using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Engine.Operations.Health;

namespace AskTrust.Drp.Engine.Operations.Diagnostics;

/// <summary>Asks the container engine what the containers of the plan take, and what it keeps on its disk.</summary>
internal sealed class EngineLooks(OperationContext context, MeantContainers services)
{
    private readonly ContainerEngine _engine = new(context.Host);

    /// <summary>True when the plan has something to do with containers; then a silent engine is worth telling.</summary>
    public bool IsMeant => services.IsNamed || context.Plan.Components.Values.Any(c => c is VolumePlan or ComposePlan);

    /// <summary>What containers take. The engine looks twice, a second apart; meanwhile we find out which are meant.</summary>
    public async Task<ContainerLoadDiagnostics> LoadAsync(ContainerLoadDiagnostics blank, CancellationToken ct)
    {
        if (!services.IsNamed) return blank;
        Task<IReadOnlyList<MeantContainer>> finding = services.FindAsync(ct);
        Task<string> asking = _engine.RunAsync(ct, "stats", "--no-stream", "--no-trunc", "--format", EngineUse.LoadFormat);
        await Task.WhenAll(finding, asking).ConfigureAwait(false);
        (string Id, ContainerLoad Load)[] all = [.. Lines(await asking.ConfigureAwait(false)).Select(EngineUse.Load).OfType<(string, ContainerLoad)>()];
        // Podman shortens ids all the same.
        var meant = from c in await finding.ConfigureAwait(false) from l in all where l.Id.Length > 0 && c.Facts?.Id.StartsWith(l.Id, StringComparison.Ordinal) == true select l.Load with { Name = c.Name };
        return blank with { Containers = [.. meant.OrderByDescending(l => l.CpuPercent).ThenByDescending(l => l.Memory)] };
    }

    /// <summary>What the engine keeps.</summary>
    public async Task<EngineDiskDiagnostics> DiskAsync(EngineDiskDiagnostics blank, CancellationToken ct)
    {
        if (!IsMeant) return blank;
        string said = await _engine.RunAsync(ct, "system", "df", "--format", EngineUse.DiskFormat(_engine.Program)).ConfigureAwait(false);
        return blank with { Kinds = [.. Lines(said).Select(EngineUse.Disk).OfType<EngineDiskUse>()] };
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
