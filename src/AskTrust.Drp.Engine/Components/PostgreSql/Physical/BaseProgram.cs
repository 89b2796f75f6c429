using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Takes a base with <c>pg_basebackup</c>, where a connection of our own does not get to the server (a container), is too old or has no libpq. Damaged pages end the
/// program with an error although the copy is whole.
/// </summary>
/// <param name="plan">The component.</param>
/// <param name="server">The server.</param>
/// <param name="before">The server's list of files of the backup that this one builds on; null = a full one.</param>
/// <param name="host">The outside world.</param>
internal sealed class BaseProgram(PostgreSqlPlan plan, IPostgreSqlServer server, string? before, HostContext host) : BaseTaking(plan, server, before, host)
{
    private const string Program = "pg_basebackup";
    private const string Warning = "pg_basebackup: warning: ";

    /// <inheritdoc/>
    public override Task<string> VersionAsync(CancellationToken ct) => VersionAsync(Server, Host, ct);

    /// <summary>Asks the program.</summary>
    public static async Task<string> VersionAsync(IPostgreSqlServer server, HostContext host, CancellationToken ct)
    {
        ProcessResult tool = await host.Processes.RunAsync(server.Tool(Program, null, "--version"), ct).ConfigureAwait(false);
        return tool.Ok ? tool.Text.Trim() : throw PostgreSqlErrors.FromProgram(Program, tool.ExitCode, tool.Errors, server.Description);
    }

    /// <summary>The base as one stream: only for a cluster without tablespaces.</summary>
    /// <param name="plain">Takes the bytes.</param>
    /// <param name="scanner">Sees them as they pass.</param>
    /// <param name="ct">Cancels.</param>
    public async Task StreamAsync(ISink plain, TarScanner scanner, CancellationToken ct)
    {
        bool begun = false;
        void Look(ReadOnlySpan<byte> piece)
        {
            begun = true;
            scanner.Feed(piece);
        }

        await OrEverythingAsync(() => StreamOnceAsync(plain, Look, scanner, ct), () => begun).ConfigureAwait(false);
    }

    /// <summary>The base as files in a folder, one archive for each tablespace.</summary>
    public Task WriteAsync(string folder, CancellationToken ct) => OrEverythingAsync(() => WriteOnceAsync(folder, ct), () => Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any());

    private async Task OrEverythingAsync(Func<Task> run, Func<bool> begun)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (DrpException e) when (IsIncremental && !begun())
        {
            SaveEverything(e);
            await run().ConfigureAwait(false);
        }
    }

    private async Task StreamOnceAsync(ISink plain, ProgramOutput.Feed look, TarScanner scanner, CancellationToken ct)
    {
        // A program of this machine reads the list itself; inside a container it comes through the standard input.
        bool inside = Server.Container is not null;
        Command command = Server.Tool(Program, null, Arguments("-", inside ? "/dev/stdin" : Before));
        try
        {
            await ProgramOutput.CopyAsync(command, Program, Server.Description, Host, plain, look, OnErrorLine, ct, inside ? Before : null).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            // Everything was sent, then the server says that pages were damaged: such a copy is better than none.
            if (e.Code != DrpError.Failed || DamagedPages.Count == 0 || scanner.Problem is not null || !scanner.HasFileList) throw Explain(e);
        }
    }

    private async Task WriteOnceAsync(string folder, CancellationToken ct)
    {
        Command command = Server.Container is null ? Server.Tool(Program, null, Arguments(folder, Before)) : InSideContainer(folder);
        IRunningProcess process = Host.Processes.Start(command);
        await using var _ = process.ConfigureAwait(false);
        process.OnErrorLine = OnErrorLine;
        process.Input.Close();
        await process.Output.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        if (code == 0) return;
        var error = PostgreSqlErrors.FromProgram(Program, code, process.Errors, Server.Description);
        if (error.Code != DrpError.Failed || DamagedPages.Count == 0 || !File.Exists(Path.Combine(folder, TarScanner.FileList))) throw Explain(error);
    }

    // CRC32C: the whole stream has its SHA-256 in our own manifest. A second one of each file would be computed by production's server, and would make it the
    // slowest part by far (1.2 GB: 2.4 s in place of 0.8 s).
    private string[] Arguments(string folder, string? list) =>
    [
        $"--pgdata={folder}", "--format=tar", "--wal-method=fetch", "--manifest-checksums=CRC32C", "--no-password", "--no-sync", "--label=drp",
        $"--checkpoint={(Plan.BaseBackup.SpreadCheckpoint ? "spread" : "fast")}",
        .. IsIncremental ? [$"--incremental={list}"] : Array.Empty<string>(),
        .. Plan.BaseBackup.MaxRate is { } rate ? [string.Create(CultureInfo.InvariantCulture, $"--max-rate={rate / 1024}")] : Array.Empty<string>(),
    ];

    /// <summary>
    /// A container of the same image beside the server's, in its network: the stock image trusts replication on the loopback. It writes into our folder, not
    /// into the layers of production's container.
    /// </summary>
    private Command InSideContainer(string folder)
    {
        ContainerFacts container = Server.Container!;
        const string inside = "/drp-base", list = "/drp-before";
        string docker = ContainerEngine.ProgramOf(Host.Processes);
        Command wrapped = Server.Tool(Program, null);
        var environment = wrapped.Environment.Where(v => v.Value is not null).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
        string name = $"drp-base-{Guid.NewGuid().ToString("N")[..12]}";
        return new Command(docker,
        [
            "run", "--rm", "--name", name, "--pull", "never", "--network", $"container:{container.Id}", "--user", $"{Posix.UserId}", "-v", $"{folder}:{inside}",
            .. Before is null ? [] : (string[])["-v", $"{Before}:{list}:ro"],
            .. environment.Keys.SelectMany(v => new[] { "-e", v }), "--entrypoint", Program, container.Image, "--host=127.0.0.1", .. Arguments(inside, list),
        ])
        {
            Environment = environment, AfterKill = new Command(docker, "rm", "-f", name),
        };
    }

    private void OnErrorLine(string line) => Hear(line, line.StartsWith(Warning, StringComparison.Ordinal));
}
