using System.Text;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>
/// Writes <c>RESTORE.md</c>: how to bring a set back with nothing but <c>gpg</c>, <c>zstd</c> or <c>gzip</c>, <c>tar</c> and PostgreSQL's own
/// programs. The <c>sh</c> blocks run as they stand, from top to bottom, in the folder of the set; a test does exactly that.
/// </summary>
internal static class RestoreGuide
{
    public static string Write(OperationContext context, string id, IReadOnlyList<ComponentFacts> components, IReadOnlyList<BackupArtifact> artifacts)
    {
        var page = new StringBuilder();
        page.Append($"# {context.Plan.Name} {id}\n\n");
        page.Append("How to restore this set without AskTrust.Drp. Run the blocks in this folder, from top to bottom, as a user who may create\n");
        page.Append("databases (`PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` say on which server). gpg asks for the key's passphrase.\n\n");
        page.Append("*Comment restaurer ce jeu de sauvegarde sans AskTrust.Drp : exécutez les blocs dans ce dossier, de haut en bas, avec un\n");
        page.Append("utilisateur qui peut créer des bases (`PGHOST`, `PGPORT`, `PGUSER`, `PGPASSWORD` désignent le serveur). gpg demande la phrase secrète.*\n\n");

        page.Append("## Check / Vérifier\n\n```sh\nset -eu\nsha256sum --check <<'EOF'\n");
        foreach (var artifact in artifacts) page.Append($"{artifact.Sha256}  {artifact.Name}\n");
        page.Append("EOF\n```\n");

        foreach (var facts in components)
        {
            var own = artifacts.Where(a => a.Component == facts.Component).ToList();
            if (facts.PostgreSql is { Base: { } held } cluster) BaseGuide.Write(page, facts, cluster, held, own);
            else if (facts.PostgreSql is { } database) WritePostgreSql(page, facts, database, own);
            else ComponentKinds.Find(context, facts.Type)?.Guide(page, facts, own);
        }

        return page.ToString();
    }

    private static void WritePostgreSql(StringBuilder page, ComponentFacts facts, PostgreSqlFacts database, List<BackupArtifact> artifacts)
    {
        page.Append($"\n## {facts.Component} (PostgreSQL {database.ServerVersion})\n\n");
        page.Append($"Programs of PostgreSQL {database.Major} or newer. / *Programmes de PostgreSQL {database.Major} ou plus récent.*\n");

        foreach (var globals in artifacts.Where(a => a.Role == "globals"))
        {
            page.Append("\nRoles and tablespaces; “already exists” is harmless. / *Rôles et tablespaces ; « already exists » est sans gravité.*\n\n");
            page.Append($"```sh\n{Plain(globals)} | psql --no-psqlrc --quiet --dbname=postgres\n```\n");
        }

        string connection = $"--dbname={Shell($"dbname={ConnectionValue(database.Database)}")}";
        page.Append("\nThe database. / *La base.*\n\n```sh\n");
        page.Append($"DB={Shell(database.Database)}\n");
        page.Append($"createdb --template=template0 --encoding={Shell(database.Encoding)} {Locale(database)} -- \"$DB\"\n```\n");

        page.Append("\nThe data. / *Les données.*\n\n```sh\n");
        var main = artifacts.Single(a => a.Role == "dump");
        var parts = artifacts.Where(a => a.Role == "data").ToList();
        if (parts.Count == 0)
        {
            page.Append($"{Plain(main)} | pg_restore --exit-on-error {connection}\n");
        }
        else
        {
            page.Append($"{Plain(main)} > {facts.Component}.plain\n");
            page.Append($"pg_restore --exit-on-error --section=pre-data --section=data {connection} {facts.Component}.plain\n");
            foreach (var part in parts) page.Append($"{Plain(part)} | pg_restore --exit-on-error --data-only {connection}\n");
            page.Append($"pg_restore --exit-on-error --section=post-data {connection} {facts.Component}.plain\n");
            page.Append($"rm {facts.Component}.plain\n");
        }

        page.Append("```\n");
        if (database.DatabaseSettings.Count == 0) return;
        page.Append("\nSettings of the database itself. / *Réglages de la base elle-même.*\n\n");
        page.Append("```sh\npsql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --set=db=\"$DB\" --dbname=postgres <<'DRP_SQL'\n");
        foreach (string statement in database.DatabaseSettings) page.Append(statement.TrimEnd().TrimEnd(';')).Append(";\n");
        page.Append("DRP_SQL\n```\n");
    }

    /// <summary>A function of the shell that prints the plain bytes of a file: the sets of a chain may be compressed and encrypted each in its own way.</summary>
    internal const string PlainFunction = """
        plain() {
          case "$1" in *.gpg) gpg --decrypt "$1" ;; *) cat "$1" ;; esac |
          case "${1%.gpg}" in *.zst) zstd --decompress --stdout ;; *.gz) gzip --decompress --stdout ;; *) cat ;; esac
        }

        """;

    /// <summary>The commands that print the plain bytes of an artifact.</summary>
    internal static string Plain(BackupArtifact artifact)
    {
        string unpack = artifact.Compression switch
        {
            CompressionKind.Zstd => "zstd --decompress --stdout",
            CompressionKind.Gzip => "gzip --decompress --stdout",
            _ => "cat",
        };
        return artifact.Encrypted ? $"gpg --decrypt {artifact.Name} | {unpack}" : $"{unpack} {artifact.Name}";
    }

    private static string Locale(PostgreSqlFacts database) => database.LocaleProvider switch
    {
        "i" => $"--locale-provider=icu --icu-locale={Shell(database.Locale ?? "und")} --lc-collate={Shell(database.Collate)} --lc-ctype={Shell(database.Ctype)}",
        "b" => $"--locale-provider=builtin --builtin-locale={Shell(database.Locale ?? "C")} --lc-collate={Shell(database.Collate)} --lc-ctype={Shell(database.Ctype)}",
        _ => $"--lc-collate={Shell(database.Collate)} --lc-ctype={Shell(database.Ctype)}",
    };

    /// <summary>POSIX shell quoting: everything inside single quotes is literal.</summary>
    internal static string Shell(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>libpq's quoting of a value in a connection string.</summary>
    private static string ConnectionValue(string text) =>
        $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
