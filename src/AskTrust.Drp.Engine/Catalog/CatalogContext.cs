using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What everything in this room needs: one plan, its repositories and the outside world.</summary>
internal sealed record CatalogContext
{
    /// <summary>Path of the plan, for results.</summary>
    public required string PlanPath { get; init; }

    /// <summary>Key names of the plan.</summary>
    public required Keys Keys { get; init; }

    /// <summary>The plan's repositories, in its order.</summary>
    public required IReadOnlyList<IRepository> Repositories { get; init; }

    /// <summary>The outside world.</summary>
    public required HostContext Host { get; init; }

    /// <summary>Tool and version, for what is written.</summary>
    public required string Tool { get; init; }

    /// <summary>Checks the detached signature of a manifest; null when the plan pins no signing key.</summary>
    public SignatureCheck? Signature { get; init; }

    /// <summary>Folder of this plan in the state directory.</summary>
    public string StateFolder => Path.Combine(Host.Temp.StateDirectory, Keys.Plan);

    /// <summary>Repositories that are written to.</summary>
    public IEnumerable<IRepository> Writable => Repositories.Where(r => !r.IsReadOnly);
}

/// <summary>Checks a detached OpenPGP signature against the key that the plan pins.</summary>
/// <param name="bytes">What was signed.</param>
/// <param name="signature">The signature.</param>
/// <param name="ct">Cancels.</param>
/// <returns>Null when the signature is good and of the pinned key; else what is wrong with it.</returns>
internal delegate Task<string?> SignatureCheck(ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> signature, CancellationToken ct);
