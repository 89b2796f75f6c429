using System.Text;
using AskTrust.Drp.Engine.Plan.Keys;
using AskTrust.Drp.Engine.Plan.Values;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Init;

/// <summary>The text of a first plan: one screen, commented, valid as it stands.</summary>
internal static class PlanTemplate
{
    /// <summary>For a database reached by URL.</summary>
    public static string ForUrl(string name, ConnectionUrl url, bool hadPassword)
    {
        var component = new StringBuilder();
        component.AppendLine("  db:").AppendLine("    type: postgresql").AppendLine("    class: critical");
        component.AppendLine($"    url: {YamlText.Of(url.ToString())}");
        component.AppendLine(hadPassword ? $"    password: ${{env:DB_PASSWORD}}   # {PlanTexts.InitPasswordSet}" : $"    # password: ${{env:DB_PASSWORD}}   # {PlanTexts.InitPasswordNone}");
        return Whole(name, component.ToString(), null, ["db"]);
    }

    /// <summary>For everything a Compose stack keeps.</summary>
    /// <param name="name">Name of the product.</param>
    /// <param name="compose">The stack.</param>
    /// <param name="folder">Folder of the plan.</param>
    public static string ForCompose(string name, ComposeFile compose, string folder)
    {
        var components = new StringBuilder();
        List<string> names = [];
        foreach (var database in compose.Databases)
        {
            string component = NameType.IsName(database.Service) ? database.Service : $"db{names.Count + 1}";
            names.Add(component);
            components.AppendLine($"  {YamlText.Of(component)}:{(database.Image is null ? "" : "   # " + Comment(database.Image))}").AppendLine("    type: postgresql").AppendLine("    class: critical");
            components.AppendLine($"    compose: {{ service: {YamlText.Of(database.Service, flow: true)}, project: {YamlText.Of(compose.Project, flow: true)} }}");
            if (database.NeedsPassword)
            {
                if (database.User is { } user) components.AppendLine($"    user: {YamlText.Of(user)}");
                components.AppendLine($"    password: {YamlText.Of((database.Password ?? new SecretReference(SecretKind.Environment, "POSTGRESQL_PASSWORD")).ToString())}   # {PlanTexts.InitPasswordSet}");
            }
            else if (database.Password is { } password)
            {
                components.AppendLine($"    # password: {Comment(password.ToString())}   # {PlanTexts.InitPasswordTrust}");
            }
        }

        foreach (var (wish, keys, comment) in Others(compose, folder))
        {
            string component = wish;
            for (int more = 2; names.Contains(component, StringComparer.Ordinal); more++) component = $"{wish}-{more}";
            names.Add(component);
            components.AppendLine($"  {YamlText.Of(component)}: {{ type: {keys} }}{(comment.Length == 0 ? "" : "   # " + Comment(comment))}");
        }

        return Whole(name, components.ToString(), compose.Parts.Stateless.Count == 0 ? null : Host.Text.Of(PlanTexts.InitStateless, Comment(string.Join(", ", compose.Parts.Stateless))), names);
    }

    /// <summary>One line for each thing beside PostgreSQL.</summary>
    private static IEnumerable<(string Name, string Keys, string Comment)> Others(ComposeFile compose, string folder)
    {
        ComposeParts parts = compose.Parts;
        string project = YamlText.Of(compose.Project, flow: true);
        foreach (var (service, image, password) in parts.Redis)
        {
            string secret = password is null ? "" : $", password: {YamlText.Quoted(password.ToString())}";
            yield return (Named(service, "redis"), $"redis, class: critical, compose: {{ service: {YamlText.Of(service, flow: true)}, project: {project} }}{secret}", password is null ? image : $"{image}; {PlanTexts.InitPasswordSet}");
        }

        foreach (var (key, volume, service, certificates) in parts.Volumes)
            yield return (Named(key, "volume"), $"volume, class: critical, volume: {YamlText.Of(volume, flow: true)}{(certificates ? ", certificates: [/]" : "")}", service);
        if (parts.Data.Count > 0) yield return ("files", $"files, class: critical, paths: {List(parts.Data, folder)}", "");
        yield return ("stack", $"compose, class: critical, files: {List(compose.Files, folder)}, project: {project}", PlanTexts.InitStack);
        if (parts.Config.Count > 0) yield return ("config", $"config, class: critical, paths: {List(parts.Config, folder)}", "");
        if (parts.Certificates.Count > 0) yield return ("certificates", $"certificates, class: critical, paths: {List(parts.Certificates, folder)}", "");
    }

    private static string Named(string wish, string otherwise) => NameType.IsName(wish) ? wish : otherwise;

    private static string List(IReadOnlyList<string> paths, string folder) => $"[{string.Join(", ", paths.Select(p => YamlText.Of(Shorten(p, folder), flow: true)))}]";

    /// <summary>Relative where it lies below the plan, so that the folder can be moved.</summary>
    private static string Shorten(string path, string folder)
    {
        string relative = Path.GetRelativePath(folder, path);
        return relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(relative) ? path : relative;
    }

    private static string Whole(string name, string components, string? notCovered, IReadOnlyList<string> names)
    {
        var text = new StringBuilder();
        text.AppendLine($"# {PlanTexts.InitHead}");
        text.AppendLine("version: 1").AppendLine($"name: {YamlText.Of(name)}").AppendLine();
        text.AppendLine($"objectives:   # {PlanTexts.InitObjectives}").AppendLine("  critical: { rto: 4h, rpo: 1d }").AppendLine();
        text.AppendLine("components:").Append(components);
        if (notCovered is not null) text.AppendLine($"  # {notCovered}");
        text.AppendLine().AppendLine("repositories:");
        text.AppendLine($"  local: {{ type: directory, path: backups }}   # {PlanTexts.InitLocal}");
        text.AppendLine($"  # {PlanTexts.InitSecond}");
        text.AppendLine("  # remote: { type: s3, bucket: my-backups, endpoint: https://s3.example.org, accessKey: \"${env:S3_ACCESS_KEY}\", secretKey: \"${env:S3_SECRET_KEY}\" }").AppendLine();
        text.AppendLine($"# {PlanTexts.InitPassphrase}");
        text.AppendLine("#   (umask 077; gpg --gen-random --armor 2 32 > drp.passphrase)");
        text.AppendLine("encryption:").AppendLine("  passphrase: ${file:drp.passphrase}");
        text.AppendLine($"# {PlanTexts.InitPublicKey}");
        text.AppendLine("#   gpg --quick-generate-key drp-backup default default never");
        text.AppendLine("#   gpg --list-keys --with-colons drp-backup | awk -F: '/^fpr/ { print $10; exit }'");
        text.AppendLine($"#   gpg --armor --export drp-backup > backup.asc   # {PlanTexts.InitCopyKey}");
        text.AppendLine("# encryption: { recipients: [FINGERPRINT], publicKeys: [backup.asc] }").AppendLine();
        text.AppendLine("jobs:").AppendLine("  nightly:");
        text.AppendLine("    schedule: \"0 3 * * *\"").AppendLine("    timeZone: UTC");
        text.AppendLine($"    components: [{string.Join(", ", names.Select(n => YamlText.Of(n, flow: true)))}]");
        text.AppendLine("    keep: { daily: 30, monthly: 12 }");
        return text.ToString().ReplaceLineEndings("\n");
    }

    /// <summary>Text of a foreign file inside a comment: a line break would end it.</summary>
    private static string Comment(string text) => new([.. text.Where(c => !char.IsControl(c) && c is not ('\u2028' or '\u2029' or '\u0085'))]);
}
