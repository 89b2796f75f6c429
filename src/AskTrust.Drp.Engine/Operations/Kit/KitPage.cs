using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Kit;

/// <summary>Writes <c>RECOVERY.md</c>: one page to print, for whoever stands before an empty machine.</summary>
internal static class KitPage
{
    /// <summary>The page, in the language of the run.</summary>
    public static string Write(OperationContext context, RecoveryKitReport kit)
    {
        var page = new StringBuilder();
        int step = 0;
        page.Append($"# {Text.Of(KitTexts.Title, context.Plan.Name)}\n\n{Text.Of(KitTexts.Intro, context.Clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture), context.Catalog.Tool)}\n\n");
        page.Append($"## {KitTexts.Where}\n\n");
        foreach (RepositoryPlan repository in context.Plan.Repositories.Values) page.Append($"- **{repository.Name}** ({repository.Type}): `{PlaceOf(repository)}`\n");
        page.Append($"\n## {KitTexts.Needed}\n\n");
        foreach (string key in kit.Keys) page.Append($"- [ ] {Text.Of(KitTexts.PrivateKey, Spaced(key))}\n");
        foreach (KitSecret secret in kit.Secrets) page.Append($"- [ ] `{secret.Reference}`{(secret.Included ? $" ({KitRun.SecretsFile})" : "")}\n");
        if (kit.Keys.Count + kit.Secrets.Count == 0) page.Append($"{KitTexts.NothingNeeded}\n");
        page.Append($"\n## {KitTexts.Held}\n\n");
        foreach (ComponentPlan component in context.Plan.Components.Values) page.Append($"- {component.Name} ({component.Type}){(component.Class is { } of ? $", {of}" : "")}\n");
        page.Append($"\n## {KitTexts.Steps}\n\n");
        page.Append($"{++step}. {KitTexts.StepMachine}\n\n   ```sh\n   apt-get install docker.io docker-compose gnupg zstd tar\n   ```\n\n");
        page.Append($"{++step}. {Text.Of(KitTexts.StepTool, context.Plan.Folder)}\n");
        if (kit.Keys.Count > 0) page.Append($"{++step}. {KitTexts.StepKey}\n\n   ```sh\n   gpg --import private.asc\n   ```\n\n");
        if (kit.Files.Contains(KitRun.SecretsFile, StringComparer.Ordinal)) page.Append($"{++step}. {KitTexts.StepSecrets}\n\n   ```sh\n   eval \"$(gpg --decrypt {KitRun.SecretsFile})\"\n   ```\n\n");
        else if (kit.Secrets.Count > 0) page.Append($"{++step}. {KitTexts.StepSecretsByHand}\n");
        page.Append($"{++step}. {KitTexts.StepLook}\n\n   ```sh\n   drp plan check\n   drp list\n   drp restore-system --dry-run\n   ```\n\n");
        page.Append($"{++step}. {KitTexts.StepRestore}\n\n   ```sh\n   drp restore-system --yes\n   ```\n\n");
        page.Append($"{++step}. {KitTexts.StepAfter}\n\n   ```sh\n   drp backup --reason 'after the rebuild'\n   drp test-restore\n   ```\n\n");
        page.Append($"{KitTexts.WithoutUs}\n");
        foreach (string warning in kit.Warnings) page.Append($"\n> {warning}\n");
        return page.ToString();
    }

    private static string PlaceOf(RepositoryPlan repository) => repository switch
    {
        DirectoryRepositoryPlan folder => folder.Path,
        S3RepositoryPlan s3 => $"s3://{s3.Bucket}/{s3.Prefix} {s3.Endpoint ?? s3.Region}",
        RcloneRepositoryPlan remote => remote.Remote,
        SftpRepositoryPlan sftp => $"sftp://{sftp.Host}:{sftp.Port}{sftp.Path}",
        _ => repository.Name,
    };

    /// <summary>In groups of four, as they are read out over the telephone.</summary>
    private static string Spaced(string fingerprint) => string.Join(' ', fingerprint.Chunk(4).Select(c => new string(c)));
}
