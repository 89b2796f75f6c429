using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>A side container: the programs are those of the image.</summary>
internal sealed class SidePlace(HostContext host, SideContainer side) : IServerPlace
{
    /// <inheritdoc/>
    public Command Program(string program, params IReadOnlyList<string> arguments) => side.Exec(true, program, arguments);

    /// <inheritdoc/>
    public async Task WriteAsync(string path, string text, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(side.Exec(true, "sh", "-c", "cat > \"$1\"", "sh", path), ct, System.Text.Encoding.UTF8.GetBytes(text)).ConfigureAwait(false);
        if (!result.Ok) throw side.Failed(result.Errors);
    }

    /// <inheritdoc/>
    public async Task<bool> HasAsync(string path, CancellationToken ct) => (await host.Processes.RunAsync(side.Exec(true, "test", "-f", path), ct).ConfigureAwait(false)).Ok;

    /// <inheritdoc/>
    public Task<IPostgreSqlServer> ConnectAsync(ConnectionSettings settings, CancellationToken ct) => side.ConnectAsync(settings, ct);

    /// <inheritdoc/>
    public Task EndAsync(string data, CancellationToken ct) =>
        host.Processes.RunAsync(side.Exec(true, "pg_ctl", "stop", "-D", data, "-m", "immediate", "-t", "10"), ct);
}
