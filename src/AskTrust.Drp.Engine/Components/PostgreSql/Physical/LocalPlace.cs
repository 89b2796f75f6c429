using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>This machine.</summary>
/// <param name="host">The host.</param>
/// <param name="programs">Folder of the server programs.</param>
/// <param name="user">User of the server; null = ourselves.</param>
/// <param name="folder">Private folder of the server.</param>
internal sealed class LocalPlace(HostContext host, string programs, string? user, string folder) : IServerPlace
{
    /// <inheritdoc/>
    public Command Program(string program, params IReadOnlyList<string> arguments) => new(Path.Combine(programs, OperatingSystem.IsWindows() ? program + ".exe" : program), [.. arguments])
    {
        RunAs = user, WorkingDirectory = folder, Environment = RecoveryServer.Clean,
    };

    /// <inheritdoc/>
    public async Task WriteAsync(string path, string text, CancellationToken ct)
    {
        await File.WriteAllTextAsync(path, text, ct).ConfigureAwait(false);
        // The server may be another user.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
    }

    /// <inheritdoc/>
    public Task<bool> HasAsync(string path, CancellationToken ct) => Task.FromResult(File.Exists(path));

    /// <inheritdoc/>
    public Task<IPostgreSqlServer> ConnectAsync(ConnectionSettings settings, CancellationToken ct) => DirectServer.ConnectAsync(settings, null, host, new() { DatabaseMayBeGone = true }, ct);

    /// <inheritdoc/>
    public Task EndAsync(string data, CancellationToken ct) => new ThrowawayRecord("", folder, data, programs, user).StopAsync(host.Processes, ct);
}
