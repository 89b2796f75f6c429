namespace AskTrust.Drp.Engine.Host;

/// <summary>
/// Private folders (0700) for the duration of a run, below the state directory. Beside each lies an owner file (host, boot,
/// process id and start time): Sweeping removes those whose owner is gone, so a killed run leaves nothing for long.
/// </summary>
internal sealed class TempSpace
{
    /// <summary>Longest folder that still leaves room for the socket of an agent or a server (the kernel allows 107 bytes).</summary>
    private const int LongestForSockets = 72;

    private const string OwnerSuffix = ".owner";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Passable = Private | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Folders of an owner on another host or in another container are left alone this long.</summary>
    private static readonly TimeSpan s_forgotten = TimeSpan.FromDays(7);

    private readonly TimeProvider _clock;

    /// <summary>Makes the space.</summary>
    /// <param name="stateDirectory">The state directory; made (0700) when missing.</param>
    /// <param name="clock">The clock; null = the system's.</param>
    public TempSpace(string stateDirectory, TimeProvider? clock = null)
    {
        StateDirectory = Path.GetFullPath(stateDirectory);
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Where state is kept: <c>DRP_STATE</c>, else <c>/var/lib/asktrust-drp</c> for root, else <c>$XDG_STATE_HOME/asktrust-drp</c>.</summary>
    public string StateDirectory { get; }

    /// <summary>The state directory of this user.</summary>
    /// <param name="wish">A directory asked for; null = none.</param>
    public static string ChooseStateDirectory(string? wish = null)
    {
        if (Given(wish) is { } asked) return asked;
        if (Given(Environment.GetEnvironmentVariable("DRP_STATE")) is { } configured) return configured;
        if (Posix.IsRoot) return "/var/lib/asktrust-drp";
        if (OperatingSystem.IsWindows())
            return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "AskTrust", "Drp");
        string states = Given(Environment.GetEnvironmentVariable("XDG_STATE_HOME"))
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state");
        return Path.Combine(states, "asktrust-drp");
    }

    /// <summary>A folder of the state directory that stays (locks, ledger), made (0700) when missing.</summary>
    public string StateFolder(string name)
    {
        MakePrivate(StateDirectory);
        string folder = Path.Combine(StateDirectory, name);
        MakePrivate(folder);
        return folder;
    }

    /// <summary>Makes an empty private folder that goes when disposed.</summary>
    /// <param name="purpose">A short word for its name.</param>
    /// <param name="forUser">The user who gets it (we must be root); null = ourselves.</param>
    /// <param name="forSockets">Keeps the path short enough for Unix sockets.</param>
    public TempFolder CreateFolder(string purpose, string? forUser = null, bool forSockets = false)
    {
        SystemUser? user = forUser is null || forUser == Environment.UserName
            ? null
            : Posix.FindUser(forUser) ?? throw new DrpException(DrpError.Failed, Text.Of(HostTexts.NoSuchUser, forUser)) { Subject = forUser };
        // First the owner, then the folder: a sweeper that runs now never sees a folder without owner.
        string folder = Claim(BaseFor(user, forSockets, NewName(purpose).Length), purpose);
        try
        {
            MakePrivate(folder);
            if (user is not null) Posix.ChangeOwner(folder, user.Id, user.Group);
        }
        catch (Exception e)
        {
            Remove(folder);
            if (DiskFull.Is(e)) throw DiskFull.Error(folder, e);
            throw;
        }

        return new TempFolder(folder);
    }

    /// <summary>Removes the folders of runs that were killed.</summary>
    /// <returns>The folders removed.</returns>
    public IReadOnlyList<string> Sweep()
    {
        List<string> removed = [];
        foreach (string place in new[] { OwnBase, SharedBase })
        {
            if (!Directory.Exists(place)) continue;
            foreach (string owner in Directory.EnumerateFiles(place, "*" + OwnerSuffix))
            {
                string folder = owner[..^OwnerSuffix.Length];
                if (new FileInfo(owner) is { Exists: true, Length: 0 } && !Directory.Exists(folder)) RemoveEmpty(owner);
                if (!IsLeftOver(owner)) continue;
                try
                {
                    // A program of the killed run may wait for a passphrase that nobody will write any more: without its pipe it would wait for ever.
                    if (!OperatingSystem.IsWindows() && Directory.Exists(folder)) foreach (string file in Directory.EnumerateFiles(folder)) Posix.WakeReaders(file);
                    Remove(folder);
                    removed.Add(folder);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException)
                {
                    // In use, or another user's: the next sweep tries again.
                }
            }
        }

        return removed;
    }

