using System.Diagnostics;
using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>The folder a cluster is restored into, as it was before.</summary>
/// <param name="Path">Full path.</param>
/// <param name="IsThere">True when there is a cluster in it.</param>
/// <param name="RunAs">User who will own it and run the server; null = ourselves.</param>
internal sealed record TargetDirectory(string Path, bool IsThere, SystemUser? RunAs)
{
    private const string VersionFile = "PG_VERSION";
    private const string LockFile = "postmaster.pid";

    /// <summary>Looks at a folder. Changes nothing.</summary>
    /// <param name="folder">The folder; need not be there.</param>
    /// <param name="force">A cluster in it may be replaced (it is kept aside).</param>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: a server runs in it, or it holds something else, or it must not be replaced.</exception>
    public static TargetDirectory Look(string folder, bool force)
    {
        string path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(folder));
        if (File.Exists(path)) throw Unsafe(Text.Of(PhysicalTexts.IsAFile, path), path, null);
        bool any = Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any();
        if (any && !IsCluster(path)) throw Unsafe(Text.Of(PhysicalTexts.NotACluster, path), path, PhysicalTexts.NotAClusterHint);
        if (any && Running(path) is { } id) throw Unsafe(Text.Of(PhysicalTexts.ServerRuns, path, id), path, PhysicalTexts.ServerRunsHint);
        if (any && !force) throw Unsafe(Text.Of(PhysicalTexts.ClusterThere, path), path, PhysicalTexts.ClusterThereHint);
        return new TargetDirectory(path, any, Owner(path));
    }

    /// <summary>The id of the server that runs in a folder; null when none does.</summary>
    public static int? Running(string path)
    {
        string file = System.IO.Path.Combine(path, LockFile);
        try
        {
            if (!File.Exists(file)) return null;
            string[] lines = File.ReadAllLines(file);
            // The folder may be that of a server in a container, where it has another process id: a server's working directory is its data directory.
            if (OperatingSystem.IsLinux() && Servers().FirstOrDefault(id => WorksIn(id, lines)) is > 0 and int found) return found;
            if (!int.TryParse(lines.FirstOrDefault(), CultureInfo.InvariantCulture, out int id)) return null;
            using var process = Process.GetProcessById(id);
            return IsServer(process.ProcessName) ? id : null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }

    private static bool IsServer(string name) => name.StartsWith("postgres", StringComparison.Ordinal) || name.StartsWith("postmaster", StringComparison.Ordinal);

    private static List<int> Servers()
    {
        List<int> servers = [];
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                if (IsServer(process.ProcessName)) servers.Add(process.Id);
            }
        }

        return servers;
    }

    /// <summary>The lock file tells when the server began, and where: no two are the same.</summary>
    private static bool WorksIn(int id, string[] lines)
    {
        try
        {
            return File.ReadAllLines($"/proc/{id}/cwd/{LockFile}").SequenceEqual(lines, StringComparer.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It ended, or is another user's.
            return false;
        }
    }

    /// <summary>Moves a cluster aside.</summary>
    /// <param name="id">Id of the restore, for its new name.</param>
    /// <returns>Where it is now; null when there was none.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: it cannot be renamed, being a mount point for example.</exception>
    public string? MoveAside(string id)
    {
        if (!IsThere) return null;
        string aside = $"{Path}.before-{id}";
        try
        {
            Directory.Move(Path, aside);
            return aside;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unsafe(Text.Of(PhysicalTexts.CannotMove, Path, e.Message), Path, PhysicalTexts.CannotMoveHint);
        }
    }

    /// <summary>Makes the folder, private to its user.</summary>
    public void Make()
    {
        MakeFolder(Path, RunAs);
    }

    /// <summary>Makes a folder private to a user; parents that are missing too.</summary>
    public static void MakeFolder(string path, SystemUser? user)
    {
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
        else
        {
            if (System.IO.Path.GetDirectoryName(path) is { } parent) Directory.CreateDirectory(parent);
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (user is not null) Posix.ChangeOwner(path, user.Id, user.Group);
        }
    }

    private static bool IsCluster(string path) => File.Exists(System.IO.Path.Combine(path, VersionFile)) && Directory.Exists(System.IO.Path.Combine(path, "global"));

    /// <summary>PostgreSQL refuses root: then its own user, as whom the packages of every system run it.</summary>
    private static SystemUser? Owner(string path)
    {
        if (!Posix.IsRoot) return null;
        return Posix.FindUser("postgres") ?? throw new DrpException(DrpError.Unreachable, PhysicalTexts.NoPostgresUser) { Subject = path, Hint = PhysicalTexts.NoPostgresUserHint };
    }

    private static DrpException Unsafe(string message, string path, string? hint) => new(DrpError.UnsafeTarget, message) { Subject = path, Hint = hint };
}
