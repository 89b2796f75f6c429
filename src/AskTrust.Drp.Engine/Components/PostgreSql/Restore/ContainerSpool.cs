using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>
/// A plain archive as a file inside a throw-away container, where a parallel pg_restore needs it.
/// Never inside a real container: a killed run would leave plain data behind there.
/// </summary>
internal sealed class ContainerSpool : IAsyncDisposable
{
    private const long Reserve = 64L * 1024 * 1024;
    private readonly HostContext _host;
    private readonly IPostgreSqlServer _server;

    private ContainerSpool(HostContext host, IPostgreSqlServer server) => (_host, _server, Path) = (host, server, $"/tmp/drp-{DatabaseNames.NewId()}.plain");

    /// <summary>The file, as the server's programs see it.</summary>
    public string Path { get; }

    /// <summary>Makes room for a file of the given size; null when there is not enough, or the size is not known, and then nothing is risked.</summary>
    public static async Task<ContainerSpool?> TryMakeAsync(HostContext host, IPostgreSqlServer server, long? size, CancellationToken ct)
    {
        if (size is not { } needed) return null;
        ProcessResult df = await host.Processes.RunAsync(server.Where.Wrap(new Command("df", "-Pk", "/tmp")), ct).ConfigureAwait(false);
        string[] cells = df.Text.Split('\n').ElementAtOrDefault(1)?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        bool enough = df.Ok && cells.Length > 3 && long.TryParse(cells[3], CultureInfo.InvariantCulture, out long free) && free * 1024 >= needed + Reserve;
        return enough ? new ContainerSpool(host, server) : null;
    }

    /// <summary>Writes the whole stream into the file.</summary>
    public async Task FillAsync(Stream source, RestoreProgress progress, CancellationToken ct)
    {
        IRunningProcess writer = _host.Processes.Start(_server.Where.Wrap(new Command("sh", "-c", "umask 077 && cat > \"$1\"", "sh", Path)));
        await using var _ = writer.ConfigureAwait(false);
        byte[] buffer = new byte[1024 * 1024];
        while (await source.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            await writer.Input.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
            progress.Add(count);
        }

        await writer.TryCloseInputAsync().ConfigureAwait(false);
        if (await writer.WaitAsync(ct).ConfigureAwait(false) != 0)
            throw new DrpException(DrpError.NotEnoughSpace, Text.Of(RestoreTexts.SpoolFailed, _server.Description, writer.Errors.Trim())) { Subject = _server.Description };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
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
}
