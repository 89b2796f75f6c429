using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Faults;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Orchestration;

public sealed class RecoveryKitTests
{
    [SkippableFact]
    public async Task A_kit_names_every_secret_and_holds_none_in_clear()
    {
        Requires.Programs("gpg");
        await using var ring = new GnuPgKeyRing();
        var (fingerprint, shown, _) = await ring.MakeAsync("kit");
        using var folder = new TestFolder("kit");
        Directory.CreateDirectory(folder["data"]);
        const string Value = "it's-a-s3cret";
        Environment.SetEnvironmentVariable("DRP_TEST_KIT_SECRET", Value);
        folder.Write("drp.yaml", $$"""
            version: 1
            name: shop
            components:
              data: { type: files, path: {{folder["data"]}} }
              db: { type: postgresql, url: "postgresql://shop@127.0.0.1/shop", password: "${env:DRP_TEST_KIT_SECRET}" } # not ${env:NOT_THIS}
            repositories:
              one: { type: directory, path: {{folder["one"]}} }
            encryption: { recipients: [{{fingerprint}}], publicKeys: [{{shown}}] }
            """);
        await using var session = await DrpSession.OpenAsync(folder["drp.yaml"], new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        var planned = await session.ExportKitAsync(new RecoveryKitOptions { Folder = folder["none"], DryRun = true }, default);
        Assert.False(Directory.Exists(folder["none"]));
        Assert.Equal(["${env:DRP_TEST_KIT_SECRET}"], planned.Secrets.Select(s => s.Reference));

        var kit = await session.ExportKitAsync(new RecoveryKitOptions { Folder = folder["kit"], IncludeSecrets = true }, default);
        Assert.Equal(["drp.yaml", "RECOVERY.md", Path.Join("keys", Path.GetFileName(shown)), "secrets.env.gpg"], kit.Files);
        Assert.All(kit.Files, f => Assert.True(File.Exists(Path.Join(folder["kit"], f)), f));
        Assert.All(Directory.EnumerateFiles(folder["kit"], "*", SearchOption.AllDirectories), f => Assert.DoesNotContain("s3cret", File.ReadAllText(f), StringComparison.Ordinal));
        string page = await File.ReadAllTextAsync(Path.Join(folder["kit"], "RECOVERY.md"));
        Assert.Contains(folder["one"], page, StringComparison.Ordinal);
        Assert.Contains("drp restore-system --yes", page, StringComparison.Ordinal);
        await ChildProcess.RunAsync("gpg", ["--homedir", ring.Home, "--batch", "--quiet", "--output", folder["plain"], "--decrypt", Path.Join(folder["kit"], "secrets.env.gpg")]);
        Assert.Equal(Value, (await ChildProcess.RunAsync("sh", ["-c", ". \"$1\"; echo \"$DRP_TEST_KIT_SECRET\"", "sh", folder["plain"]])).TrimEnd());

        // The plan of the kit is a whole plan, also where the key was elsewhere.
        await using var again = await DrpSession.OpenAsync(Path.Join(folder["kit"], "drp.yaml"), new EngineOptions { StateDirectory = folder["state"], Observer = new Listener() }, default);
        Assert.StartsWith(folder["kit"], Assert.Single(again.Plan.Encryption!.PublicKeys), StringComparison.Ordinal);
        Assert.Equal(DrpError.UnsafeTarget, (await Assert.ThrowsAsync<DrpException>(() => session.ExportKitAsync(new RecoveryKitOptions { Folder = folder["kit"] }, default))).Code);
    }
}
