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
        if (held.Chain is { } chain) WriteChain(page, facts.Component, held, chain);
        else WriteAlone(page, facts, held, artifacts);
        page.Append($"\nStarted now, the server recovers to the end of the backup ({held.Stopped:yyyy-MM-dd HH:mm:ss}Z, {held.StopLsn}). / ");
        page.Append("*Démarré maintenant, le serveur se rétablit à la fin de la sauvegarde.*\n\n    pg_ctl --pgdata=\"$PGDATA\" start\n");
        page.Append("\nTo return to a later moment, before the first start: / *Pour revenir à un moment ultérieur, avant le premier démarrage :*\n\n");
        page.Append("    touch \"$PGDATA/recovery.signal\"\n    # postgresql.auto.conf\n    restore_command = 'drp --plan /path/to/drp.yaml wal fetch %f %p'\n");
        page.Append("    recovery_target_time = '2026-01-31 12:00:00+00'\n    recovery_target_action = 'promote'\n");
        if (held.FilesOutside.Count > 0) page.Append($"\nNot in this set / *Absents de ce jeu* : {string.Join(", ", held.FilesOutside.Select(f => $"`{f}`"))}\n");
    }

    /// <summary>The sets of a chain lie beside each other, as in the repository; each is unpacked by itself, and PostgreSQL puts them together.</summary>
    private static void WriteChain(StringBuilder page, string component, BaseBackupFacts held, IReadOnlyList<ChainLink> chain)
    {
        string name = RestoreGuide.Shell(component);
        page.Append($"\nThis set holds what changed since {chain[^1].Set}. The folders of {string.Join(", ", chain.Select(l => l.Set))} have to lie beside this one;\n");
        page.Append("each has its own RESTORE.md with its checksums. Each is unpacked by itself below `parts`, and `pg_combinebackup` puts them together.\n");
        page.Append("*Ce jeu contient ce qui a changé depuis le précédent. Les dossiers nommés ci-dessus doivent se trouver à côté de celui-ci. Chacun est extrait\n");
        page.Append("sous `parts`, puis `pg_combinebackup` les assemble.*\n\n```sh\n").Append(RestoreGuide.PlainFunction);
        page.Append($"n=0\nfor set in {string.Join(' ', chain.Select(l => "../" + l.Set))} .; do\n  n=$((n + 1))\n  part=$PWD/parts/$n\n  mkdir -p \"$part\"\n  chmod 700 \"$part\"\n");
        page.Append($"  plain \"$set\"/{name}.base.tar* | tar --extract --directory=\"$part\"\n");
        page.Append($"  for list in \"$set\"/{name}.base.manifest*; do [ ! -e \"$list\" ] || plain \"$list\" > \"$part/{TarScanner.FileList}\"; done\n");
        page.Append($"  for space in \"$set\"/{name}.ts*.tar*; do\n    [ -e \"$space\" ] || continue\n    oid=${{space##*.ts}}\n    oid=${{oid%%.*}}\n    mkdir -p \"$part.ts$oid\"\n");
        page.Append("    plain \"$space\" | tar --extract --directory=\"$part.ts$oid\"\n    ln -sfn \"$part.ts$oid\" \"$part/pg_tblspc/$oid\"\n  done\ndone\n");
        foreach (var space in held.Tablespaces) page.Append($"mkdir -p {RestoreGuide.Shell(space.Location)}\n");
        page.Append("pg_combinebackup --output=\"$PGDATA\"");
        foreach (var space in held.Tablespaces) page.Append($" \\\n  --tablespace-mapping=\"$part.ts{space.Oid}\"={RestoreGuide.Shell(space.Location)}");
        for (int place = 1; place <= chain.Count + 1; place++) page.Append($" parts/{place}");
        page.Append("\npg_verifybackup --quiet \"$PGDATA\"\nrm -r parts\n```\n");
    }

    private static void WriteAlone(StringBuilder page, ComponentFacts facts, BaseBackupFacts held, IReadOnlyList<BackupArtifact> artifacts)
    {
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
        foreach (var list in artifacts.Where(a => a.Role == BasePart.FileList)) page.Append($"{RestoreGuide.Plain(list)} > \"$PGDATA/{TarScanner.FileList}\"\n");
        if (held.Tablespaces.Count == 0) page.Append("pg_verifybackup --quiet \"$PGDATA\"\n");
        page.Append("```\n");
    }
}
