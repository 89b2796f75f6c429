using AskTrust.Drp.Engine.Components.Certificates;
using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Volumes;

/// <summary>A Docker volume as a source: read by a tar in a container that has it, so that no path of the engine's own folders is guessed, on whatever machine it runs.</summary>
/// <param name="plan">The component.</param>
/// <param name="planFile">Path of the plan, for the checks.</param>
/// <param name="host">The outside world.</param>
internal sealed class VolumeSource(VolumePlan plan, string planFile, HostContext host) : IComponentSource
{
    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct)
    {
        long start = host.Clock.GetTimestamp();
        var check = new PlanCheck { Plan = planFile, Subject = $"component {plan.Name}", Check = VolumeTexts.CheckVolume, Verdict = CheckVerdict.Ok, Message = "" };
        IReadOnlyList<CertificateFacts>? found = null;
        try
        {
            DockerVolume volume = await DockerVolume.RequireAsync(host, plan.Volume, ct).ConfigureAwait(false);
            string image = volume.Image(plan.Image);
            HelperContainer helper = await HelperContainer.WithVolumeAsync(host, image, plan.Volume, DockerVolume.Folder, readOnly: true, ct).ConfigureAwait(false);
            await using var _ = helper.ConfigureAwait(false);
            var (version, gnu) = await DockerVolume.TarAsync(new PlaceShell(host, helper.Target), image, ct).ConfigureAwait(false);
            check = check with { Message = Text.Of(VolumeTexts.VolumeReadable, plan.Volume, version) };
            if (plan.Certificates.Count > 0) found = await VolumeCertificates.ReadAsync(plan, helper.Target, host, null, ct).ConfigureAwait(false);
            if (!gnu) check = check with { Verdict = CheckVerdict.Warning, Message = Text.Of(VolumeTexts.NotGnu, plan.Volume, version), Hint = VolumeTexts.NoImageHint, Code = DrpError.Incomplete };
        }
        catch (DrpException e)
        {
            check = check with { Verdict = CheckVerdict.Failed, Message = e.Message, Hint = e.Hint, Code = e.Code };
        }

        check = check with { Elapsed = host.Clock.GetElapsedTime(start) };
        return found is null ? [check] : [check, .. CertificateJudge.Findings(found, host.Clock.GetUtcNow(), CertificateOptions.DefaultWarning).Select(f => check with { Check = f.Check, Verdict = f.Verdict, Message = f.Message, Hint = f.Hint, Code = f.Code })];
    }

    /// <summary>Unknown: asking would read the whole volume.</summary>
    public Task<long?> EstimateAsync(CancellationToken ct) => Task.FromResult<long?>(null);

    /// <inheritdoc/>
    public async Task<IComponentBackup> BeginAsync(CancellationToken ct)
    {
        DockerVolume volume = await DockerVolume.RequireAsync(host, plan.Volume, ct).ConfigureAwait(false);
        string image = volume.Image(plan.Image);
        HelperContainer helper = await HelperContainer.WithVolumeAsync(host, image, plan.Volume, DockerVolume.Folder, readOnly: true, ct).ConfigureAwait(false);
        try
        {
            var shell = new PlaceShell(host, helper.Target);
            var (version, gnu) = await DockerVolume.TarAsync(shell, image, ct).ConfigureAwait(false);
            // Some busybox cannot leave anything out: then it is not asked to where there is nothing to leave out.
            bool whole = !gnu && plan.Exclude.Count == 0 && (await shell.RunAsync($"ls -d {DockerVolume.Folder}/drp-*-* 2>/dev/null | head -n 1", ct).ConfigureAwait(false)).Length == 0;
            return new VolumeBackup(plan, volume, image, version, gnu, host, new VolumeArtifact($"{plan.Name}.tar", plan, helper.Target, gnu, whole, host), helper);
        }
        catch
        {
            await helper.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}

/// <summary>One backup of a volume.</summary>
internal sealed class VolumeBackup(VolumePlan plan, DockerVolume volume, string image, string version, bool gnu, HostContext host, VolumeArtifact artifact, HelperContainer helper) : IComponentBackup
{
    /// <inheritdoc/>
    public IReadOnlyList<IArtifactSource> Artifacts => [artifact];

    /// <inheritdoc/>
    public async Task<ComponentFacts> CompleteAsync(CancellationToken ct)
    {
        IReadOnlyList<CertificateFacts>? certificates = null;
        List<string> warnings = [.. artifact.Warnings];
        if (!gnu) warnings.Add(Text.Of(VolumeTexts.NotGnu, plan.Volume, version));
        try
        {
            if (plan.Certificates.Count > 0) certificates = await VolumeCertificates.ReadAsync(plan, helper.Target, host, null, ct).ConfigureAwait(false);
            warnings.AddRange(CertificateJudge.Warnings(certificates, host.Clock.GetUtcNow(), CertificateOptions.DefaultWarning));
        }
        catch (DrpException e)
        {
            // The volume is saved; that its certificates could not be looked at besides is no reason to throw that away.
            warnings.Add(e.Message);
        }

        return new ComponentFacts
        {
            Component = plan.Name,
            Type = plan.Type,
            Source = volume.Name,
            Volume = new VolumeFacts { Folder = artifact.Facts, Driver = volume.Driver, Labels = volume.Labels, Options = volume.Options, Image = ImageName, ToolVersion = version },
            Certificates = certificates,
            Warnings = warnings,
            Missing = artifact.Missing is { } missing ? [missing] : null,
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => helper.DisposeAsync();

    /// <summary>By its name, which means something on another machine, too.</summary>
    private string ImageName => plan.Image ?? volume.Users.FirstOrDefault(u => u.ImageId == image)?.Image ?? image;
}
