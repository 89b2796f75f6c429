using AskTrust.Drp.Integration.Tests.Files;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Private;

/// <summary>A Compose project with real images; it need not run.</summary>
public sealed class ComposeComponentTests
{
    [SkippableFact]
    public async Task A_project_comes_back_with_its_files_and_its_images()
    {
        await DockerEngine.EnsureAsync();
        string image = $"drptest-{Guid.NewGuid():N}:1"[..24];
        await DockerEngine.RunAsync(["tag", "busybox:1", image]);
        try
        {
            using var scene = Scene("save");
            scene.File("docker-compose.yml", $"version: '3'\nservices:\n  web:\n    image: {image}\n    environment: {{ TOKEN: '${{TOKEN}}' }}\n    env_file: more.env\n    volumes: ['./web.conf:/etc/web.conf:ro', 'data:/data']\nvolumes: {{ data: {{}} }}\n");
            scene.File(".env", "TOKEN=hunter2hunter2");
            scene.File("more.env", "A=1");
            scene.File("web.conf", "listen 80");
            scene.File("data.bin", "not of the project");
            BackupReport saved = await scene.BackUpAsync();
            Assert.True(saved.Status == RunStatus.Succeeded && saved.Warnings.Count == 0, string.Join('\n', saved.Warnings));
            string manifest = await File.ReadAllTextAsync(Directory.EnumerateFiles(scene.Folder["one"], "manifest.json", SearchOption.AllDirectories).Single());
            foreach (string part in new[] { image, "\"imageArchive\": \"stack.images.tar\"", "shop_data", "shop_default", "\"TOKEN\"", "sha256:" }) Assert.Contains(part, manifest, StringComparison.Ordinal);
            Assert.DoesNotContain("hunter2", manifest, StringComparison.Ordinal);
            await scene.WithAsync(async s => { await foreach (var v in s.VerifyAsync(new VerifyOptions(), default)) Assert.Equal(CheckVerdict.Ok, v.Verdict); return 0; });

            // The machine is new: neither the files nor the image are there.
            scene.Sh("rm -rf " + scene.Uploads, "/");
            await DockerEngine.RunAsync(["rmi", image]);
            RestoreReport planned = await scene.RestoreAsync(new RestoreComponentOptions { DryRun = true });
            Assert.Contains(planned.Steps, s => s.Contains(image, StringComparison.Ordinal));
            await scene.RestoreAsync(new RestoreComponentOptions());
            Assert.Equal([".env", "docker-compose.yml", "more.env", "web.conf"], FilesBackupTests.FilesOf(scene.Uploads));
            await DockerEngine.RunAsync(["image", "inspect", image]);

            await scene.RestoreAsync(new RestoreComponentOptions { Destination = scene.Folder["beside"] });
            string resolved = await File.ReadAllTextAsync(scene.Folder["beside", "drp-made", "compose.resolved.yaml"]);
            Assert.Contains("hunter2hunter2", resolved, StringComparison.Ordinal);

            scene.File("docker-compose.yml", "services: { web: { image: other } }");
            DrpException changed = await Assert.ThrowsAsync<DrpException>(() => scene.RestoreAsync(new RestoreComponentOptions()));
            Assert.Contains("docker-compose.yml changed since the backup", changed.Message, StringComparison.Ordinal);
        }
        finally
        {
            await DockerEngine.RunAsync(["rmi", "-f", image]);
        }
    }

    [SkippableFact]
    public async Task Images_no_registry_has_are_told_and_so_is_a_file_that_Compose_refuses()
    {
        await DockerEngine.EnsureAsync();
        using var scene = Scene("record");
        scene.File("docker-compose.yml", "version: '3'\nservices: { web: { image: 'busybox:1' }, gone: { image: 'drp-no-such-image:1' } }\n");
        BackupReport report = await scene.BackUpAsync();
        Assert.Contains(report.Warnings, w => w.Contains("busybox:1", StringComparison.Ordinal) && w.Contains("no registry has it", StringComparison.Ordinal));
        Assert.Contains(report.Warnings, w => w.Contains("drp-no-such-image:1", StringComparison.Ordinal) && w.Contains("not on this machine", StringComparison.Ordinal));
        PlanCheck[] checks = await ChecksAsync(scene);
        Assert.Contains(checks, c => c is { Check: "Compose", Verdict: CheckVerdict.Ok });
        Assert.Contains(checks, c => c is { Check: "images", Verdict: CheckVerdict.Warning, Hint: not null });

        scene.File("docker-compose.yml", "services: { web: { image: [broken] } }\n");
        Assert.Contains(await ChecksAsync(scene), c => c is { Check: "Compose", Verdict: CheckVerdict.Failed });
        BackupReport refused = await scene.BackUpAsync();
        Assert.Equal(RunStatus.Incomplete, refused.Status);
        Assert.Contains(refused.Warnings, w => w.Contains("Compose refuses", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task An_image_its_registry_has_lost_is_told_and_comes_back_where_it_was_saved()
    {
        await DockerEngine.EnsureServicesAsync();
        using var scene = Scene("record");
        await using ImageRegistry registry = await ImageRegistry.StartAsync(scene.Folder["registry"]);
        string image = $"{registry.Name}/shop/web:1";
        await DockerEngine.RunAsync(["tag", "busybox:1", image]);
        try
        {
            await DockerEngine.RunAsync(["push", "-q", image]);
            scene.File("docker-compose.yml", $"version: '3'\nservices: {{ web: {{ image: '{image}' }} }}\n");
            Assert.Empty((await scene.BackUpAsync()).Warnings);
            await registry.LoseAsync();
            Assert.Contains((await scene.BackUpAsync()).Warnings, w => w.Contains(image, StringComparison.Ordinal) && w.Contains("does not have", StringComparison.Ordinal));
            await registry.StopAsync();
            Assert.Contains((await scene.BackUpAsync()).Warnings, w => w.Contains(image, StringComparison.Ordinal) && w.Contains("not known", StringComparison.Ordinal));

            // Saved with the set, nobody else needs to have it.
            scene.Folder.Write("drp.yaml", (await File.ReadAllTextAsync(scene.Folder["drp.yaml"])).Replace("images: record", "images: save", StringComparison.Ordinal));
            Assert.Empty((await scene.BackUpAsync()).Warnings);
            await DockerEngine.RunAsync(["rmi", image]);
            await scene.RestoreAsync(new RestoreComponentOptions { Force = true });
            await DockerEngine.RunAsync(["image", "inspect", image]);
        }
        finally
        {
            await DockerEngine.RunAsync(["rmi", "-f", image]);
        }
    }

    private static FilesScene Scene(string images) => new((scene, _) => $$"""
        version: 1
        name: shop
        components:
          stack: { type: compose, files: [{{scene.Uploads}}/docker-compose.yml], project: shop, images: {{images}} }
        repositories:
          one: { type: directory, path: {{scene.Folder["one"]}} }
        encryption: { passphrase: "${file:{{scene.Folder["passphrase"]}}}" }
        """);

    private static Task<PlanCheck[]> ChecksAsync(FilesScene scene) => scene.WithAsync(async s =>
    {
        List<PlanCheck> all = [];
        await foreach (var check in s.CheckPlanAsync(default)) all.Add(check);
        return all.ToArray();
    });
}
