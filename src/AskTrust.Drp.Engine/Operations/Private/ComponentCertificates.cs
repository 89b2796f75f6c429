using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Volumes;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Files;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Private;

/// <summary>The certificates of a component, whatever keeps them: files of this machine, or a Docker volume.</summary>
internal static class ComponentCertificates
{
    /// <summary>True when the plan says that there are certificates in it.</summary>
    public static bool AreIn(ComponentPlan component) => component is CertificatesPlan or VolumePlan { Certificates.Count: > 0 };

    /// <summary>Warn this long before one ends.</summary>
    public static TimeSpan Warning(ComponentPlan? component) => (component as CertificatesPlan)?.Warning ?? CertificateOptions.DefaultWarning;

    /// <summary>Reads those of today.</summary>
    /// <param name="component">A component that <see cref="AreIn"/> knows.</param>
    /// <param name="context">The plan.</param>
    /// <param name="password">Password of PKCS#12 files; null = that of the plan, else none.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<CertificateFacts>> ReadAsync(ComponentPlan component, OperationContext context, SecretReference? password, CancellationToken ct)
    {
        if (component is not VolumePlan volume)
        {
            var plan = (CertificatesPlan)component;
            return await new CertificatesSource(password is null ? plan : plan with { Password = password }, context.Plan.Path, context.Host).ReadAsync(ct).ConfigureAwait(false);
        }

        return await VolumeCertificates.ReadAsync(volume, context.Host, await RevealAsync(password, context.Host, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    /// <summary>Extracts an archive that holds certificates, reads them there, and compares them with the manifest.</summary>
    /// <param name="outcome">What the trial has found so far.</param>
    /// <param name="set">The set.</param>
    /// <param name="archive">The archive they lie in.</param>
    /// <param name="paths">Where in it.</param>
    /// <param name="phases">Measures.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<TrialOutcome> TryAsync(TrialOutcome outcome, ComponentSet set, FolderFacts archive, IReadOnlyList<string> paths, PhaseClock phases, CancellationToken ct)
    {
        if (set.Facts.Certificates is not { } expected) return outcome;
        ComponentPlan? plan = set.Context.Plan.Components.GetValueOrDefault(set.Facts.Component);
        string[] found = await phases.MeasureAsync("certificates", () => ExtractAsync(set, archive, paths, plan, ct)).ConfigureAwait(false);
        CertificateFacts[] sound = [.. expected.Where(c => c.Flaw == CertificateFlaw.None)];
        return outcome with
        {
            Assertions = [.. outcome.Assertions, ComponentTest.Same(OperationsTexts.CertificatesInside, sound.Length, sound.Count(c => found.Contains(c.Fingerprint, StringComparer.Ordinal)))],
            Warnings = [.. outcome.Warnings, .. CertificateJudge.Warnings(expected, set.Context.Clock.GetUtcNow(), Warning(plan))],
        };
    }

    private static async Task<string[]> ExtractAsync(ComponentSet set, FolderFacts archive, IReadOnlyList<string> paths, ComponentPlan? plan, CancellationToken ct)
    {
        HostContext host = set.Context.Host;
        string? password = await RevealAsync((plan as CertificatesPlan)?.Password, host, ct).ConfigureAwait(false);
        using TempFolder temp = host.Temp.CreateFolder("certificates");
        string folder = Path.Combine(temp.Path, "restored");
        Directory.CreateDirectory(folder);
        try
        {
            await FilesRestore.ExtractAsync(set, archive, set.Artifact(archive.Archive), folder, new IncludeRules([]), ct).ConfigureAwait(false);
            var found = await CertificateReader.ReadAsync([.. paths.Select(p => Path.TrimEndingDirectorySeparator(folder + p)).Where(Path.Exists)], password, ct).ConfigureAwait(false);
            return [.. found.Select(c => c.Fingerprint)];
        }
        finally
        {
            await FilesExtraction.RemoveAsync(host, folder, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<string?> RevealAsync(SecretReference? password, HostContext host, CancellationToken ct) =>
        password is null ? null : (await host.Secrets.ResolveAsync(password, ct).ConfigureAwait(false)).Reveal();
}
