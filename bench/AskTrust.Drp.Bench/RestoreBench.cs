namespace AskTrust.Drp.Bench;

/// <summary>Restores against what people do today. The set of <see cref="BackupBench"/> is restored, decryption included.</summary>
internal sealed class RestoreBench(Stand stand)
{
    public Series Script { get; } = new("gunzip | psql");

    public Series Drp { get; } = new("drp restore, decryption included");

    public Series Parts { get; } = new("drp restore of a set dumped with jobs: 2");

    public async Task RunAsync()
    {
        Console.WriteLine("restore");
        string plan = stand.Plan("one", $"  local: {{ type: directory, path: {stand.Folder}/one }}");
        if (!Directory.Exists(Path.Join(stand.Folder, "one"))) await stand.DrpAsync("backup", "--plan", plan, "--quiet");
        string parallel = stand.Plan("parallel", $"  local: {{ type: directory, path: {stand.Folder}/parallel }}", "    jobs: 2");
        if (!Directory.Exists(Path.Join(stand.Folder, "parallel"))) await stand.DrpAsync("backup", "--plan", parallel, "--quiet");
        await stand.ShellAsync("pg_dump | gzip > script.sql.gz");
        string expected = await stand.RowsAsync("bench");
        for (int round = 0; round < stand.Settings.Rounds; round++)
        {
            await stand.FreshDatabaseAsync("restored");
            Script.Add(await stand.ShellAsync("gunzip -c script.sql.gz | psql -X -q -v ON_ERROR_STOP=1 -d restored > /dev/null"));
            await CheckAsync(expected);
            await stand.FreshDatabaseAsync("restored");
            Drp.Add(await stand.DrpAsync("restore", "latest", "--plan", plan, "--database", "restored", "--yes", "--quiet"));
            await CheckAsync(expected);
            await stand.FreshDatabaseAsync("restored");
            Parts.Add(await stand.DrpAsync("restore", "latest", "--plan", parallel, "--database", "restored", "--yes", "--quiet"));
            await CheckAsync(expected);
        }
    }

    private async Task CheckAsync(string expected)
    {
        if (await stand.RowsAsync("restored") is var found && found != expected) throw new InvalidOperationException($"restored {found} rows, expected {expected}");
    }
}
