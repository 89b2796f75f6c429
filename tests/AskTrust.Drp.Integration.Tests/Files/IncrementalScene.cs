using System.Globalization;

namespace AskTrust.Drp.Integration.Tests.Files;

/// <summary>A folder of which everything is saved every seven days, and only changes in between.</summary>
internal static class IncrementalScene
{
    public static FilesScene Make(bool encrypted = false, string more = "", Func<FilesScene, string, string>? plan = null) => new((s, text) =>
    {
        text = text.Replace("path: " + s.Uploads + " }", "path: " + s.Uploads + ", full: 7d" + more + " }", StringComparison.Ordinal);
        if (!encrypted) text = text.Replace("encryption: { passphrase: \"${file:" + s.Folder["passphrase"] + "}\" }", "encryption: none", StringComparison.Ordinal);
        return plan?.Invoke(s, text) ?? text;
    });

    /// <summary>Waits until a change made now is told from one made before by its time, whatever the file system.</summary>
    public static async Task SettleAsync()
    {
        DateTime until = DateTime.UtcNow.AddSeconds(3.1);
        while (DateTime.UtcNow < until) await Task.Delay(50);
    }

    /// <summary>Names in the archive of a set that is not encrypted.</summary>
    public static string[] Archived(this FilesScene scene, string id) =>
        scene.Sh($"zstd -dc sets/{id}/uploads.tar.zst | tar -t", scene.Folder["one", "shop"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static async Task<string> RestoredAsync(this FilesScene scene, string id)
    {
        string place = scene.Folder["look-" + Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture)];
        await scene.RestoreAsync(new RestoreComponentOptions { Id = id, Destination = place });
        string look = scene.Look(place);
        FilesScene.Run("rm", ["-rf", place], "/");
        return look;
    }

    public static async Task<VerificationResult[]> VerifyAsync(this FilesScene scene, params string[] ids) => await scene.WithAsync(s => s.VerifyAsync(
        new VerifyOptions { Depth = VerificationDepth.Archive, Filter = new BackupFilter { Ids = ids } }, default).ToArrayAsync().AsTask());
}
