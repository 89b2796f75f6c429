using System.Text.Json;
using AskTrust.Drp.Engine.Plan;

namespace AskTrust.Drp.Engine.Tests.Plan;

public sealed class PlanWriterTests
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true };

    [Theory]
    [InlineData(SamplePlans.Small)]
    [InlineData(SamplePlans.Full)]
    public void An_explained_plan_reads_back_to_the_same_plan(string text)
    {
        var plan = PlanReader.Parse(text, SamplePlans.File);

        string explained = PlanWriter.Explain(plan);
        // Read in another folder: nothing in it may still be relative.
        var again = PlanReader.Parse(explained, SamplePlans.File) with { Path = plan.Path };

        Assert.Equal(Json(plan), Json(again));
        Assert.Equal(explained, PlanWriter.Explain(again));
    }

    [Fact]
    public void What_is_not_in_the_file_is_shown_as_default()
    {
        string explained = PlanWriter.Explain(PlanReader.Parse(SamplePlans.Small + "jobs: { nightly: {} }\n", SamplePlans.File));

        Assert.Equal(
            $"""
            # {SamplePlans.File} with every default filled in; secrets are shown as references only.
            version: 1
            name: shop
            components:
              db:
                type: postgresql
                production: false  # default
                url: postgresql://shop@127.0.0.1/shop
                globals: true  # default
                serializableDeferrable: false  # default
                jobs: 1  # default
                canary: false  # default
                baseBackup:
                  # maxRate: unlimited
                  spreadCheckpoint: false  # default
                  # serverCompression: true when the server runs on this machine
                connectTimeout: 15s  # default
                restoreTest:
                  where: auto  # default
                  commandTimeout: 15m  # default
                # pointInTime: off
                # pair: one server
            repositories:
              local:
                type: directory
                path: {Path.Combine(SamplePlans.Folder, "backups")}
                readOnly: false  # default
                # uploadLimit: unlimited
                # downloadLimit: unlimited
                stallTimeout: 1m  # default
            encryption: none
            compression:
              algorithm: zstd  # default
              level: 2  # default
              threads: 0  # default
            jobs:
              nightly:
                kind: full  # default
                # schedule: only on demand
                timeZone: UTC  # default
                # jitter: none
                do: [backup, prune]  # default
                # components: all
                # repositories: all
                # keep: everything is kept
                # compression: the plan's
            health:
              # compose: those of the components
              # containers: those of the components
              limits:
                availability: 99.9  # default
                response: 2s  # default
                database: 500ms  # default
                cpu: 80  # default
                memory: 85  # default
                disk: 90  # default
                backupDisk: 85  # default
                inodes: 90  # default
                connections: 80  # default
                transaction: 1h  # default
                replicationLag: 64MiB  # default
                restarts: 3  # default
                certificateDays: 14  # default
                backupAge: 1d  # default
                restoreTestAge: 5w  # default
              timeout: 10s  # default

            """.ReplaceLineEndings("\n"),
            explained);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("1.0")]
    [InlineData("no")]
    [InlineData("12:30")]
    [InlineData("a: b")]
    [InlineData("a #b")]
    [InlineData("#a")]
    [InlineData("- a")]
    [InlineData("é «\u00a0»\u2028 😀 \" \\ '")]
    [InlineData("*x")]
    [InlineData("&x")]
    [InlineData("!x")]
    [InlineData("%x")]
    [InlineData("@x")]
    [InlineData("x:")]
    [InlineData("${env:X}")]
    [InlineData("[x]")]
    [InlineData("2026-01-01")]
    [InlineData("  x ")]
    public void Awkward_texts_survive(string value)
    {
        var plan = PlanReader.Parse(SamplePlans.Small, SamplePlans.File);
        var component = (PostgreSqlPlan)plan.Components["db"] with { Database = value, RestoreTest = new() { Command = [value, value] } };
        plan = plan with { Components = new Dictionary<string, ComponentPlan>(StringComparer.Ordinal) { ["db"] = component } };

        var again = (PostgreSqlPlan)PlanReader.Parse(PlanWriter.Explain(plan), SamplePlans.File).Components["db"];

        Assert.Equal(value, again.Database);
        Assert.Equal([value, value], again.RestoreTest.Command);
    }

    private static string Json(DrpPlan plan) => JsonSerializer.Serialize(
        new { plan, components = plan.Components.Values.Cast<object>(), repositories = plan.Repositories.Values.Cast<object>() }, s_json);
}
