using System.Text;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories.Local;

namespace AskTrust.Drp.Engine.Operations.Kit;

/// <summary>
/// Writes what has to lie somewhere else than on the machine: the plan, its public keys, and a page to print that says how to come back with nothing else. Secrets are named; their
/// values only on request, into a file encrypted to whom the backups are.
/// </summary>
internal sealed partial class KitRun(OperationContext context, RecoveryKitOptions options)
{
    /// <summary>Name of the page.</summary>
    public const string Page = "RECOVERY.md";

    /// <summary>Name of the encrypted file with the secrets: lines of a shell, <c>export NAME='value'</c>.</summary>
    public const string SecretsFile = "secrets.env.gpg";

    private readonly PhaseClock _phases = new(context.Clock);

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: the folder holds something; <see cref="DrpError.PlanInvalid"/>: secrets are asked for, and the plan does not encrypt; <see cref="DrpError.KeyOrPassphrase"/>.</exception>
    public async Task<RecoveryKitReport> RunAsync(CancellationToken ct)
    {
        string folder = Path.GetFullPath(options.Folder);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(KitTexts.NotEmpty, folder)) { Subject = folder, Hint = KitTexts.NotEmptyHint };
        if (options.IncludeSecrets && context.Plan.Encryption is null) throw new DrpException(DrpError.PlanInvalid, KitTexts.NotEncrypted) { Hint = KitTexts.NotEncryptedHint, Subject = context.Plan.Path };
        string plan = await File.ReadAllTextAsync(context.Plan.Path, ct).ConfigureAwait(false);
        SecretReference[] references = [.. Reference().Matches(Comment().Replace(plan, "")).Select(m => SecretReference.TryParse(m.Value, out var found) ? found : null).OfType<SecretReference>().Distinct()];
        string[] keys = [.. context.Plan.Encryption?.PublicKeys ?? []];
        string[] files = ["drp.yaml", Page, .. keys.Select(InKit), .. options.IncludeSecrets ? [SecretsFile] : Array.Empty<string>()];
        var report = new RecoveryKitReport
        {
            Plan = context.Plan.Path, Folder = folder, Status = RunStatus.Planned, Files = files, Keys = [.. context.Plan.Encryption?.Recipients ?? []], Warnings = [.. Warnings()],
            Secrets = [.. references.Select(r => new KitSecret(r.ToString(), options.IncludeSecrets && r.Kind == SecretKind.Environment))],
        };
        if (options.DryRun) return report;
        Directory.CreateDirectory(folder);
        foreach (string key in keys)
        {
            string target = Path.Combine(folder, InKit(key));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(key, target);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "drp.yaml"), Relocated(plan, keys), ct).ConfigureAwait(false);
        if (options.IncludeSecrets) await WriteSecretsAsync(Path.Combine(folder, SecretsFile), references, ct).ConfigureAwait(false);
        await File.WriteAllTextAsync(Path.Combine(folder, Page), KitPage.Write(context, report), ct).ConfigureAwait(false);
        report = report with { Status = RunStatus.Succeeded };
        await context.RecordAsync("recovery-kit", folder, report.Status, DrpError.None, _phases, new(StringComparer.Ordinal)
        {
            ["files"] = string.Join(", ", files), ["secrets"] = options.IncludeSecrets ? string.Join(", ", report.Secrets.Where(s => s.Included).Select(s => s.Reference)) : "",
        }, ct).ConfigureAwait(false);
        return report;
    }

    /// <summary>Public keys keep their place below the plan; one from elsewhere goes into <c>keys/</c>.</summary>
    private string InKit(string key)
    {
        string relative = Path.GetRelativePath(context.Plan.Folder, key);
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? Path.Combine("keys", Path.GetFileName(key)) : relative;
    }

    /// <summary>The plan, with the paths of keys that moved.</summary>
    private string Relocated(string plan, IEnumerable<string> keys) =>
        keys.Aggregate(plan, (text, key) => InKit(key).StartsWith("keys", StringComparison.Ordinal) ? text.Replace(key, InKit(key), StringComparison.Ordinal) : text);

    private async Task WriteSecretsAsync(string file, IEnumerable<SecretReference> references, CancellationToken ct)
    {
        IEncryption encryption = context.Encryption();
        await using var _ = encryption.ConfigureAwait(false);
        await encryption.CheckAsync(ct).ConfigureAwait(false);
        var lines = new StringBuilder();
        foreach (SecretReference reference in references.Where(r => r.Kind == SecretKind.Environment))
        {
            Secret secret = await context.Host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false);
            lines.Append("export ").Append(reference.Target).Append("='").Append(secret.Reveal().Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
        }

        var folder = new DirectoryRepository("kit", Path.GetDirectoryName(file)!, context.Clock);
        ISink stored = await folder.CreateAsync(SecretsFile, null, ct).ConfigureAwait(false);
        await using var __ = stored.ConfigureAwait(false);
        ISink sink = await encryption.EncryptAsync(stored, ct).ConfigureAwait(false);
        await using var ___ = sink.ConfigureAwait(false);
        await sink.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()), ct).ConfigureAwait(false);
        await sink.CompleteAsync(ct).ConfigureAwait(false);
    }

    private IEnumerable<string> Warnings()
    {
        if (context.Plan.Repositories.Values.All(r => r is DirectoryRepositoryPlan)) yield return KitTexts.OnlyDirectories;
        if (context.Plan.Encryption?.Passphrase is not null) yield return KitTexts.PassphraseApart;
        if (context.Plan.Components.Values.All(c => c.Type is not ("compose" or "config" or "files"))) yield return KitTexts.NoConfiguration;
    }

    [GeneratedRegex(@"\$\{(env|file|command|vault|secret):[^}]+\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Reference();

    [GeneratedRegex(@"(^|\s)#[^\n]*", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Comment();
}
