using System.Runtime.CompilerServices;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Private;

/// <summary>Tells of certificates how long they last and what is wrong with them: those of the plan's components as they are today, or as they lie in a backup set.</summary>
internal sealed class CertificateRun(OperationContext context, CertificateOptions options)
{
    /// <summary>Runs.</summary>
    public async IAsyncEnumerable<CertificateStatus> RunAsync([EnumeratorCancellation] CancellationToken ct)
    {
        if (options.Paths.Count > 0)
        {
            foreach (CertificateStatus status in await ReadAsync(options, context.Host, ct).ConfigureAwait(false)) yield return status;
            yield break;
        }

        var found = options.Set is { } set ? InSetAsync(set, ct) : TodayAsync(ct);
        await foreach (CertificateStatus status in found.ConfigureAwait(false)) yield return status with { Plan = context.Plan.Path };
    }

    /// <summary>Certificates in files and folders, without a plan.</summary>
    public static async Task<IReadOnlyList<CertificateStatus>> ReadAsync(CertificateOptions options, HostContext host, CancellationToken ct)
    {
        string? password = options.Password is { } reference ? (await host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false)).Reveal() : null;
        var found = await CertificateReader.ReadAsync([.. options.Paths.Select(Path.GetFullPath)], password, ct).ConfigureAwait(false);
        return [.. found.Select(c => CertificateJudge.Look(c, host.Clock.GetUtcNow(), options.Warning ?? CertificateOptions.DefaultWarning))];
    }

    private async IAsyncEnumerable<CertificateStatus> TodayAsync([EnumeratorCancellation] CancellationToken ct)
    {
        ComponentPlan[] all = [.. Selection.Components(context.Plan, null, options.Component is { } one ? [one] : []).Where(c => ComponentCertificates.AreIn(c) || options.Component is not null)];
        if (all.Length == 0) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoCertificateComponent, context.Plan.Path)) { Hint = OperationsTexts.NoCertificateComponentHint };
        foreach (ComponentPlan component in all)
        {
            if (!ComponentCertificates.AreIn(component)) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NotCertificates, component.Name, component.Type)) { Subject = component.Name };
            foreach (CertificateFacts facts in await ComponentCertificates.ReadAsync(component, context, options.Password, ct).ConfigureAwait(false))
                yield return Judge(facts, component) with { Component = component.Name };
        }
    }

    /// <summary>What manifests say needs no key, and holds of certificates that are gone by now.</summary>
    private async IAsyncEnumerable<CertificateStatus> InSetAsync(string id, [EnumeratorCancellation] CancellationToken ct)
    {
        var (set, repository) = await SetChoice.FindAsync(context, id, options.Component, options.Repository, ct).ConfigureAwait(false);
        ManifestReading reading = await ManifestStore.ReadAsync(context.Catalog, repository, set.Id, ct).ConfigureAwait(false);
        foreach (string warning in reading.Warnings) context.Host.Say(DrpEventLevel.Warning, warning);
        ComponentFacts[] all = [.. reading.Sealed.Manifest.Components.Where(c => c.Certificates is not null && (options.Component is null || c.Component == options.Component))];
        if (all.Length == 0) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoCertificatesIn, set.Id)) { Subject = set.Set.Id, Hint = OperationsTexts.NoCertificateComponentHint };
        foreach (var (component, certificate) in all.SelectMany(c => c.Certificates!.Select(x => (c, x))))
            yield return Judge(certificate, context.Plan.Components.GetValueOrDefault(component.Component)) with { Component = component.Component, Set = set.Set.Id };
    }

    private CertificateStatus Judge(CertificateFacts facts, ComponentPlan? component) =>
        CertificateJudge.Look(facts, context.Host.Clock.GetUtcNow(), options.Warning ?? ComponentCertificates.Warning(component));
}
