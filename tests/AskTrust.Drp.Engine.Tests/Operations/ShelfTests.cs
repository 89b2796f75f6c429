using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;
using AskTrust.Drp.Engine.Operations.Kinds;
using AskTrust.Drp.Engine.Tests.Host;

namespace AskTrust.Drp.Engine.Tests.Operations;

/// <summary>An exchange that was cut off anywhere is settled without losing a file: neither what was there, nor what an undo puts back.</summary>
public sealed class ShelfTests
{
    private const string Restore = "R", Undo = "U";

    [SkippableTheory]
    // A restore over content: back. On the way out, on the way in, and in the middle of settling itself.
    [InlineData("restore", "a b drp-restoring-R/n", "a b")]
    [InlineData("restore", "b drp-before-R.part/a drp-restoring-R/n", "a b")]
    [InlineData("restore", "drp-before-R/a drp-before-R/b drp-restoring-R/n", "a b")]
    [InlineData("restore", "n drp-before-R/a drp-before-R/b drp-restoring-R/m", "a b")]
    [InlineData("restore", "m drp-before-R/a drp-before-R/b drp-half-R.part/n", "a b")]
    [InlineData("restore", "drp-before-R/a drp-before-R/b drp-half-R/n drp-half-R/m", "a b")]
    [InlineData("restore", "a drp-before-R/b drp-half-R/n", "a b")]
    [InlineData("restore", "a b drp-half-R/n", "a b")]
    // Into what was empty: on.
    [InlineData("empty", "drp-restoring-R/n drp-restoring-R/m", "m n")]
    [InlineData("empty", "n drp-restoring-R/m", "m n")]
    [InlineData("empty", "m n", "m n")]
    // An undo: on, with what was restored kept.
    [InlineData("undo", "m n drp-before-R/a", "a drp-before-U/m drp-before-U/n")]
    [InlineData("undo", "m drp-before-R/a drp-before-U.part/n", "a drp-before-U/m drp-before-U/n")]
    [InlineData("undo", "drp-before-R/a drp-before-R/b drp-before-U/m drp-before-U/n", "a b drp-before-U/m drp-before-U/n")]
    [InlineData("undo", "a drp-before-R/b drp-before-U/n", "a b drp-before-U/n")]
    [InlineData("undo", "a b drp-before-U/n", "a b drp-before-U/n")]
    public async Task Nothing_is_lost(string what, string cut, string settled)
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "a shell of Linux");
        using var host = new TestHost();
        string place = Path.Join(host.Folder, "data");
        foreach (string file in cut.Split(' '))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(place, file))!);
            await File.WriteAllTextAsync(Path.Join(place, file), file);
        }

        bool undo = what == "undo";
        var entry = new RestoreEntry
        {
            RestoreId = undo ? Undo : Restore, Started = DateTimeOffset.UtcNow, Component = "c", Database = "c", Source = "s", Swapping = true,
            WasEmpty = what == "empty", Undoes = undo ? Restore : null, Incoming = undo ? $"{place}/drp-before-R" : null,
        };
        var shelf = new Shelf(new PlaceShell(host.Context, LocalTarget.Instance), place, redis: false);
        Assert.Equal(what != "restore", await shelf.SettleAsync(entry, default));
        string[] there = [.. Directory.EnumerateFileSystemEntries(place, "*", SearchOption.AllDirectories).Where(p => File.Exists(p) || !Directory.EnumerateFileSystemEntries(p).Any()).Select(p => Path.GetRelativePath(place, p)).Order(StringComparer.Ordinal)];
        Assert.Equal(settled, string.Join(' ', there));
    }
}
