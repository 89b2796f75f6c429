using System.Globalization;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Names that mean something to a shell, to SQL, to a path, to a connection string or to HTML stay names all the way.</summary>
public sealed class HostileNameTests
{
    private static readonly string[] s_names =
    [
        "it's \"quoted\"", "two\nlines", "🐘 é", "$(touch hostile)", "--option", "../up/`touch hostile`", "dbname=postgres host=x", "<script>alert(1)</script>%s",
    ];

    [SkippableFact]
    public async Task Hostile_names_stay_names_from_backup_to_report()
    {
        await using var scene = await Scene.SetAsync((s, _) => Plan(s));
        Directory.CreateDirectory(scene.Folder["it's $(touch hostile) 🐘"]);
        for (int i = 0; i < s_names.Length; i++) await MakeAsync(scene, i);

        var backup = await scene.BackUpAsync(new BackupOptions { Reason = "“$(touch hostile)” <b>\n--reason" });
        Assert.True(backup.Status == RunStatus.Succeeded, string.Join("; ", backup.Warnings));
        Assert.Equal(3 * s_names.Length, backup.Rows);
        var set = Assert.Single(await scene.WithAsync(async s => await s.ListAsync(new BackupFilter(), default).ToListAsync()));
        Assert.Equal(s_names.Length, set.Components.Count);
        var verified = await scene.WithAsync(async s => await s.VerifyAsync(new VerifyOptions { Depth = VerificationDepth.Archive }, default).ToListAsync());
        Assert.All(verified, v => Assert.True(v.Verdict == CheckVerdict.Ok, string.Join("; ", v.Problems)));

        for (int i = 0; i < s_names.Length; i++)
        {
            string copy = s_names[i] + "2";
            var restored = await scene.WithAsync(s => s.RestoreAsync(new RestoreOptions { Id = set.Id, Component = Component(i), Database = copy }, default));
            Assert.Equal(RunStatus.Succeeded, restored.Status);
            Assert.Equal(await DumpAsync(scene, s_names[i]), await DumpAsync(scene, copy));
        }

        List<RestoreTestResult> proofs = [];
        foreach (int i in (int[])[1, 6])
            proofs.Add(await scene.WithAsync(s => s.TestRestoreAsync(new RestoreTestOptions { Component = Component(i) }, default)));
        Assert.All(proofs, p => Assert.True(p.Verdict == CheckVerdict.Ok, p.Message));
        await AssertReportAsync(scene, proofs);

        Assert.All((string[])[scene.Folder.Path, Environment.CurrentDirectory, AppContext.BaseDirectory, Path.GetTempPath()], f => Assert.False(File.Exists(Path.Join(f, "hostile")), $"a name was run as a command in {f}"));
        string[] known = [.. s_names, .. s_names.Select(n => n + "2"), "postgres", "shop"];
        Assert.Equal(known.Length.ToString(CultureInfo.InvariantCulture), await scene.Cluster.SqlAsync("SELECT count(*) FROM pg_database WHERE NOT datistemplate"));
    }

    private static async Task AssertReportAsync(Scene scene, List<RestoreTestResult> proofs)
    {
        string folder = scene.Folder.Sub("report $(touch hostile)");
        var files = await DrpSession.ExportReportAsync(proofs, new ReportOptions { Folder = folder, Language = "en" }, default);
        Assert.Equal(3, files.Count);
        Assert.Equal(3, Directory.EnumerateFileSystemEntries(folder).Count());
        foreach (var file in files)
        {
            string text = await File.ReadAllTextAsync(file.Path);
            if (file.Format != ReportFormat.Json) Assert.DoesNotContain("<script>alert", text);
            if (file.Format == ReportFormat.Markdown) Assert.DoesNotContain("two\nlines", text);
            Assert.DoesNotContain(Scene.Password, text);
        }

        var read = DrpOutput.ReadRestoreTests(await File.ReadAllBytesAsync(files.Single(f => f.Format == ReportFormat.Json).Path));
        Assert.Equal(proofs.SelectMany(p => p.Assertions).Select(a => a.Name), read.SelectMany(p => p.Assertions).Select(a => a.Name));
    }

    private static async Task MakeAsync(Scene scene, int i)
    {
        string role = Quote(s_names[(i + 1) % s_names.Length] + " role"), schema = Quote(s_names[(i + 2) % s_names.Length]), table = Quote(s_names[(i + 3) % s_names.Length]), column = Quote(s_names[(i + 4) % s_names.Length]);
        await scene.Cluster.SqlAsync($"CREATE ROLE {role}; CREATE DATABASE {Quote(s_names[i])} OWNER {role}");
        await scene.Cluster.SqlAsync($"""
            CREATE SCHEMA {schema} AUTHORIZATION {role};
            CREATE TABLE {schema}.{table} ({column} text);
            INSERT INTO {schema}.{table} VALUES ('1'), ('it''s $(touch hostile)'), (E'\\.\n--');
            ALTER TABLE {schema}.{table} OWNER TO {role};
            GRANT SELECT ON {schema}.{table} TO postgres;
            COMMENT ON TABLE {schema}.{table} IS 'of $(touch hostile)
            two lines';
            """, s_names[i]);
    }

    private static string Plan(Scene scene) => $$"""
        version: 1
        name: shop
        components:
        {{string.Join('\n', s_names.Select((n, i) => $"  {Component(i)}: {{ type: postgresql, url: \"{scene.Cluster.Url(n)}\", password: \"${{env:DRP_TEST_PASSWORD}}\", restoreTest: {{ where: cluster }} }}"))}}
        repositories:
          one: { type: directory, path: '{{scene.Folder["it's $(touch hostile) 🐘"].Replace("'", "''", StringComparison.Ordinal)}}' }
        encryption:
          passphrase: "${file:{{scene.Folder["passphrase"]}}}"
        """;

    private static async Task<string> DumpAsync(Scene scene, string database) =>
        // The guard of the script has a random key.
        string.Join('\n', (await scene.Cluster.ToolAsync("pg_dump", ["--no-sync"], database)).Split('\n').Where(l => !l.StartsWith("\\restrict", StringComparison.Ordinal) && !l.StartsWith("\\unrestrict", StringComparison.Ordinal)));

    private static string Component(int i) => $"db{i.ToString(CultureInfo.InvariantCulture)}";

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
