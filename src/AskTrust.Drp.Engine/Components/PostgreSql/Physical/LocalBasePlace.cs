using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Folders of this machine.</summary>
/// <param name="host">The host.</param>
/// <param name="programs">Folder of the server programs.</param>
/// <param name="user">User of the server; null = ourselves.</param>
internal sealed class LocalBasePlace(HostContext host, string programs, SystemUser? user) : IBasePlace
{
    private const string ControlFolder = "global";

    /// <inheritdoc/>
    public IBaseReceiver Files() => new LocalFiles(user);

    /// <inheritdoc/>
    public Task<IBaseWork> WorkAsync(CancellationToken ct) => Task.FromResult<IBaseWork>(new Work(host.Temp.CreateFolder("chain", user?.Name)));

    /// <inheritdoc/>
    public Command Program(string program, params IReadOnlyList<string> arguments) => new LocalPlace(host, programs, user?.Name, "/").Program(program, arguments);

    /// <inheritdoc/>
    public Task FolderAsync(string path, CancellationToken ct)
    {
        TargetDirectory.MakeFolder(path, user);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task TextAsync(string path, string text, CancellationToken ct) => new LocalFiles(user).TextAsync(path, text, ct);

    /// <inheritdoc/>
    public Task LiftAsync(string folder, CancellationToken ct)
    {
        string data = Path.GetDirectoryName(folder)!;
        string[] entries = [.. Directory.EnumerateFileSystemEntries(folder)];
        foreach (string entry in entries.OrderBy(e => Path.GetFileName(e) == ControlFolder))
        {
            string to = Path.Combine(data, Path.GetFileName(entry));
            if (Directory.Exists(entry)) Directory.Move(entry, to);
            else File.Move(entry, to);
        }

        Directory.Delete(folder);
        return Task.CompletedTask;
    }

    private sealed class Work(TempFolder folder) : IBaseWork
    {
        public string Path => folder.Path;

        public ValueTask DisposeAsync() => folder.DisposeAsync();
    }
}
