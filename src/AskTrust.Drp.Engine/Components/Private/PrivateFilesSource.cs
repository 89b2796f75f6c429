using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Private;

/// <summary>Files with secrets as a source. What is special about configuration, certificates and Compose projects is said by those who derive from this.</summary>
/// <param name="plan">The component.</param>
/// <param name="planFile">Path of the plan.</param>
/// <param name="host">The outside world.</param>
internal abstract class PrivateFilesSource(PrivateFilesPlan plan, string planFile, HostContext host) : IComponentSource
{
    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <summary>The outside world.</summary>
    protected HostContext Host => host;

    /// <summary>Folder of the plan.</summary>
    protected string Folder { get; } = Path.GetDirectoryName(planFile) ?? "/";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct)
    {
        long start = host.Clock.GetTimestamp();
        PlanCheck Make(string check, CheckVerdict verdict, string message, string? hint = null, DrpError code = DrpError.None) => new()
        {
            Plan = planFile, Subject = $"component {plan.Name}", Check = check, Verdict = verdict, Message = message, Hint = hint, Code = code, Elapsed = host.Clock.GetElapsedTime(start),
        };
        try
        {
            string version = await GnuTar.RequireAsync(host, ct).ConfigureAwait(false);
            KeptFiles files = KeptFiles.Look(await PathsAsync(ct).ConfigureAwait(false));
            List<PlanCheck> checks =
            [
                .. files.Missing.Select(p => Make(PrivateTexts.CheckFiles, CheckVerdict.Failed, Text.Of(PrivateTexts.NotThere, p), PrivateTexts.NotThereHint, DrpError.Failed)),
                .. files.Paths.Count > 0 ? [Make(PrivateTexts.CheckFiles, CheckVerdict.Ok, Text.Of(PrivateTexts.Found, string.Join(", ", files.Paths.Select(p => p.Path)), version))] : Array.Empty<PlanCheck>(),
                .. files.Loose().Take(10).Select(l => Make(PrivateTexts.CheckFiles, CheckVerdict.Warning, Text.Of(PrivateTexts.LooseLink, l.Link, l.Target), Text.Of(PrivateTexts.LooseLinkHint, l.Target), DrpError.Incomplete)),
            ];
            foreach (Finding finding in await SecretFiles.LookAsync(files, host, ct).ConfigureAwait(false)) checks.Add(Make(finding.Check, finding.Verdict, finding.Message, finding.Hint, finding.Code));
            foreach (Finding finding in await LookAsync(files, ct).ConfigureAwait(false)) checks.Add(Make(finding.Check, finding.Verdict, finding.Message, finding.Hint, finding.Code));
            return checks;
        }
        catch (DrpException e)
        {
            return [Make(PrivateTexts.CheckFiles, CheckVerdict.Failed, e.Message, e.Hint, e.Code)];
        }
    }

    /// <summary>Configuration is small beside anything else in a set.</summary>
    public virtual Task<long?> EstimateAsync(CancellationToken ct) => Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public async Task<IComponentBackup> BeginAsync(CancellationToken ct)
    {
        string version = await GnuTar.RequireAsync(host, ct).ConfigureAwait(false);
        KeptFiles files = KeptFiles.Look(await PathsAsync(ct).ConfigureAwait(false));
        if (files.Paths.Count == 0) throw new DrpException(DrpError.Failed, Text.Of(PrivateTexts.NothingThere, string.Join(", ", plan.Paths))) { Subject = plan.Name, Hint = PrivateTexts.NotThereHint };
        TempFolder temp = host.Temp.CreateFolder("private");
        try
        {
            string made = Path.Combine(temp.Path, KeptFilesArtifact.Made);
            Directory.CreateDirectory(made);
            ComponentFacts facts = await DescribeAsync(new ComponentFacts { Component = plan.Name, Type = plan.Type, Source = string.Join(", ", plan.Paths), Kept = files.Paths }, files, made, ct).ConfigureAwait(false);
            bool empty = !Directory.EnumerateFileSystemEntries(made).Any();
            facts = facts with
            {
                Missing = [.. files.Missing.Select(p => Text.Of(PrivateTexts.NotThere, p)), .. facts.Missing ?? []],
                Warnings = [.. facts.Warnings, .. files.Loose().Take(10).Select(l => Text.Of(PrivateTexts.LooseLink, l.Link, l.Target))],
            };
            return new PrivateFilesBackup(facts, version, new KeptFilesArtifact($"{plan.Name}.tar", files, empty ? null : temp.Path, host), More(facts), temp);
        }
        catch
        {
            temp.Dispose();
            throw;
        }
    }

    /// <summary>What is kept: the plan's paths, and what they lead to.</summary>
    public virtual Task<IReadOnlyList<string>> PathsAsync(CancellationToken ct) => Task.FromResult(plan.Paths);

    /// <summary>Checks of this kind alone.</summary>
    protected virtual Task<IReadOnlyList<Finding>> LookAsync(KeptFiles files, CancellationToken ct) => Task.FromResult<IReadOnlyList<Finding>>([]);

    /// <summary>Completes the facts, and makes files that are kept with those of the machine.</summary>
    /// <param name="facts">What is known already.</param>
    /// <param name="files">What is kept.</param>
    /// <param name="made">An empty folder for them.</param>
    /// <param name="ct">Cancels.</param>
    protected virtual Task<ComponentFacts> DescribeAsync(ComponentFacts facts, KeptFiles files, string made, CancellationToken ct) => Task.FromResult(facts);

    /// <summary>Artifacts beside the archive.</summary>
    protected virtual IReadOnlyList<IArtifactSource> More(ComponentFacts facts) => [];
}

/// <summary>Something to say about the files of a component.</summary>
internal sealed record Finding(string Check, CheckVerdict Verdict, string Message, string? Hint = null, DrpError Code = DrpError.None);

/// <summary>One backup of files with secrets.</summary>
internal sealed class PrivateFilesBackup(ComponentFacts facts, string version, KeptFilesArtifact archive, IReadOnlyList<IArtifactSource> more, TempFolder temp) : IComponentBackup
{
    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => [archive, .. more];

    /// <inheritdoc/>
    public Task<ComponentFacts> CompleteAsync(CancellationToken ct)
    {
        string[] missing = [.. facts.Missing ?? [], .. archive.Missing is { } unread ? [unread] : Array.Empty<string>()];
        return Task.FromResult(facts with
        {
            Files = new FilesFacts { ToolVersion = version, Folders = [archive.Facts] },
            Warnings = [.. facts.Warnings, .. archive.Warnings],
            Missing = missing.Length > 0 ? missing : null,
        });
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        temp.Dispose();
        return ValueTask.CompletedTask;
    }
}
