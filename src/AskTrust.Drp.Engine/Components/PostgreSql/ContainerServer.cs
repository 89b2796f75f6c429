using System.Text;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql;

/// <summary>A server inside a container: its port need not be published, so queries go through the container's own <c>psql</c>.</summary>
internal sealed partial class ContainerServer : PostgreSqlServer
{
    private readonly IProcessRunner _processes;
    private readonly ContainerFacts _container;
    private readonly string? _programs;

    private ContainerServer(ConnectionSettings settings, Secret? password, ContainerFacts container, IProcessRunner processes)
        : base(settings, password, new ContainerTarget(container.Id, docker: ContainerEngine.ProgramOf(processes)))
    {
        _processes = processes;
        _container = container;
        _programs = container.Environment.GetValueOrDefault("PATH")?.Split(':').LastOrDefault(f => DebianFolder().IsMatch(f));
    }

    /// <inheritdoc/>
    public override string Description => Text.Of(HostTexts.InContainer, _container.Name);

    /// <inheritdoc/>
    public override ContainerFacts? Container => _container;

    /// <summary>Connects.</summary>
    public static async Task<IPostgreSqlServer> ConnectAsync(
        ConnectionSettings settings, Secret? password, ContainerFacts container, HostContext host, bool databaseMayBeGone, CancellationToken ct)
    {
        var server = new ContainerServer(settings, password, container, host.Processes);
        await server.ReadVersionAsync(databaseMayBeGone, ct).ConfigureAwait(false);
        return server;
    }

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<string?[]>> QueryAsync(string database, string sql, CancellationToken ct)
    {
        string marker = $"\u2205{Guid.NewGuid():N}";
        ProcessResult result = await PsqlAsync(database, sql, ct, "--csv", "--tuples-only", "--quiet", $"--pset=null={marker}").ConfigureAwait(false);
        return Csv.Parse(result.Text, marker);
    }

    /// <inheritdoc/>
    public override Task ExecuteAsync(string database, string sql, CancellationToken ct) => PsqlAsync(database, sql, ct, "--quiet");

    /// <inheritdoc/>
    protected override string ProgramPath(string program) => _programs is null ? program : $"{_programs}/{program}";

    /// <summary>Where the programs are in an image made from Debian's packages. Earlier in its path are wrappers, which take a tenth of a second to find the same programs.</summary>
    [GeneratedRegex(@"^/usr/lib/postgresql/[0-9]+/bin\z", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex DebianFolder();

    private async Task<ProcessResult> PsqlAsync(string database, string sql, CancellationToken ct, params string[] options)
    {
        Command psql = Tool("psql", database, ["--no-psqlrc", "--no-password", "--set=ON_ERROR_STOP=1", .. options, "--file=-"]);
        // By standard input: statements may hold passwords (ALTER ROLE), arguments are visible to everybody.
        byte[] input = Encoding.UTF8.GetBytes($"{sql}\n;\n");
        ProcessResult result = await _processes.RunAsync(psql, ct, input).ConfigureAwait(false);
        return result.Ok ? result : throw PostgreSqlErrors.FromProgram("psql", result.ExitCode, result.Errors, Place(database));
    }
}
