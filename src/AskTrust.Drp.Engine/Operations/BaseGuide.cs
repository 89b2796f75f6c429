using System.Text;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>The part of <c>RESTORE.md</c> about a base backup: with <c>tar</c> and PostgreSQL's own programs, to the end of the backup or to any later moment.</summary>
internal static class BaseGuide
{
    public static void Write(StringBuilder page, ComponentFacts facts, PostgreSqlFacts cluster, BaseBackupFacts held, IReadOnlyList<BackupArtifact> artifacts)
    {
        page.Append($"\n## {facts.Component} (PostgreSQL {cluster.ServerVersion}, whole cluster / instance entière)\n\n");
        page.Append($"Server programs of PostgreSQL {cluster.Major}, exactly. Run as the user the server runs as, never as root. `PGDATA` is a folder that is empty or not there.\n\n");
        page.Append($"*Programmes serveur de PostgreSQL {cluster.Major}, exactement. Sous l'utilisateur du serveur, jamais root. `PGDATA` est un dossier vide ou absent.*\n\n");
        page.Append("```sh\nPGDATA=${PGDATA:-$PWD/pgdata}\nmkdir -p \"$PGDATA\"\nchmod 700 \"$PGDATA\"\n```\n");
        if (held.Tablespaces.Count > 0)
        {
            page.Append("\nTablespaces, where they were. / *Les tablespaces, à leur place.*\n\n```sh\n");
            foreach (var space in held.Tablespaces)
            {
                var artifact = artifacts.Single(a => a.Role == "tablespace" && a.Name.StartsWith($"{facts.Component}.ts{space.Oid}.", StringComparison.Ordinal));
                page.Append($"mkdir -p {RestoreGuide.Shell(space.Location)}\n");
                page.Append($"{RestoreGuide.Plain(artifact)} | tar --extract --directory={RestoreGuide.Shell(space.Location)}\n");
            }

            page.Append("```\n");
        }

        page.Append("\nThe data directory. / *Le répertoire de données.*\n\n```sh\n");
        page.Append($"{RestoreGuide.Plain(artifacts.Single(a => a.Role == "base"))} | tar --extract --directory=\"$PGDATA\"\n");
        foreach (var list in artifacts.Where(a => a.Role == FileArtifact.FileList)) page.Append($"{RestoreGuide.Plain(list)} > \"$PGDATA/{TarScanner.FileList}\"\n");
        if (held.Tablespaces.Count == 0) page.Append("pg_verifybackup --quiet \"$PGDATA\"\n");
        page.Append("```\n");
        page.Append($"\nStarted now, the server recovers to the end of the backup ({held.Stopped:yyyy-MM-dd HH:mm:ss}Z, {held.StopLsn}). / ");
        page.Append("*Démarré maintenant, le serveur se rétablit à la fin de la sauvegarde.*\n\n    pg_ctl --pgdata=\"$PGDATA\" start\n");
        page.Append("\nTo return to a later moment, before the first start: / *Pour revenir à un moment ultérieur, avant le premier démarrage :*\n\n");
        page.Append("    touch \"$PGDATA/recovery.signal\"\n    # postgresql.auto.conf\n    restore_command = 'drp --plan /path/to/drp.yaml wal fetch %f %p'\n");
        page.Append("    recovery_target_time = '2026-01-31 12:00:00+00'\n    recovery_target_action = 'promote'\n");
        if (held.FilesOutside.Count > 0) page.Append($"\nNot in this set / *Absents de ce jeu* : {string.Join(", ", held.FilesOutside.Select(f => $"`{f}`"))}\n");
    }
}
