using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>A folder that files are restored into, as it is before.</summary>
/// <param name="Path">Full path, symbolic links resolved.</param>
/// <param name="IsThere">True when there is a folder.</param>
/// <param name="IsEmpty">True when there is none, or nothing in it.</param>
internal sealed record FilesTarget(string Path, bool IsThere, bool IsEmpty)
{
    /// <summary>Looks at a folder. Changes nothing.</summary>
    /// <param name="folder">The folder; need not be there.</param>
    /// <param name="force">Its content may be replaced (it is kept aside).</param>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: a file, a mount point, or not empty.</exception>
    public static FilesTarget Look(string folder, bool force)
    {
        string path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        try
        {
            if (Directory.Exists(path) && new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } real) path = System.IO.Path.TrimEndingDirectorySeparator(real.FullName);
            if (File.Exists(path)) throw Unsafe(Text.Of(OperationsTexts.TargetIsFile, path), path, null);
            bool there = Directory.Exists(path), empty = !there || !Directory.EnumerateFileSystemEntries(path).Any();
            if (System.IO.Path.GetDirectoryName(path) is null || DriveInfo.GetDrives().Any(d => there && System.IO.Path.TrimEndingDirectorySeparator(d.Name) == path))
            {
                throw Unsafe(Text.Of(OperationsTexts.TargetIsMount, path), path, OperationsTexts.TargetIsMountHint);
            }

            if (!empty && !force) throw Unsafe(Text.Of(OperationsTexts.TargetNotEmpty, path), path, OperationsTexts.TargetNotEmptyHint);
            return new FilesTarget(path, there, empty);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw Unsafe(Text.Of(OperationsTexts.CannotRead, path, e.Message), path, null);
        }
    }

    /// <summary>Throws when the file system has less room than that.</summary>
    public void RequireRoom(long needed)
    {
        string? at = Path;
        while (at is not null && !Directory.Exists(at)) at = System.IO.Path.GetDirectoryName(at);
        long free = new DriveInfo(at ?? "/").AvailableFreeSpace;
        if (free >= needed) return;
        throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.NoRoomFor, Path, SpaceCheck.Size(free), SpaceCheck.Size(needed))) { Subject = Path, Hint = OperationsTexts.NoRoomForHint };
    }

    /// <summary>The names beside it that a restore uses.</summary>
    public RestoredFolder Plan(string restoreId) => new(Path, Beside(Path, folder: true, "restoring", restoreId), IsEmpty ? null : Beside(Path, folder: true, "before", restoreId));

    /// <summary>A name beside a folder or a file; for a file one that begins with a dot, which no <c>include *</c> of a configuration takes in.</summary>
    public static string Beside(string path, bool folder, string word, string id) =>
        folder ? $"{path}.{word}-{id}" : System.IO.Path.Combine(System.IO.Path.GetDirectoryName(path)!, $".{System.IO.Path.GetFileName(path).TrimStart('.')}.{word}-{id}");

    /// <summary>All of them or none: when one cannot be exchanged, those before it are put back.</summary>
    public static Task SwapAllAsync(IReadOnlyList<RestoredFolder> folders)
    {
        int done = 0;
        try
        {
            for (; done < folders.Count; done++) Exchange(folders[done]);
            return Task.CompletedTask;
        }
        catch
        {
            foreach (var folder in folders.Take(done)) ExchangeBack(folder);
            throw;
        }
    }

    /// <summary>Exchanges a folder, or what was selected of it. A failure leaves the target as it was.</summary>
    public static void Exchange(RestoredFolder folder)
    {
        if (folder.Merge is not { } list)
        {
            Swap(folder);
            return;
        }

        var merge = new FilesMerge(folder, list);
        try
        {
            merge.Run();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            merge.TakeBack();
            throw Unsafe(Text.Of(OperationsTexts.CannotSwap, folder.Target, e.Message), folder.Target, OperationsTexts.TargetIsMountHint);
        }
    }

    /// <summary>Takes an exchange back.</summary>
    public static void ExchangeBack(RestoredFolder folder)
    {
        if (folder.Merge is { } list) new FilesMerge(folder, list).TakeBack();
        else SwapBack(folder);
    }

    /// <summary>Puts the restored content into its place, the previous aside. A failure leaves the target as it was.</summary>
    public static void Swap(RestoredFolder folder)
    {
        try
        {
            if (folder.Previous is { } aside) Directory.Move(folder.Target, aside);
            else if (Directory.Exists(folder.Target)) Directory.Delete(folder.Target);
            try
            {
                Directory.Move(folder.Staging, folder.Target);
            }
            catch (Exception e) when (folder.Previous is not null && e is IOException or UnauthorizedAccessException)
            {
                Directory.Move(folder.Previous!, folder.Target);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unsafe(Text.Of(OperationsTexts.CannotSwap, folder.Target, e.Message), folder.Target, OperationsTexts.TargetIsMountHint);
        }
    }

    /// <summary>Takes an exchange back, for the folders of a component that were exchanged before another failed.</summary>
    public static void SwapBack(RestoredFolder folder)
    {
        Directory.Move(folder.Target, folder.Staging);
        if (folder.Previous is { } aside) Directory.Move(aside, folder.Target);
    }

    private static DrpException Unsafe(string message, string path, string? hint) => new(DrpError.UnsafeTarget, message) { Subject = path, Hint = hint };
}
