using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// A parallel pg_restore needs a file it can seek in, where the server's programs run: here, or inside a throw-away container.
/// Never inside a real container: a killed run would leave plain data behind there.
/// </summary>
internal sealed class RestoreSpool : IAsyncDisposable
{
    private const long Reserve = 64L * 1024 * 1024;
    private readonly HostContext _host;
    private readonly IPostgreSqlServer _server;
    private readonly TempFolder? _folder;

    private RestoreSpool(HostContext host, IPostgreSqlServer server, TempFolder? folder, string path) =>
        (_host, _server, _folder, Path) = (host, server, folder, path);

    /// <summary>The file, as the server's programs see it.</summary>
    public string Path { get; }

    /// <summary>Makes room for a file of the given size; null when there is not enough, or none of ours.</summary>
    /// <param name="host">The host.</param>
    /// <param name="server">The server.</param>
    /// <param name="size">Plain bytes; null = unknown, and then nothing is risked.</param>
    /// <param name="insideContainer">The server's container is ours and will be thrown away.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<RestoreSpool?> TryMakeAsync(HostContext host, IPostgreSqlServer server, long? size, bool insideContainer, CancellationToken ct)
    {
        if (size is not { } needed) return null;
        if (server.Where.IsLocal)
        {
            TempFolder folder = host.Temp.CreateFolder("restore");
            if (new DriveInfo(folder.Path).AvailableFreeSpace >= needed + Reserve)
                return new RestoreSpool(host, server, folder, System.IO.Path.Combine(folder.Path, "plain"));
            await folder.DisposeAsync().ConfigureAwait(false);
            return null;
        }

        if (!insideContainer) return null;
        ProcessResult df = await host.Processes.RunAsync(server.Where.Wrap(new Command("df", "-Pk", "/tmp")), ct).ConfigureAwait(false);
        string[] cells = df.Text.Split('\n').ElementAtOrDefault(1)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        bool enough = df.Ok && cells.Length > 3 && long.TryParse(cells[3], CultureInfo.InvariantCulture, out long free) && free * 1024 >= needed + Reserve;
        return enough ? new RestoreSpool(host, server, null, $"/tmp/drp-{DatabaseNames.NewId()}.plain") : null;
    }

    /// <summary>Writes the whole stream into the file.</summary>
    public async Task FillAsync(Stream source, RestoreProgress progress, CancellationToken ct)
    {
        if (_folder is not null)
        {
            // The folder is ours alone (0700), so the file is too.
            var file = new FileStream(Path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0, Options = FileOptions.Asynchronous });
            await using var _ = file.ConfigureAwait(false);
            await CopyAsync(source, file.WriteAsync, progress, ct).ConfigureAwait(false);
            return;
        }

        IRunningProcess writer = _host.Processes.Start(_server.Where.Wrap(new Command("sh", "-c", "umask 077 && cat > \"$1\"", "sh", Path)));
        await using var __ = writer.ConfigureAwait(false);
        await CopyAsync(source, writer.Input.WriteAsync, progress, ct).ConfigureAwait(false);
        await writer.TryCloseInputAsync().ConfigureAwait(false);
        if (await writer.WaitAsync(ct).ConfigureAwait(false) != 0)
            throw new DrpException(DrpError.NotEnoughSpace, Text.Of(RestoreTexts.SpoolFailed, _server.Description, writer.Errors.Trim())) { Subject = _server.Description };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_folder is not null)
        {
            await _folder.DisposeAsync().ConfigureAwait(false);
            return;
        }

        using var brief = new CancellationTokenSource(TimeSpan.FromSeconds(20), _host.Clock);
        try
        {
            await _host.Processes.RunAsync(_server.Where.Wrap(new Command("rm", "-f", Path)), brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            // The container goes away soon, and the file with it.
        }
    }

    private static async Task CopyAsync(Stream source, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> write, RestoreProgress progress, CancellationToken ct)
    {
        byte[] buffer = new byte[1024 * 1024];
        while (await source.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            await write(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
            progress.Add(count);
        }
    }
}
