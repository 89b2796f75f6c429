using AskTrust.Drp.Engine.Components.PostgreSql.Restore;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

[Collection(RestoreBed.Collection)]
public sealed class DumpKindTests
{
    [SkippableTheory]
    [InlineData(false, "-Fc")]
    [InlineData(false, "-Fc", "-Z0")]
    [InlineData(false, "-Ft")]
    [InlineData(false, "-Fp")]
    [InlineData(false, "-Fp", "--inserts")]
    [InlineData(false, "-Fp", "--clean", "--if-exists")]
    [InlineData(true, "-Fp", "--clean")]
    [InlineData(true, "-Fp", "--create")]
    [InlineData(true, "-Fp", "--create", "--clean")]
    [InlineData(false, "-Fc", "--create", "--clean")]
    public async Task Every_kind_of_dump_made_by_plain_tools_comes_back_equal(bool warns, params string[] options)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("dst");
        var done = await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, options)), target, new(), default);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
        Assert.Equal(warns, done.Restored.Warnings.Count > 0);
        Assert.True(await bed.ExistsAsync(source));
    }

    [SkippableFact]
    public async Task Parallel_streaming_and_one_transaction_give_the_same_database()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 2000);
        string expected = await bed.TextAsync(source);
        PlainSource dump = await bed.DumpAsync(source, "-Fc", "-Z0");
        var restore = new DatabaseRestore(bed.Host, bed.Server);
        foreach (var (input, settings, jobs) in new (PlainSource, RestoreSettings, int)[]
        {
            (dump, new() { Jobs = 3 }, 3), (dump, new() { Jobs = 1 }, 1), (dump, new() { SingleTransaction = true, Jobs = 3 }, 1), (dump with { Size = null }, new() { Jobs = 3 }, 1),
        })
        {
            string target = RestoreBed.NewName("dst");
            await bed.Cluster.SqlAsync($"CREATE DATABASE {target} TEMPLATE template0");
            RestoreOutcome done = await restore.RunAsync(new(input), target, settings, default);
            Assert.Equal(jobs, done.Jobs);
            Assert.Empty(done.Warnings);
            Assert.True(done.Bytes > 1000);
            Assert.Equal(expected, await bed.TextAsync(target));
        }

        Assert.Contains(bed.Events.OfType<DrpProgress>(), p => p.Finished);
    }

    [SkippableTheory]
    [InlineData(4, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public async Task A_set_dumped_in_parts_comes_back_whole(int jobs, bool sized)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 500), target = RestoreBed.NewName("dst");
        PlainSource main = await bed.DumpAsync(source, "-Fc", "-Z0", "--exclude-table-data=app.\"order\"");
        PlainSource part = await bed.DumpAsync(source, "-Fc", "-Z0", "--data-only", "--table=app.\"order\"");
        RestoreInput input = new(sized ? main : main with { Size = null }) { Data = [part] };
        await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(input, target, new() { Restore = new() { Jobs = jobs } }, default);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
    }

    [SkippableFact]
    public async Task A_part_that_is_broken_fails_the_whole_set_and_leaves_nothing()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 500), target = RestoreBed.NewName("dst");
        PlainSource main = await bed.DumpAsync(source, "-Fc", "-Z0", "--exclude-table-data=app.\"order\"");
        byte[] part = await RestoreBed.BytesAsync(await bed.DumpAsync(source, "-Fc", "-Z0", "--data-only", "--table=app.\"order\""));
        await Assert.ThrowsAsync<DrpException>(() => new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(main) { Data = [RestoreBed.FromBytes(part[..^500])] }, target, new(), default));
        Assert.False(await bed.ExistsAsync(target));
        Assert.Equal("", await bed.LeftOversAsync());
    }

    [SkippableFact]
    public async Task A_dump_of_a_whole_cluster_is_refused_and_so_is_a_script_that_runs_programs()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string target = RestoreBed.NewName("dst"), marker = Path.Join(Path.GetTempPath(), RestoreBed.NewName("drp-marker"));
        var replacement = new DatabaseReplacement(bed.Host, bed.Server);
        string all = await bed.Cluster.ToolAsync("pg_dumpall", ["--schema-only"]);
        var e = await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromText(all)), target, new(), default));
        Assert.Contains("pg_dump", e.Hint, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromText($"CREATE TABLE t ();\n\\! touch {marker}\n")), target, new(), default));
        Assert.Equal(DrpError.UnsafeTarget, e.Code);
        Assert.False(File.Exists(marker));
        Assert.False(await bed.ExistsAsync(target));
    }

    [SkippableTheory]
    [InlineData("-Fp")]
    [InlineData("-Fp", "--inserts")]
    public async Task A_script_cut_anywhere_is_never_a_success(params string[] options)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src", rows: 20);
        byte[] whole = await RestoreBed.BytesAsync(await bed.DumpAsync(source, options));
        var replacement = new DatabaseReplacement(bed.Host, bed.Server);
        foreach (int share in (int[])[30, 50, 75, 99])
        {
            string target = RestoreBed.NewName("cut");
            byte[] cut = whole[..(whole.Length * share / 100 - 40)];
            await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromBytes(cut, "cut.sql")), target, new(), default));
            Assert.False(await bed.ExistsAsync(target));
            await bed.Cluster.SqlAsync($"CREATE DATABASE {target} TEMPLATE template0");
            await Assert.ThrowsAsync<DrpException>(() => replacement.RunAsync(new(RestoreBed.FromBytes(cut, "cut.sql")), target, new() { Restore = new() { Jobs = 1 } }, default));
            Assert.True((await replacement.ExamineAsync(target, default)).IsEmpty, $"{share} %");
        }
    }

    [SkippableFact]
    public async Task Owners_and_privileges_of_missing_roles_are_warnings_with_the_role_named()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        await bed.Cluster.SqlAsync("DO $$ BEGIN CREATE ROLE \"Soon Gone\"; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        string source = await bed.MakeAsync("src");
        await bed.Cluster.SqlAsync("ALTER TABLE app.customer OWNER TO \"Soon Gone\"; GRANT SELECT ON app.\"order\" TO \"Soon Gone\";", source);
        PlainSource archive = await bed.DumpAsync(source, "-Fc"), script = await bed.DumpAsync(source, "-Fp");
        await bed.Cluster.SqlAsync($"DROP DATABASE {source};\nDROP ROLE \"Soon Gone\";".Replace(";\n", ";\n\n", StringComparison.Ordinal));
        foreach (PlainSource dump in new[] { archive, script })
        {
            string target = RestoreBed.NewName("dst");
            var done = await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(dump), target, new(), default);
            Assert.Equal(2, done.Restored.Warnings.Count(w => w.Contains("Soon Gone", StringComparison.Ordinal)));
            Assert.Equal("100|300", await bed.Cluster.SqlAsync("SELECT (SELECT count(*) FROM app.customer), (SELECT count(*) FROM app.\"order\")", target));
        }
    }

    [SkippableFact]
    public async Task The_schema_public_of_another_owner_is_no_failure()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("dst");
        await bed.Cluster.SqlAsync("DROP SCHEMA public; CREATE SCHEMA public; CREATE EXTENSION citext; COMMENT ON EXTENSION citext IS 'ours'; CREATE TABLE public.t (c citext)", source);
        var done = await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")), target, new(), default);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
        _ = done;
    }

    [SkippableFact]
    public async Task A_locale_this_server_does_not_have_is_replaced_and_said()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await bed.MakeAsync("src"), target = RestoreBed.NewName("dst");
        PostgreSqlFacts facts = await bed.FactsAsync(source) with { Collate = "tlh_QO.UTF-8", Ctype = "tlh_QO.UTF-8" };
        var done = await new DatabaseReplacement(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, "-Fc")) { Facts = facts }, target, new(), default);
        Assert.Contains(done.Restored.Warnings, w => w.Contains("tlh_QO", StringComparison.Ordinal));
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
    }
}
