using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.Faults;

/// <summary>Files of killed writers that never got their names.</summary>
public sealed class LeftoverTests
{
    [SkippableFact]
    public async Task A_prune_removes_them_in_every_folder_of_the_plan_once_nobody_can_be_writing_them()
    {
        await using var scene = await Scene.SetAsync();
        await scene.BackUpAsync();
        string[] folders = ["sets/20260101T000000Z-full", "locks", "evidence", "wal/7000000000000000000/00000001"];
        foreach (string folder in folders)
        {
            string path = scene.Folder["one", "shop", folder];
            Directory.CreateDirectory(path);
            foreach (string name in (string[])["~drp-old", "~drp-new"]) await File.WriteAllTextAsync(Path.Join(path, name), "half");
            File.SetLastWriteTimeUtc(Path.Join(path, "~drp-old"), DateTime.UtcNow.AddHours(-1));
        }

        await scene.WithAsync(async s => await s.RetainAsync(new RetentionOptions { Policy = new RetentionPolicy { Last = 5 } }, default).ToListAsync());
        Assert.All(folders, folder => Assert.False(File.Exists(Path.Join(scene.Folder["one", "shop", folder], "~drp-old")), folder));
        Assert.All(folders, folder => Assert.True(File.Exists(Path.Join(scene.Folder["one", "shop", folder], "~drp-new")), folder));
    }
}
