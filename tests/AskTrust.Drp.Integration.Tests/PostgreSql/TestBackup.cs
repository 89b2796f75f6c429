using AskTrust.Drp.Engine.Components;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Integration.Tests.PostgreSql;

/// <summary>A backup written to plain files.</summary>
internal sealed record TestBackup(ComponentFacts Facts, IReadOnlyList<(string Name, string Role, int Group, string Path)> Files)
{
    public PostgreSqlFacts Database => Facts.PostgreSql!;

    public static async Task<TestBackup> RunAsync(PostgreSqlPlan plan, TestContext context, CancellationToken ct = default)
    {
        await using IComponentBackup backup = await new PostgreSqlSource(plan, "drp.yaml", context.Host).BeginAsync(ct);
        return await RunAsync(backup, context, ct);
    }

    public static async Task<TestBackup> RunAsync(IPostgreSqlServer server, PostgreSqlPlan plan, TestContext context, CancellationToken ct = default)
    {
        await using IComponentBackup backup = await PostgreSqlBackup.BeginAsync(plan, server, context.Host, ct);
        return await RunAsync(backup, context, ct);
    }

    private static async Task<TestBackup> RunAsync(IComponentBackup backup, TestContext context, CancellationToken ct)
    {
        string folder = context.Folder.Sub($"backup-{Guid.NewGuid():N}");
        var files = new List<(string Name, string Role, int Group, string Path)>();
        // As the engine does: one after another, those of a group at the same time.
        foreach (var together in backup.Artifacts.GroupBy(a => a.Group == 0 ? a.Name : $"group {a.Group}"))
        {
            await Task.WhenAll(together.Select(async artifact =>
            {
                await using var sink = new FileSink(Path.Join(folder, artifact.Name));
                await artifact.WriteAsync(sink, ct);
                await sink.CompleteAsync(ct);
            }));
            files.AddRange(together.Select(a => (a.Name, a.Role, a.Group, Path.Join(folder, a.Name))));
        }

        return new TestBackup(await backup.CompleteAsync(ct), files);
    }
}

/// <summary>A file that counts only when completed.</summary>
internal sealed class FileSink(string path) : ISink
{
    private readonly FileStream _file = new(path + ".part", FileMode.CreateNew, FileAccess.Write, FileShare.Read);

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct) => await _file.WriteAsync(bytes, ct);

    public async Task CompleteAsync(CancellationToken ct)
    {
        await _file.DisposeAsync();
        File.Move(path + ".part", path);
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}

/// <summary>Counts what it gets, and does something when the first bytes come: faults happen in the middle.</summary>
internal sealed class InterruptingSink(Func<Task> onFirst) : ISink
{
    private bool _begun;

    public long Bytes { get; private set; }

    public bool Completed { get; private set; }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        Bytes += bytes.Length;
        if (_begun) return;
        _begun = true;
        await onFirst();
    }

    public Task CompleteAsync(CancellationToken ct)
    {
        Completed = true;
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
