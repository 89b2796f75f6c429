using System.Text.Json;
using AskTrust.Drp.Engine.Components.PostgreSql;
using AskTrust.Drp.Engine.Components.PostgreSql.Restore;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;
using AskTrust.Drp.Integration.Tests.PostgreSqlRestore;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>The moment after the restored database took the name over and before the previous one is dropped.</summary>
[Collection(RestoreBed.Collection)]
public sealed class KilledSwapTests
{
    private static readonly ReplacementSettings s_replace = new() { Replace = true, Restore = new RestoreSettings { Jobs = 1 } };

    [SkippableFact]
    public async Task A_previous_database_that_a_killed_run_did_not_drop_is_swept_by_the_next()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = await bed.MakeAsync("dst", rows: 7);
        await bed.Cluster.SqlAsync($"COMMENT ON DATABASE {target} IS 'the shop'");
        var input = new RestoreInput(await bed.DumpAsync(source, "-Fc", "-Z0"));
        await Assert.ThrowsAsync<KilledException>(() => new DatabaseReplacement(bed.Host, new DyingServer(bed.Server, new KilledException())).RunAsync(input, target, s_replace, default));
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
        string before = await BeforeAsync(bed, target);

        Assert.StartsWith(NewDatabase.Mark, await bed.Cluster.SqlAsync($"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{before}'"));
        // Still ours, so far; then as if this process had been killed.
        Assert.Empty(await new DatabaseReplacement(bed.Host, bed.Server).SweepAsync(default));
        await using (ChildProcess sleeper = ChildProcess.Start("sleep", ["600"]))
            await bed.Cluster.SqlAsync($"COMMENT ON DATABASE {before} IS '{NewDatabase.Mark}{Marks.Of(sleeper.Id)}'");
        Assert.Equal([before], await new DatabaseReplacement(bed.Host, bed.Server).SweepAsync(default));
        Assert.False(await bed.ExistsAsync(before));
        Assert.True(await bed.ExistsAsync(target));
    }

    [SkippableFact]
    public async Task A_previous_database_that_could_not_be_dropped_keeps_its_comment_and_is_no_leftover()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = await bed.MakeAsync("dst", rows: 7);
        string old = await bed.TextAsync(target);
        await bed.Cluster.SqlAsync($"COMMENT ON DATABASE {target} IS 'the shop'");
        var input = new RestoreInput(await bed.DumpAsync(source, "-Fc", "-Z0"));
        var done = await new DatabaseReplacement(bed.Host, new DyingServer(bed.Server, new DrpException(DrpError.Failed, "not now"))).RunAsync(input, target, s_replace, default);
        Assert.Equal(await BeforeAsync(bed, target), done.Previous);
        Assert.Contains(done.Restored.Warnings, w => w.Contains(done.Previous!, StringComparison.Ordinal));
        Assert.Equal("the shop", await bed.Cluster.SqlAsync($"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{done.Previous}'"));

        await new DatabaseReplacement(bed.Host, bed.Server).UndoAsync(target, done.Previous!, keep: false, default);
        Assert.Equal(old, await bed.TextAsync(target));
    }

    [SkippableFact]
    public async Task A_marked_database_that_undo_brings_back_is_never_swept()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string target = await bed.MakeAsync("dst", rows: 7), before = await bed.MakeAsync("old", rows: 3);
        await using (ChildProcess sleeper = ChildProcess.Start("sleep", ["600"]))
            await bed.Cluster.SqlAsync($"COMMENT ON DATABASE {before} IS '{NewDatabase.Mark}{Marks.Of(sleeper.Id)}'");
        var replacement = new DatabaseReplacement(bed.Host, bed.Server);
        string old = await bed.TextAsync(before);
        await replacement.UndoAsync(target, before, keep: false, default);
        Assert.Empty(await replacement.SweepAsync(default));
        Assert.Equal(old, await bed.TextAsync(target));
    }

    [SkippableFact]
    public async Task A_database_that_was_made_and_not_marked_when_its_maker_was_killed_is_swept()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string made = await bed.MakeAsync("made"), alive = await bed.MakeAsync("alive"), commented = await bed.MakeAsync("commented");
        await bed.Cluster.SqlAsync($"COMMENT ON DATABASE {commented} IS 'somebody took it over'");
        DatabaseRecord.Write(bed.Host.Temp, bed.Server.Description, alive);
        string gone;
        await using (ChildProcess sleeper = ChildProcess.Start("sleep", ["600"])) gone = Marks.Of(sleeper.Id).ToString();
        foreach (string name in (string[])[made, commented, "never_made"])
        {
            DatabaseRecord record = DatabaseRecord.Write(bed.Host.Temp, bed.Server.Description, name);
            File.WriteAllText(record.File, File.ReadAllText(record.File).Replace(JsonEncodedText.Encode(OwnerMark.Current.ToString()).ToString(), JsonEncodedText.Encode(gone).ToString(), StringComparison.Ordinal));
        }

        Assert.Equal([made], await new DatabaseReplacement(bed.Host, bed.Server).SweepAsync(default));
        Assert.False(await bed.ExistsAsync(made));
        Assert.True(await bed.ExistsAsync(alive));
        Assert.True(await bed.ExistsAsync(commented));
        Assert.Empty(DatabaseRecord.LeftOver(bed.Host.Temp, bed.Server.Description));
    }

    private static Task<string> BeforeAsync(RestoreBed bed, string target) => bed.Cluster.SqlAsync($"SELECT datname FROM pg_database WHERE datname LIKE '{target}\\_before\\_%'");

    private sealed class KilledException : Exception;

    /// <summary>Real in everything but the dropping of databases.</summary>
    private sealed class DyingServer(IPostgreSqlServer real, Exception atDrop) : IPostgreSqlServer
    {
        public string Description => real.Description;

        public string Version => real.Version;

        public int Major => real.Major;

        public string Database => real.Database;

        public string User => real.User;

        public IExecutionTarget Where => real.Where;

        public ContainerFacts? Container => real.Container;

        public Command Tool(string program, string? database, params IReadOnlyList<string> arguments) => real.Tool(program, database, arguments);

        public Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct) => real.QueryAsync(database, sql, ct);

        public Task ExecuteAsync(string database, string sql, CancellationToken ct) =>
            sql.StartsWith("DROP DATABASE", StringComparison.Ordinal) ? Task.FromException(atDrop) : real.ExecuteAsync(database, sql, ct);

        public ValueTask DisposeAsync() => real.DisposeAsync();
    }
}
