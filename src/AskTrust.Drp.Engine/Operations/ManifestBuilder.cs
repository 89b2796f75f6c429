using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Puts together what the manifest of a set says (row D7).</summary>
internal sealed class ManifestBuilder(OperationContext context, BackupOptions options, PhaseClock phases)
{
    public async Task<SealedManifest> BuildAsync(
        SetId id, JobPlan? job, IReadOnlyList<ComponentFacts> facts, IReadOnlyList<BackupArtifact> artifacts, IEncryption? encryption,
        IReadOnlyList<string> warnings, IReadOnlyList<string> errors, CancellationToken ct)
    {
        HostFacts host = await HostFacts.CollectAsync(context.Host.Processes, ct).ConfigureAwait(false);
        return SealedManifest.Seal(new Manifest
        {
            Format = Chains.Of(facts) is not null ? Manifest.Chained : Manifest.Alone,
            Id = id.ToString(),
            Kind = id.Kind,
            Plan = context.Plan.Name,
            Started = phases.Started,
            Ended = phases.Started + phases.Elapsed,
            Seconds = Math.Round(phases.Elapsed.TotalSeconds, 3),
            Skew = SetSkew.Of(facts)?.TotalSeconds,
            Size = artifacts.Sum(a => a.Size),
            PlainSize = artifacts.Sum(a => a.PlainSize),
            Encrypted = encryption is not null,
            Reason = options.Reason,
            Job = job?.Name,
            Pinned = options.Pin,
            BaseSet = Chains.Newest(Chains.Of(facts)),
            Host = host.Name,
            Os = host.OperatingSystem,
            User = host.User,
            Tool = context.Catalog.Tool,
            Docker = host.Docker,
            Application = await ApplicationAsync(ct).ConfigureAwait(false),
            Encryption = encryption is null ? null : new ManifestEncryption("openpgp", encryption.Recipients, encryption.Recipients.Count == 0),
            Warnings = [.. warnings],
            Errors = [.. errors],
            Components = [.. facts],
            Artifacts = [.. artifacts],
        });
    }

    /// <summary>Version and commit may be given as references, so that a deployment need not edit the plan.</summary>
    private async Task<ManifestApplication?> ApplicationAsync(CancellationToken ct) =>
        context.Plan.Application is { } application
            ? new ManifestApplication(await ResolveAsync(application.Version, ct).ConfigureAwait(false), await ResolveAsync(application.Commit, ct).ConfigureAwait(false))
            : null;

    private async Task<string?> ResolveAsync(string? text, CancellationToken ct)
    {
        if (!SecretReference.TryParse(text, out var reference)) return text;
        // The same references, but no secret: with the run's own redactor every “1.2” in a message would turn into stars.
        var resolver = new SecretResolver(context.Host.Processes, new Redactor(), context.Host.Observer, null);
        return (await resolver.ResolveAsync(reference!, ct).ConfigureAwait(false)).Reveal();
    }
}
