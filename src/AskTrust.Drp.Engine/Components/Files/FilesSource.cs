using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>Folders with files as a source: one archive each.</summary>
/// <param name="plan">The component.</param>
/// <param name="planFile">Path of the plan, for the checks.</param>
/// <param name="host">The outside world.</param>
internal sealed class FilesSource(FilesPlan plan, string planFile, HostContext host) : IComponentSource
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public string Name => plan.Name;

    /// <summary>The component.</summary>
    public FilesPlan Plan => plan;

    /// <summary>What the backup builds on, and where it leaves its indexes; null = everything, and no index.</summary>
    public FilesBase? On { get; set; }

    /// <inheritdoc/>
    public bool BuildsOn => true;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PlanCheck>> ProbeAsync(CancellationToken ct)
    {
        long start = host.Clock.GetTimestamp();
        var check = new PlanCheck { Plan = planFile, Subject = $"component {plan.Name}", Check = FilesTexts.CheckFolders, Verdict = CheckVerdict.Ok, Message = "" };
        try
        {
            string version = await GnuTar.RequireAsync(host, ct).ConfigureAwait(false);
            foreach (string folder in plan.Paths) Require(folder);
            check = check with { Message = Text.Of(FilesTexts.FoldersReadable, string.Join(", ", plan.Paths), version) };
        }
        catch (DrpException e)
        {
            check = check with { Verdict = CheckVerdict.Failed, Message = e.Message, Hint = e.Hint, Code = e.Code };
        }

        return [check with { Elapsed = host.Clock.GetElapsedTime(start) }];
    }

    /// <summary>As <c>du</c> sees them; unknown when that takes more than a minute, and when only what changed will be saved.</summary>
    public async Task<long?> EstimateAsync(CancellationToken ct)
    {
        if (On?.Chain.Count > 0) return null;
        long sum = 0;
        foreach (string folder in plan.Paths)
        {
            string rules = string.Concat(plan.Exclude.Select(p => (p.StartsWith('/') ? folder + p : p) + "\n"));
            var command = new Command("du", ["--summarize", "--block-size=1", "--exclude-from=-", .. plan.OneFileSystem ? new[] { "--one-file-system" } : [], "--", folder]) { Environment = GnuTar.Environment, Timeout = s_patience };
            // What it cannot read it leaves out, which the backup itself will tell.
            ProcessResult seen = await host.Processes.RunAsync(command, ct, Encoding.UTF8.GetBytes(rules)).ConfigureAwait(false);
            if (!long.TryParse(seen.Text.Split('\t')[0], CultureInfo.InvariantCulture, out long bytes)) return null;
            sum += bytes;
        }

        return sum;
    }

    /// <inheritdoc/>
    public async Task<IComponentBackup> BeginAsync(CancellationToken ct)
    {
        string version = await GnuTar.RequireAsync(host, ct).ConfigureAwait(false);
        foreach (string folder in plan.Paths) Require(folder);
        return new FilesBackup(plan, version, On, host);
    }

    private static void Require(string folder)
    {
        if (Directory.Exists(folder)) return;
        throw new DrpException(DrpError.Failed, Text.Of(File.Exists(folder) ? FilesTexts.IsAFile : FilesTexts.NoFolder, folder)) { Subject = folder, Hint = FilesTexts.NoFolderHint };
    }
}
