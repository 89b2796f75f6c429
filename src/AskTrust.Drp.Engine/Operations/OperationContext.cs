using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>What every verb works with, wired by Composition for one open plan.</summary>
internal sealed record OperationContext
{
    /// <summary>The plan.</summary>
    public required DrpPlan Plan { get; init; }

    /// <summary>The outside world.</summary>
    public required HostContext Host { get; init; }

    /// <summary>The plan's repositories and key names.</summary>
    public required CatalogContext Catalog { get; init; }

    /// <summary>The ledger.</summary>
    public required EvidenceLedger Evidence { get; init; }

    /// <summary>OpenPGP for one run; the run disposes it.</summary>
    public required Func<IEncryption> Encryption { get; init; }

    /// <summary>Signs manifests; null when the plan names no signing key.</summary>
    public ISignatures? Signatures { get; init; }

    /// <summary>The source behind a component of the plan, for sets of a kind.</summary>
    public required Func<ComponentPlan, string, IComponentSource> Source { get; init; }

    /// <summary>Asks the operator; null = nobody is there.</summary>
    public Func<string, CancellationToken, Task<bool>>? Ask { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Clock => Host.Clock;

    /// <summary>Where restores are remembered.</summary>
    public string RestoresFolder => Path.Combine(Catalog.StateFolder, "restores");
}
