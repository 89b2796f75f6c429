using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Backup;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>Runs <c>pg_basebackup</c>, and understands what it says: damaged pages end it with an error although the copy is whole.</summary>
internal sealed class BaseProgram(PostgreSqlPlan plan, IPostgreSqlServer server, HostContext host)
{
    private const string Damage = "checksum verification failed in file ";
    private const string Program = "pg_basebackup";
    private readonly List<string> _damaged = [];
    private readonly List<string> _warnings = [];

    /// <summary>Pages whose checksum was wrong, as the server named them.</summary>
    public IReadOnlyList<string> DamagedPages => _damaged;

    /// <summary>Other warnings.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The base as one stream: only for a cluster without tablespaces.</summary>
    /// <param name="plain">Takes the bytes.</param>
    /// <param name="scanner">Looks at them as they pass.</param>
    /// <param name="ct">Cancels.</param>
    public async Task StreamAsync(ISink plain, TarScanner scanner, CancellationToken ct)
    {
        Command command = server.Tool(Program, null, Arguments("-"));
        try
        {
            await ProgramOutput.CopyAsync(command, Program, server.Description, host, plain, scanner.Feed, OnErrorLine, ct).ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            // Everything was sent, then the server says that pages were damaged: such a copy is better than none.
            if (e.Code != DrpError.Failed || _damaged.Count == 0 || scanner.Problem is not null || !scanner.HasFileList) throw Explain(e);
        }
    }

    /// <summary>The base as files in a folder, one archive for each tablespace.</summary>
    public async Task WriteAsync(string folder, CancellationToken ct)
    {
        Command command = server.Container is null ? server.Tool(Program, null, Arguments(folder)) : InSideContainer(folder);
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
    private string[] Arguments(string folder) =>
    [
        $"--pgdata={folder}", "--format=tar", "--wal-method=fetch", "--manifest-checksums=CRC32C", "--no-password", "--no-sync", "--label=drp",
        $"--checkpoint={(plan.BaseBackup.SpreadCheckpoint ? "spread" : "fast")}",
        .. plan.BaseBackup.MaxRate is { } rate ? [string.Create(CultureInfo.InvariantCulture, $"--max-rate={rate / 1024}")] : Array.Empty<string>(),
    ];

    /// <summary>
    /// A container of the same image beside the server's, in its network: the stock image trusts replication on the loopback. It writes into our folder, not
    /// into the layers of production's container.
    /// </summary>
    private Command InSideContainer(string folder)
    {
        ContainerFacts container = server.Container!;
        const string inside = "/drp-base";
        string docker = ContainerEngine.ProgramOf(host.Processes);
        Command wrapped = server.Tool(Program, null);
        var environment = wrapped.Environment.Where(v => v.Value is not null).ToDictionary(v => v.Key, v => v.Value, StringComparer.Ordinal);
        string name = $"drp-base-{Guid.NewGuid().ToString("N")[..12]}";
        return new Command(docker,
        [
            "run", "--rm", "--name", name, "--pull", "never", "--network", $"container:{container.Id}", "--user", $"{Posix.UserId}", "-v", $"{folder}:{inside}",
            .. environment.Keys.SelectMany(v => new[] { "-e", v }), "--entrypoint", Program, container.Image, "--host=127.0.0.1", .. Arguments($"{inside}"),
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
