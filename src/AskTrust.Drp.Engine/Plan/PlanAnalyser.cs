using System.IO.Enumeration;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Plan.Values;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>
/// Looks for promises a valid plan cannot keep. Reads the plan, and whether a few files exist; contacts nothing. What it
/// finds are warnings: the plan runs, but somebody should know.
/// </summary>
internal static class PlanAnalyser
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromDays(7);

    /// <summary>The findings; one <see cref="CheckVerdict.Ok"/> line when there are none.</summary>
    public static IReadOnlyList<PlanCheck> Analyse(DrpPlan plan)
    {
        PlanCheck[] all = [.. Components(plan), .. Pairs(plan), .. Nesting(plan), .. Jobs(plan), .. Encryption(plan)];
        return all.Length > 0 ? all : [Make(plan, "plan", "consistency", PlanTexts.Consistent, null, DrpError.None) with { Verdict = CheckVerdict.Ok }];
    }

    private static IEnumerable<PlanCheck> Components(DrpPlan plan)
    {
        Dictionary<string, string> places = new(StringComparer.Ordinal);
        foreach (var (name, component) in plan.Components)
        {
            string subject = $"component {name}";
            var gaps = plan.Jobs.Values.Where(j => j.Schedule is not null && j.Do.Contains(JobAction.Backup) && (j.Components.Count == 0 || j.Components.Contains(name, StringComparer.Ordinal)))
                .Select(j => (Job: j.Name, Gap: Gap(j)!.Value)).OrderBy(j => j.Gap).ToList();
            if (gaps.Count == 0)
            {
                yield return Make(plan, subject, "schedule", PlanTexts.NotScheduled, PlanTexts.NotScheduledHint);
            }
            else if (component.Class is { } data && plan.Objectives[data].Rpo is { } rpo && gaps[0].Gap > rpo)
            {
                yield return Make(
                    plan, subject, "objective", Text.Of(PlanTexts.RpoNotKept, data, Durations.Format(rpo), gaps[0].Job, Durations.Format(gaps[0].Gap)),
                    PlanTexts.RpoNotKeptHint, DrpError.ObjectiveBreached);
            }

            if (PlaceOf(component) is { } place && !places.TryAdd(place, name))
                yield return Make(plan, subject, "duplicate", Text.Of(PlanTexts.SameDatabase, places[place]), PlanTexts.SameDatabaseHint);
        }
    }

    private static IEnumerable<PlanCheck> Pairs(DrpPlan plan)
    {
        foreach (PostgreSqlPlan component in plan.Components.Values.OfType<PostgreSqlPlan>().Where(c => c.Pair is not null))
        {
            string subject = $"component {component.Name}";
            // Backups and the WAL archive must find the primary after a switch, too.
            if (component.Url is { } url && ConnectionUrl.Parse(url, out _) is { } own && !own.Hosts.Contains(',', StringComparison.Ordinal))
                yield return Make(plan, subject, "pair", Text.Of(PlanTexts.PairUrl, own.Hosts), PlanTexts.PairUrlHint);
            var nodes = component.Pair!.Nodes.Values;
            if (nodes.Any() && (component.Container ?? component.ComposeService) is { } box) yield return Make(plan, subject, "pair", Text.Of(PlanTexts.PairBoxed, box), PlanTexts.PairBoxedHint);
            if (nodes.All(n => n.Ssh is null)) continue;
            foreach (PairNodePlan node in nodes.Where(n => IsLoopback(ConnectionUrl.Parse(n.Url, out _)!.Hosts))) yield return Make(plan, subject, "pair", Text.Of(PlanTexts.PairSocket, node.Name), PlanTexts.PairSocketHint);
        }
    }

    private static bool IsLoopback(string hosts) =>
        hosts.Length == 0 || hosts.StartsWith("127.", StringComparison.Ordinal) || hosts.StartsWith("localhost", StringComparison.OrdinalIgnoreCase) || hosts.StartsWith("[::1]", StringComparison.Ordinal);

    /// <summary>A repository inside what is saved.</summary>
    private static IEnumerable<PlanCheck> Nesting(DrpPlan plan) =>
        from files in plan.Components.Values.OfType<FilesPlan>()
        from folder in files.Paths
        from repository in plan.Repositories.Values.OfType<DirectoryRepositoryPlan>()
        where IsInside(repository.Path, folder) && !IsLeftOut(Path.GetRelativePath(folder, repository.Path), files.Exclude)
        select Make(plan, $"repository {repository.Name}", "place", Text.Of(PlanTexts.RepositoryInFiles, repository.Name, folder, files.Name), PlanTexts.RepositoryInFilesHint);

    /// <summary>True when a rule leaves out the path or a folder above it, as tar would: <c>/name</c> from the top, others from any folder on.</summary>
    private static bool IsLeftOut(string path, IReadOnlyList<string> rules)
    {
        string[] parts = path.Split(Path.DirectorySeparatorChar);
        for (int end = 1; end <= parts.Length; end++)
        {
            for (int begin = 0; begin < end; begin++)
            {
                string name = string.Join('/', parts[begin..end]);
                if (rules.Any(r => r.StartsWith('/') ? begin == 0 && FileSystemName.MatchesSimpleExpression(r.AsSpan(1), name, ignoreCase: false) : FileSystemName.MatchesSimpleExpression(r, name, ignoreCase: false))) return true;
            }
        }

        return false;
    }

    private static IEnumerable<PlanCheck> Jobs(DrpPlan plan)
    {
        if (plan.Jobs.Count == 0)
        {
            foreach (var check in Copies(plan, "plan", [.. plan.Repositories.Values])) yield return check;
        }

        // A job that only tests or tidies keeps nothing.
        foreach (var (name, job) in plan.Jobs.Where(j => j.Value.Do.Contains(JobAction.Backup)))
        {
            string subject = $"job {name}";
            foreach (var check in Copies(plan, subject, [.. plan.Repositories.Values.Where(r => job.Repositories.Count == 0 || job.Repositories.Contains(r.Name, StringComparer.Ordinal))]))
                yield return check;
            if (job.Keep is null)
            {
                yield return Make(plan, subject, "retention", PlanTexts.NothingDeleted, PlanTexts.NothingDeletedHint, DrpError.NotEnoughSpace);
            }
            else if (Reach(job.Keep, Gap(job)) is var reach && reach < s_shortest)
            {
                yield return Make(plan, subject, "retention", Text.Of(PlanTexts.KeptTooShort, Durations.Format(reach)), PlanTexts.KeptTooShortHint);
            }
        }
    }

    private static IEnumerable<PlanCheck> Copies(DrpPlan plan, string subject, IReadOnlyList<RepositoryPlan> repositories)
    {
        var written = repositories.Where(r => !r.ReadOnly).ToList();
        var hosts = written.Select(HostOf).Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        if (written.Count == 0)
        {
            yield return Make(plan, subject, "copies", PlanTexts.WritesNowhere, PlanTexts.WritesNowhereHint, DrpError.RepositoryMissing) with { Verdict = CheckVerdict.Failed };
        }
        else if (written.Count == 1)
        {
            yield return Make(plan, subject, "copies", Text.Of(PlanTexts.OneCopy, written[0].Name), PlanTexts.OneCopyHint);
        }
        else if (hosts is [var host])
        {
            yield return Make(plan, subject, "copies", Text.Of(PlanTexts.OneHost, host), PlanTexts.OneCopyHint);
        }
    }

    private static IEnumerable<PlanCheck> Encryption(DrpPlan plan)
    {
        if (plan.Encryption is not { } encryption)
        {
            yield return Make(plan, "plan", "encryption", PlanTexts.NotEncrypted, PlanTexts.NotEncryptedHint, DrpError.KeyOrPassphrase);
            yield break;
        }

        if (encryption.PrivateKey is { } key && File.Exists(key))
            yield return Make(plan, "plan", "key", Text.Of(PlanTexts.PrivateKeyHere, key), PlanTexts.PrivateKeyHereHint, DrpError.KeyOrPassphrase);

        string?[] files = [encryption.PrivateKey, FileOf(encryption.Passphrase), FileOf(encryption.PrivateKeyPassphrase), encryption.SigningKeyFile];
        foreach (string file in files.OfType<string>())
        {
            if (plan.Repositories.Values.OfType<DirectoryRepositoryPlan>().FirstOrDefault(r => IsInside(file, r.Path)) is { } repository)
                yield return Make(plan, $"repository {repository.Name}", "key", Text.Of(PlanTexts.KeyInRepository, file), PlanTexts.KeyInRepositoryHint, DrpError.KeyOrPassphrase);
        }
    }

    internal static TimeSpan? Gap(JobPlan job) => Schedules.TryParse(job.Schedule ?? "", out var schedule) ? Schedules.LongestGap(schedule!) : null;

    /// <summary>How far back the oldest kept set lies once the job has run long enough.</summary>
    private static TimeSpan Reach(RetentionPolicy keep, TimeSpan? gap) => new[]
    {
        keep.Within ?? TimeSpan.Zero, TimeSpan.FromHours(keep.Hourly), TimeSpan.FromDays(keep.Daily), TimeSpan.FromDays(7.0 * keep.Weekly),
        TimeSpan.FromDays(30.0 * keep.Monthly), TimeSpan.FromDays(365.0 * keep.Yearly), keep.Last * (gap ?? TimeSpan.FromDays(1)),
    }.Max();

    private static string? PlaceOf(ComponentPlan component)
    {
        if (component is not PostgreSqlPlan p) return null;
        var url = p.Url is null ? null : ConnectionUrl.Parse(p.Url, out _);
        string database = url?.Database ?? p.Database ?? "";
        string server = p.Container ?? (p.ComposeService is null ? p.Service ?? $"{url?.Hosts} {url?.Query}" : $"{p.ComposeProject} {p.ComposeService}");
        return $"{server} {database}";
    }

    private static string HostOf(RepositoryPlan repository) => repository switch
    {
        DirectoryRepositoryPlan directory => IsNetwork(directory.Path) ? directory.Path : PlanTexts.ThisHost,
        S3RepositoryPlan { Endpoint: { } endpoint } => Named(new Uri(endpoint).Host),
        S3RepositoryPlan s3 => $"AWS {s3.Region}",
        SftpRepositoryPlan sftp => Named(sftp.Host),
        RcloneRepositoryPlan rclone => rclone.Remote.Split(':')[0] + ":",
        _ => repository.Name,
    };

    private static string Named(string host) => host is "localhost" or "127.0.0.1" or "::1" or "[::1]" ? PlanTexts.ThisHost : host;

    private static bool IsNetwork(string path)
    {
        // The mount of the nearest folder that exists; what cannot be told counts as local, which at worst warns too much.
        try
        {
            string? root = path;
            while (root is not null && !Directory.Exists(root)) root = Path.GetDirectoryName(root);
            var mount = DriveInfo.GetDrives().Where(d => root is not null && IsInside(root, d.Name)).MaxBy(d => d.Name.Length);
            return mount?.DriveType == DriveType.Network;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsInside(string file, string folder)
    {
        string relative = Path.GetRelativePath(folder, file);
        return relative is not ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }

    private static string? FileOf(SecretReference? reference) => reference is { Kind: SecretKind.File } ? reference.Target : null;

    private static PlanCheck Make(DrpPlan plan, string subject, string check, string message, string? hint, DrpError code = DrpError.Incomplete) =>
        new() { Plan = plan.Path, Subject = subject, Check = check, Verdict = CheckVerdict.Warning, Message = message, Hint = hint, Code = code };
}
