using AskTrust.Drp.Engine.Components.Private;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Compose;

/// <summary>A Compose project as a source: its files and those they name, the file as Compose resolves it, and what its images are.</summary>
internal sealed class ComposeSource(ComposePlan plan, string planFile, HostContext host) : PrivateFilesSource(plan, planFile, host)
{
    /// <summary>Name of the resolved file among what is made for the archive.</summary>
    private const string Resolved = "compose.resolved.yaml";

    /// <summary>A mounted file longer than this is data.</summary>
    private const long LongestFile = 4L << 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private readonly string _folder = Path.GetDirectoryName(plan.Paths[0])!;

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<string>> PathsAsync(CancellationToken ct)
    {
        List<string> paths = [.. plan.Paths];
        foreach (string file in plan.Paths.Where(File.Exists))
        {
            if (ComposeDocument.TryRead(await File.ReadAllTextAsync(file, ct).ConfigureAwait(false)) is not { } document) continue;
            paths.AddRange(document.Files.Where(f => !f.Contains('$', StringComparison.Ordinal)).Select(f => Path.GetFullPath(f.StartsWith('~') ? Home + f[1..] : f, _folder)).Where(IsOne));
        }

        string variables = Path.Combine(_folder, ".env");
        if (File.Exists(variables)) paths.Add(variables);
        return [.. paths.Distinct(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<Finding>> LookAsync(KeptFiles files, CancellationToken ct)
    {
        var (text, version, problem) = await ResolveAsync(ct).ConfigureAwait(false);
        List<Finding> found = [text is null
            ? new Finding(PrivateTexts.CheckCompose, version is null ? CheckVerdict.Warning : CheckVerdict.Failed, problem!, null, version is null ? DrpError.Incomplete : DrpError.PlanInvalid)
            : new Finding(PrivateTexts.CheckCompose, CheckVerdict.Ok, Text.Of(ComposeTexts.Resolves, version))];
        ComposeFacts facts = await ReadAsync(text, version, ct).ConfigureAwait(false);
        var images = new ComposeImageLook(Host);
        try
        {
            facts = await images.LookAsync(facts, ct).ConfigureAwait(false);
            string[] warnings = [.. ImageWarnings(facts)];
            found.AddRange(warnings.Length == 0
                ? [new Finding(PrivateTexts.CheckImages, CheckVerdict.Ok, Text.Of(ComposeTexts.ImagesGood, facts.Services.Count(s => s.Image is not null)))]
                : warnings.Select(w => new Finding(PrivateTexts.CheckImages, CheckVerdict.Warning, w, ComposeTexts.ImagesHint, DrpError.Incomplete)));
        }
        catch (DrpException e) when (e.Code == DrpError.Unreachable)
        {
            found.Add(new Finding(PrivateTexts.CheckImages, CheckVerdict.Failed, e.Message, e.Hint, e.Code));
        }

        return found;
    }

    /// <inheritdoc/>
    protected override async Task<ComponentFacts> DescribeAsync(ComponentFacts facts, KeptFiles files, string made, CancellationToken ct)
    {
        List<string> missing = [], warnings = [];
        var (text, version, problem) = await ResolveAsync(ct).ConfigureAwait(false);
        if (text is not null) await File.WriteAllTextAsync(Path.Combine(made, Resolved), text, ct).ConfigureAwait(false);
        else if (version is null) warnings.Add(problem!);
        else missing.Add(problem!);
        ComposeFacts compose = await ReadAsync(text, version, ct).ConfigureAwait(false);
        try
        {
            compose = await new ComposeImageLook(Host).LookAsync(compose, ct).ConfigureAwait(false);
            warnings.AddRange(ImageWarnings(compose));
            if (plan.Images == ComposeImages.Save && SavedOf(compose).Count > 0) compose = compose with { ImageArchive = $"{plan.Name}.images.tar" };
        }
        catch (DrpException e) when (e.Code == DrpError.Unreachable)
        {
            // Its files are worth having all the same.
            (plan.Images == ComposeImages.Save ? missing : warnings).Add(Text.Of(ComposeTexts.NoImages, e.Message));
        }

        return facts with { Compose = compose, Warnings = warnings, Missing = missing };
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<IArtifactSource> More(ComponentFacts facts) =>
        facts.Compose is { ImageArchive: { } name } compose ? [new ImagesArtifact(name, SavedOf(compose), Host)] : [];

    private static string Home => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private static IReadOnlyList<string> SavedOf(ComposeFacts compose) => [.. compose.Services.Where(s => s.ImageId is not null).Select(s => s.Image!).Distinct(StringComparer.Ordinal)];

    /// <summary>Env files and mounted files; mounted folders are data, or a component of type config.</summary>
    private static bool IsOne(string path) => File.Exists(path) && new FileInfo(path).Length <= LongestFile;

    private IEnumerable<string> ImageWarnings(ComposeFacts compose)
    {
        foreach (ComposeServiceFacts service in compose.Services.Where(s => s.Image is not null))
        {
            if (service.ImageId is null) yield return Text.Of(ComposeTexts.ImageNotHere, service.Image, service.Name);
            else if (plan.Images == ComposeImages.Save) continue;
            else if (service.Digest is null) yield return Text.Of(ComposeTexts.ImageLocal, service.Image, service.Name);
            else if (service.CanBePulled == false) yield return Text.Of(ComposeTexts.ImageGone, service.Image, service.Name);
            else if (service.CanBePulled is null) yield return Text.Of(ComposeTexts.ImageNotAsked, service.Image, service.Name);
        }
    }

    /// <summary>The file as Compose sees it; null with the reason, and with a version when Compose is there and refused it.</summary>
    private async Task<(string? Text, string? Version, string? Problem)> ResolveAsync(CancellationToken ct)
    {
        if (await ComposeProgram.TryFindAsync(Host, ct).ConfigureAwait(false) is not { } compose) return (null, null, ComposeTexts.NoCompose);
        Command config = compose.Command(plan.Project, _folder, plan.Paths, "config") with { Timeout = s_patience };
        ProcessResult result = await Host.Processes.RunAsync(config, ct).ConfigureAwait(false);
        return result.Ok ? (result.Text, compose.Version, null) : (null, compose.Version, Text.Of(ComposeTexts.Invalid, string.Join(", ", plan.Paths), Host.Redactor.Clean(result.Errors.Trim())));
    }

    private async Task<ComposeFacts> ReadAsync(string? resolved, string? version, CancellationToken ct)
    {
        ComposeDocument? document = resolved is null ? null : ComposeDocument.TryRead(resolved);
        if (document is null && File.Exists(plan.Paths[0])) document = ComposeDocument.TryRead(await File.ReadAllTextAsync(plan.Paths[0], ct).ConfigureAwait(false));
        string project = plan.Project ?? document?.Name ?? new string([.. Path.GetFileName(_folder).ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')]).TrimStart('-', '_');
        return new ComposeFacts
        {
            Project = project, Folder = _folder, Files = plan.Paths, ComposeVersion = resolved is null ? null : version, Services = document?.Services ?? [],
            Volumes = [.. (document?.Volumes ?? new Dictionary<string, string?>(StringComparer.Ordinal)).Select(v => v.Value ?? $"{project}_{v.Key}")],
            Networks = [.. (document?.Networks ?? new Dictionary<string, string?>(StringComparer.Ordinal)).Select(n => n.Value ?? $"{project}_{n.Key}").DefaultIfEmpty($"{project}_default")],
        };
    }
}
