using System.Text;
using AskTrust.Drp.Engine.Components.Redis;
using AskTrust.Drp.Engine.Operations.Kinds;

namespace AskTrust.Drp.Engine.Operations.Redis;

/// <summary>The part of <c>RESTORE.md</c> on Redis servers.</summary>
internal static class RedisGuide
{
    public static void Write(StringBuilder page, ComponentFacts facts, RedisFacts redis, IReadOnlyList<BackupArtifact> artifacts)
    {
        page.Append($"\n## {facts.Component} (Redis {redis.ServerVersion})\n\n");
        page.Append($"Stop the server, put what comes into `restored/{facts.Component}` into its data directory (it was `{redis.Directory}`) in place of what is there, with the owner of that\n");
        page.Append("directory, and start it. *Arrêtez le serveur, mettez ces fichiers dans son répertoire de données à la place des anciens, avec le même propriétaire, et démarrez-le.*\n");
        if (redis.AppendOnly) page.Append("This server writes append-only files: with them it never reads an RDB. *Ce serveur écrit des fichiers AOF : il ne lit alors jamais de RDB.*\n");
        string folder = $"restored/{facts.Component}", dump = RestoreGuide.Shell($"{folder}/{redis.DumpFile}");
        page.Append($"\n```sh\nmkdir -p {RestoreGuide.Shell(folder)}\n");
        foreach (var artifact in artifacts.Where(a => a.Role == RdbArtifact.Rdb)) page.Append($"{RestoreGuide.Plain(artifact)} > {dump}\n");
        string appends = redis.AppendDirectory is { } name ? $"{folder}/{name}" : folder;
        if (redis.AppendOnly) page.Append($"mkdir -p {RestoreGuide.Shell(appends)}\n");
        foreach (RedisAppendFile file in redis.AppendFiles)
        {
            foreach (var artifact in artifacts.Where(a => ComponentSet.IsNamed(a, file.Artifact))) page.Append($"{RestoreGuide.Plain(artifact)} > {RestoreGuide.Shell($"{appends}/{file.File}")}\n");
        }

        if (redis is { AppendOnly: true, AppendFiles.Count: 0, AppendDirectory: not null })
        {
            page.Append($"cp {dump} {RestoreGuide.Shell($"{appends}/{redis.AppendFile}.1.base.rdb")}\n");
            page.Append($"echo {RestoreGuide.Shell($"file {redis.AppendFile}.1.base.rdb seq 1 type b")} > {RestoreGuide.Shell($"{appends}/{redis.AppendFile}.manifest")}\n");
        }
        else if (redis is { AppendOnly: true, AppendFiles.Count: 0 })
        {
            page.Append($"cp {dump} {RestoreGuide.Shell($"{folder}/{redis.AppendFile}")}\n");
        }

        page.Append("```\n");
        if (redis.Keys is { } keys) page.Append($"\nKeys / *clés* : {string.Join(", ", keys.Select(k => $"db{k.Key} {k.Value.Keys}"))} (`redis-cli INFO keyspace`).\n");
    }
}
