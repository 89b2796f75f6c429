using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Runs <c>pg_basebackup</c>, and understands what it says: damaged pages end it with an error although the copy is whole.</summary>
/// <param name="plan">The component.</param>
/// <param name="server">The server.</param>
/// <param name="before">The server's list of files of the backup that this one builds on; null = a full one.</param>
/// <param name="host">The outside world.</param>
internal sealed class BaseProgram(PostgreSqlPlan plan, IPostgreSqlServer server, string? before, HostContext host)
{
    private const string Damage = "checksum verification failed in file ";
    private const string Program = "pg_basebackup";
    private readonly List<string> _damaged = [];
    private readonly List<string> _warnings = [];
    private string? _before = before;

    /// <summary>Pages whose checksum was wrong, as the server named them.</summary>
    public IReadOnlyList<string> DamagedPages => _damaged;

    /// <summary>Other warnings.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>True when only what changed is saved.</summary>
    public bool IsIncremental => _before is not null;

    /// <summary>Saves everything after all.</summary>
    /// <param name="why">Told as a warning.</param>
    public void SaveEverything(string why)
    {
        _before = null;
        _warnings.Add(why);
    }

    /// <summary>The base as one stream: only for a cluster without tablespaces.</summary>
    /// <param name="plain">Takes the bytes.</param>
    /// <param name="scanner">Looks at them as they pass.</param>
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

    /// <summary>
    /// Whether it can say what changed, the server alone knows: its summaries of the WAL may be gone or begin too late, it may be another one, or on another timeline. Then
    /// it says so before it sends anything, and everything is saved.
    /// </summary>
    private async Task OrEverythingAsync(Func<Task> run, Func<bool> begun)
    {
        try
        {
            await run().ConfigureAwait(false);
        }
        catch (DrpException e) when (IsIncremental && !begun())
        {
            SaveEverything(Text.Of(PhysicalTexts.IncrementalRefused, plan.Name, e.Message));
            await run().ConfigureAwait(false);
        }
    }

    private async Task StreamOnceAsync(ISink plain, ProgramOutput.Feed look, TarScanner scanner, CancellationToken ct)
    {
        // A program of this machine reads the list itself; inside a container it comes through the standard input.
        bool inside = server.Container is not null;
        Command command = server.Tool(Program, null, Arguments("-", inside ? "/dev/stdin" : _before));
        try
        {
            await ProgramOutput.CopyAsync(command, Program, server.Description, host, plain, look, OnErrorLine, ct, inside ? _before : null).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            // Everything was sent, then the server says that pages were damaged: such a copy is better than none.
            if (e.Code != DrpError.Failed || _damaged.Count == 0 || scanner.Problem is not null || !scanner.HasFileList) throw Explain(e);
        }
    }

    private async Task WriteOnceAsync(string folder, CancellationToken ct)
    {
        Command command = server.Container is null ? server.Tool(Program, null, Arguments(folder, _before)) : InSideContainer(folder);
        IRunningProcess process = host.Processes.Start(command);
        await using var _ = process.ConfigureAwait(false);
        process.OnErrorLine = OnErrorLine;
        process.Input.Close();
        await process.Output.CopyToAsync(Stream.Null, ct).ConfigureAwait(false);
        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        if (code == 0) return;
        var error = PostgreSqlErrors.FromProgram(Program, code, process.Errors, server.Description);
        if (error.Code != DrpError.Failed || _damaged.Count == 0 || !File.Exists(Path.Combine(folder, TarScanner.FileList))) throw Explain(error);
    }

    // CRC32C: the whole stream has its SHA-256 in our own manifest. A second one of each file would be computed by production's server, and would make it the
    // slowest part by far (1.2 GB: 2.4 s in place of 0.8 s).
    private string[] Arguments(string folder, string? list) =>
    [
        $"--pgdata={folder}", "--format=tar", "--wal-method=fetch", "--manifest-checksums=CRC32C", "--no-password", "--no-sync", "--label=drp",
        $"--checkpoint={(plan.BaseBackup.SpreadCheckpoint ? "spread" : "fast")}",
        .. IsIncremental ? [$"--incremental={list}"] : Array.Empty<string>(),
        .. plan.BaseBackup.MaxRate is { } rate ? [string.Create(CultureInfo.InvariantCulture, $"--max-rate={rate / 1024}")] : Array.Empty<string>(),
    ];

    /// <summary>
    /// A container of the same image beside the server's, in its network: the stock image trusts replication on the loopback. It writes into our folder, not
    /// into the layers of production's container.
    /// </summary>
    private Command InSideContainer(string folder)
    {
        ContainerFacts container = server.Container!;
        const string inside = "/drp-base", list = "/drp-before";
        string docker = ContainerEngine.ProgramOf(host.Processes);
        Command wrapped = server.Tool(Program, null);
        var environment = wrapped.Environment.Where(v => v.Value is not null).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
        string name = $"drp-base-{Guid.NewGuid().ToString("N")[..12]}";
        return new Command(docker,
        [
            "run", "--rm", "--name", name, "--pull", "never", "--network", $"container:{container.Id}", "--user", $"{Posix.UserId}", "-v", $"{folder}:{inside}",
            .. _before is null ? [] : (string[])["-v", $"{_before}:{list}:ro"],
            .. environment.Keys.SelectMany(v => new[] { "-e", v }), "--entrypoint", Program, container.Image, "--host=127.0.0.1", .. Arguments(inside, list),
        ])
        {
            Environment = environment, AfterKill = new Command(docker, "rm", "-f", name),
        };
    }

    private DrpException Explain(DrpException e) => e.Message.Contains("already been removed", StringComparison.Ordinal)
        ? new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.WalGone, server.Description), e) { Subject = server.Description, Hint = PhysicalTexts.WalGoneHint }
        : e.Message.Contains("no pg_hba.conf entry", StringComparison.Ordinal)
            ? new DrpException(e.Code, e.Message, e) { Subject = e.Subject, Hint = Text.Of(PhysicalTexts.NoReplicationHint, Sql.Identifier(server.User)) }
            : e;

    private void OnErrorLine(string line)
    {
        host.Say(DrpEventLevel.Verbose, line);
        int at = line.IndexOf(Damage, StringComparison.Ordinal);
        if (at >= 0) _damaged.Add(line[(at + Damage.Length)..].Trim());
        else if (line.StartsWith("pg_basebackup: warning: ", StringComparison.Ordinal)) _warnings.Add(line);
    }
}