    /// <summary>Folders of killed runs that are still there, in our own part of the space.</summary>
    public IReadOnlyList<string> LeftOver() =>
        Directory.Exists(OwnBase) ? [.. Directory.EnumerateFiles(OwnBase, "*" + OwnerSuffix).Where(IsLeftOver).Select(o => o[..^OwnerSuffix.Length]).Where(Directory.Exists)] : [];

    /// <summary>Deletes a folder and its owner file, links not followed.</summary>
    internal static void Remove(string folder)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        File.Delete(folder + OwnerSuffix);
    }

    /// <summary>Removes the owner file of a run that was killed before it had written into it, which was before it had a folder. Who is about to write holds a lock on it, or finds it gone and makes another.</summary>
    private static void RemoveEmpty(string owner)
    {
        try
        {
            using var held = new FileStream(owner, FileMode.Open, FileAccess.Read, OperatingSystem.IsWindows() ? FileShare.Delete : FileShare.None);
            if (held.Length == 0) File.Delete(owner);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody writes into it, or swept it: it is no leftover, or none any more.
        }
    }

    private static string NewName(string purpose) => $"{purpose}-{Guid.NewGuid().ToString("N")[..12]}";

    /// <summary>Writes the owner file of a folder to be. A sweeper may look at it, or take it away, as long as it is empty: then it is another one.</summary>
    private static string Claim(string place, string purpose)
    {
        for (int attempt = 1; ; attempt++)
        {
            string folder = Path.Combine(place, NewName(purpose));
            try
            {
                WriteOwner(folder + OwnerSuffix);
                if (File.Exists(folder + OwnerSuffix)) return folder;
            }
            catch (Exception e)
            {
                Remove(folder);
                if (DiskFull.Is(e)) throw DiskFull.Error(folder, e);
                if (e is not IOException || attempt == 5) throw;
            }
        }
    }

    private string OwnBase => Path.Combine(StateDirectory, "tmp");

    private static string SharedBase => Path.Combine(OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable("TEMP") ?? "." : "/tmp", $"asktrust-drp-{Posix.UserId}");

    private bool IsLeftOver(string ownerFile)
    {
        try
        {
            return OwnerMark.Parse(File.ReadAllText(ownerFile))?.Look() switch
            {
                OwnerState.Alive => false,
                OwnerState.Gone => true,
                // Elsewhere, or an owner file cut short by a crash.
                _ => _clock.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(ownerFile) > s_forgotten,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private string BaseFor(SystemUser? user, bool forSockets, int nameLength)
    {
        bool tooLong = forSockets && OwnBase.Length + 1 + nameLength > LongestForSockets;
        if (!tooLong && (user is null || IsPassable(Path.GetDirectoryName(StateDirectory))))
        {
            MakePrivate(StateDirectory);
            MakePrivate(OwnBase);
            if (user is not null && !OperatingSystem.IsWindows())
            {
                // Others may pass through, not look around; what lies below is private by itself.
                File.SetUnixFileMode(StateDirectory, Passable);
                File.SetUnixFileMode(OwnBase, Passable);
            }

            return OwnBase;
        }

        MakePrivate(SharedBase);
        if (!OperatingSystem.IsWindows())
        {
            // In a folder everybody can write to, somebody may have been here first: it must be ours, and no link.
            Posix.ChangeOwner(SharedBase, Posix.UserId, uint.MaxValue);
            if (new DirectoryInfo(SharedBase).LinkTarget is not null)
                throw new DrpException(DrpError.Failed, Text.Of(HostTexts.NotOurFolder, SharedBase)) { Subject = SharedBase };
            File.SetUnixFileMode(SharedBase, Passable);
        }

        return SharedBase;
    }

    private static bool IsPassable(string? folder)
    {
        if (OperatingSystem.IsWindows()) return true;
        for (string? at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            if (Directory.Exists(at) && (File.GetUnixFileMode(at) & UnixFileMode.OtherExecute) == UnixFileMode.None) return false;
        }

        return true;
    }

    private static void WriteOwner(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(OwnerMark.Current.ToString());
    }

    private static void MakePrivate(string folder)
    {
        if (Directory.Exists(folder)) return;
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, Private);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Error(folder, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Failed, Text.Of(HostTexts.CannotMakeFolder, folder, e.Message), e)
            {
                Subject = folder, Hint = HostTexts.SetState,
            };
        }
    }

    private static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : Path.GetFullPath(text);
}
