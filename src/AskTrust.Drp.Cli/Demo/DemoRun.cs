using AskTrust.Drp.Cli.Output;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Cli.Demo;

/// <summary>The demonstration: real server, real keys, real backups, a real disaster. Every step that should work is checked.</summary>
internal sealed class DemoRun(DemoServer server, Stage stage, string folder, EngineOptions engine)
{
    /// <summary>Number of steps.</summary>
    public const int Steps = 9;

    /// <summary>Runs it in the folder, which is the current one.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        string[] counts = await ShopAsync(ct);
        await PlanAsync(ct);
        await BackUpAsync(ct);
        await DisasterAsync(ct);
        await RestoreAsync(counts, ct);
        await ProveAsync(ct);
        await UndoAsync(ct);
        await EvidenceAsync(ct);
        stage.Title(CliTexts.DemoEndTitle);
        stage.Tell(CliTexts.DemoEnd);
    }

    private async Task<string[]> ShopAsync(CancellationToken ct)
    {
        stage.Title(CliTexts.DemoShopTitle);
        await server.ExecuteAsync("postgres", $"CREATE DATABASE {DemoShop.Database}", ct);
        await server.ExecuteAsync(DemoShop.Database, DemoShop.Schema, ct);
        string[] counts = await CountsAsync(ct);
        stage.Tell(Text.Of(CliTexts.DemoShop, server.Version, counts[0], counts[1], counts[2]));
        return counts;
    }

    private async Task PlanAsync(CancellationToken ct)
    {
        stage.Title(CliTexts.DemoKeyTitle);
        stage.Tell(CliTexts.DemoKey);
        Directory.CreateDirectory("keys");
        string fingerprint = await server.MakeKeyAsync(Path.Combine(folder, "keys"), ct);
        stage.Shell("gpg --quick-generate-key drp-backup default default never", fingerprint);
        stage.Shell("gpg --armor --export drp-backup > keys/backup.asc");
        stage.Shell("gpg --armor --export-secret-keys drp-backup > keys/private.asc");

        stage.Title(CliTexts.DemoPlanTitle);
        stage.Tell(CliTexts.DemoPlan);
        await WritePrivateAsync("database.password", server.Password, ct);
        string plan = DemoShop.Plan(server.Url(DemoShop.Database), fingerprint);
        await File.WriteAllTextAsync("drp.yaml", plan, ct);
        stage.File("drp.yaml", plan);
        foreach (string repository in DemoShop.Repositories) Directory.CreateDirectory(repository);
        stage.Shell("mkdir " + string.Join(' ', DemoShop.Repositories));
        Must(await stage.DrpAsync(ct, "plan", "check"), "plan check");
    }

    private async Task BackUpAsync(CancellationToken ct)
    {
        stage.Title(CliTexts.DemoBackupTitle);
        stage.Tell(CliTexts.DemoBackup);
        Must(await stage.DrpAsync(ct, "backup", "--job", "hourly"), "backup");
        Must(await stage.DrpAsync(ct, "list"), "list");
    }

    private async Task DisasterAsync(CancellationToken ct)
    {
        stage.Title(CliTexts.DemoDisasterTitle);
        stage.Tell(CliTexts.DemoDisaster);
        await server.ExecuteAsync(DemoShop.Database, DemoShop.Disaster, ct);
        stage.Shell($"psql shop -c '{DemoShop.Disaster}'", "DROP TABLE");
        try
        {
            await server.QueryAsync(DemoShop.Database, DemoShop.CountLines, ct);
            throw new DrpException(DrpError.Failed, Text.Of(CliTexts.DemoBroken, DemoShop.Disaster));
        }
        catch (DrpException e) when (e.Message.Contains("order_line", StringComparison.Ordinal) && !e.Message.Contains(DemoShop.Disaster, StringComparison.Ordinal))
        {
            stage.Shell($"psql shop -c '{DemoShop.CountLines}'", "ERROR:  " + e.Message[(e.Message.LastIndexOf(": ", StringComparison.Ordinal) + 2)..]);
        }
    }

    private async Task RestoreAsync(string[] counts, CancellationToken ct)
    {
        stage.Title(CliTexts.DemoRestoreTitle);
        stage.Tell(CliTexts.DemoRefused);
        int refused = await stage.DrpAsync(ct, "restore", "latest");
        if (refused != (int)DrpError.UnsafeTarget) throw new DrpException(DrpError.Failed, Text.Of(CliTexts.DemoBroken, $"drp restore latest → {refused}"));
        stage.Tell(CliTexts.DemoRestore);
        Must(await stage.DrpAsync(ct, "restore", "latest", "--force", "--yes"), "restore");
        string[] after = await CountsAsync(ct);
        stage.Shell($"psql shop -c '{DemoShop.CountLines}'", after[2]);
        if (!after.SequenceEqual(counts)) throw new DrpException(DrpError.VerificationFailed, Text.Of(CliTexts.DemoBroken, string.Join('/', after)));
    }

    private async Task ProveAsync(CancellationToken ct)
    {
        stage.Title(CliTexts.DemoProofTitle);
        stage.Tell(CliTexts.DemoProof);
        Must(await stage.DrpAsync(ct, "test-restore", "latest", "--negative-control", "--enforce-objectives", "--report", "report"), "test-restore");
    }

    /// <summary>The accident again, after work that no backup has: this time nothing at all is lost.</summary>
    private async Task UndoAsync(CancellationToken ct)
    {
        stage.Title(CliTexts.DemoUndoTitle);
        stage.Tell(CliTexts.DemoBase);
        Must(await stage.DrpAsync(ct, "backup", "--kind", "base"), "backup --kind base");
        await server.ExecuteAsync(DemoShop.Database, DemoShop.Morning, ct);
        string[] counts = await CountsAsync(ct);
        stage.Tell(Text.Of(CliTexts.DemoMorning, counts[2]));
        await server.ExecuteAsync(DemoShop.Database, DemoShop.Disaster, ct);
        stage.Shell($"psql shop -c '{DemoShop.Disaster}'", "DROP TABLE");
        await server.ExecuteAsync(DemoShop.Database, DemoShop.Afternoon, ct);
        stage.Tell(CliTexts.DemoReceive);
        Must(await stage.DrpAsync(ct, "wal", "receive", "--catch-up"), "wal receive");
        stage.Tell(CliTexts.DemoFind);
        Must(await stage.DrpAsync(ct, "pitr", "find", "order_line"), "pitr find");
        await using var session = await DrpSession.OpenAsync("drp.yaml", engine, ct);
        string target = (await session.FindRecoveryPointsAsync(new RecoveryPointOptions { Table = "order_line" }, ct))[0].Target;
        stage.Tell(CliTexts.DemoTable);
        Must(await stage.DrpAsync(ct, "pitr", "table", "order_line", "--to", target, "--into", "missing"), "pitr table");
        string[] after = await CountsAsync(ct);
        stage.Shell($"psql shop -c '{DemoShop.CountLines}'", after[2]);
        if (after[2] != counts[2] || after[1] != counts[1] || after[0] == counts[0]) throw new DrpException(DrpError.VerificationFailed, Text.Of(CliTexts.DemoBroken, string.Join('/', after)));
    }

    private async Task EvidenceAsync(CancellationToken ct)
    {
        stage.Tell(CliTexts.DemoEvidence);
        Must(await stage.DrpAsync(ct, "evidence"), "evidence");
    }

    private async Task<string[]> CountsAsync(CancellationToken ct) =>
        [.. (await server.QueryAsync(DemoShop.Database, DemoShop.Counts, ct))[0].Select(c => Format.Number(long.Parse(c!, System.Globalization.CultureInfo.InvariantCulture)))];

    private static void Must(int code, string command)
    {
        if (code != 0) throw new DrpException((DrpError)code, Text.Of(CliTexts.DemoStepFailed, "drp " + command, code));
    }

    private static async Task WritePrivateAsync(string path, string text, CancellationToken ct)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var writer = new StreamWriter(path, options);
        await writer.WriteAsync(text.AsMemory(), ct);
    }
}
