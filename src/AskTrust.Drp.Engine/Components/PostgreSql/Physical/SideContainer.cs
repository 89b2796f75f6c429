using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// A container of the target's own image with the target's volumes: in it the volume is filled and recovered while the target stands still. It lives by our
/// standard input: when we are gone, it ends, and every server in it. It has no network. Its name is made from the target's, so there is never a second one.
/// </summary>
internal sealed class SideContainer : IAsyncDisposable
{
    /// <summary>Folder inside: socket, settings, WAL on its way.</summary>
    public const string Folder = "/drp";

    /// <summary>Label with the owner mark, on containers that may be removed when the owner is gone.</summary>
    public const string Label = "drp.side";

    private const string RunLabel = "drp.run";
    private const string Ready = "drp-ready ";

    // The folder's owner is whom the server runs as; in a folder that was just made, root: then the user that the container is started as, else the image's own.
    private const string Main = """
        umask 077
        mkdir -p "$1" || exit 1
        owner=$(stat -c %u:%g "$1")
        if [ "${owner%%:*}" = 0 ]; then owner=${2:-$(id -u postgres):$(id -g postgres)}; fi
        mkdir -p /drp/have && mkfifo /drp/ask && chown -R "$owner" /drp || exit 1
        echo "drp-ready $owner"
        cat <> /drp/ask &
        tar -x -f - -C /drp/have
        : > /drp/have/failed
        """;

    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly HostContext _host;
    private readonly string _docker;
    private readonly string _name;
    private readonly string _run;
    private readonly IRunningProcess _main;
    private readonly StreamReader _output;

    private SideContainer(HostContext host, string docker, string name, string run, IRunningProcess main)
    {
        (_host, _docker, _name, _run, _main) = (host, docker, name, run, main);
        _output = new StreamReader(main.Output);
    }

    /// <summary>Numbers of the user and group that the server runs as.</summary>
    public (int User, int Group) Owner { get; private set; }

    /// <summary>Into the folder <c>have</c> goes what is written here as an archive.</summary>
    public Stream Input => _main.Input;

    /// <summary>What is written into the pipe <c>ask</c>, line by line; null at its end.</summary>
    public Task<string?> ReadLineAsync(CancellationToken ct) => _output.ReadLineAsync(ct).AsTask();

    /// <summary>Starts one.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Locked"/>: another run has one; <see cref="DrpError.Unreachable"/>: Docker, or the image, does not.</exception>
    public static async Task<SideContainer> StartAsync(HostContext host, TargetContainer target, CancellationToken ct)
    {
        string docker = ContainerEngine.ProgramOf(host.Processes), name = $"drp-side-{target.Id[..12]}", run = Guid.NewGuid().ToString("N");
        await ThrowawaySweeper.SweepSidesAsync(host, ct).ConfigureAwait(false);
        IRunningProcess main = host.Processes.Start(new Command(docker,
        [
            "run", "-i", "--name", name, "--label", $"{Label}={OwnerMark.Current}", "--label", $"{RunLabel}={run}", "--volumes-from", target.Id, "--network", "none", "--pull", "never", "--user", "0", "--shm-size", "256m",
            "--entrypoint", "/bin/sh", target.ImageId, "-c", Main, "sh", target.Data, NumbersOf(target.User),
        ]));
        var side = new SideContainer(host, docker, name, run, main);
        try
        {
            await side.WaitAsync(target, ct).ConfigureAwait(false);
            return side;
        }
        catch
        {
            await side.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>A command inside.</summary>
    /// <param name="asServer">As the server's user; else as root.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    public Command Exec(bool asServer, string program, params IReadOnlyList<string> arguments)
    {
        string user = asServer ? string.Create(CultureInfo.InvariantCulture, $"{Owner.User}:{Owner.Group}") : "0";
        return new ContainerTarget(_name, user, _docker).Wrap(new Command(program, arguments) { Environment = RecoveryServer.Clean, WorkingDirectory = "/" });
    }

    /// <summary>Runs a script of the shell inside, as root.</summary>
    /// <returns>What it printed, trimmed.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>, or <see cref="DrpError.NotEnoughSpace"/>, with what it said.</exception>
    public async Task<string> ShellAsync(string script, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        ProcessResult result = await _host.Processes.RunAsync(Exec(false, "sh", ["-c", script, "sh", .. arguments]), ct).ConfigureAwait(false);
        return result.Ok ? result.Text.Trim() : throw Failed(result.Errors);
    }

    /// <summary>What a program inside said, as an error.</summary>
    public DrpException Failed(string errors) => errors.Contains("No space left", StringComparison.Ordinal)
        ? new DrpException(DrpError.NotEnoughSpace, Text.Of(PhysicalTexts.SideFull, _name, _host.Redactor.Clean(errors.Trim()))) { Subject = _name }
        : new DrpException(DrpError.Failed, Text.Of(PhysicalTexts.SideFailed, _name, _host.Redactor.Clean(errors.Trim()))) { Subject = _name };

    /// <summary>The server inside, as its owner reaches it.</summary>
    public Task<IPostgreSqlServer> ConnectAsync(ConnectionSettings settings, CancellationToken ct) =>
        ContainerServer.ConnectAsync(settings, null, new ContainerFacts { Id = _name, Name = _name }, _host, databaseMayBeGone: true, ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var brief = new CancellationTokenSource(s_brief, _host.Clock);
        try
        {
            // By its label: the name may be that of another run's. Without -v: the volumes are the target's.
            ProcessResult ours = await _host.Processes.RunAsync(new Command(_docker, "ps", "-a", "-q", "--filter", $"label={RunLabel}={_run}"), brief.Token).ConfigureAwait(false);
            if (ours.Text.Trim() is { Length: > 0 } id) await _host.Processes.RunAsync(new Command(_docker, "rm", "-f", id), brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            _host.Say(DrpEventLevel.Warning, Text.Of(PhysicalTexts.SideStays, _name, e.Message));
        }

        await _main.DisposeAsync().ConfigureAwait(false);
        _output.Dispose();
    }

    private async Task WaitAsync(TargetContainer target, CancellationToken ct)
    {
        string? line = await ReadLineAsync(ct).ConfigureAwait(false);
        if (line is null || !line.StartsWith(Ready, StringComparison.Ordinal))
        {
            await _main.WaitAsync(ct).ConfigureAwait(false);
            string said = _host.Redactor.Clean(_main.Errors.Trim());
            throw said.Contains("already in use", StringComparison.Ordinal)
                ? new DrpException(DrpError.Locked, Text.Of(PhysicalTexts.SideThere, target.Name, _name)) { Subject = target.Name, Hint = Text.Of(PhysicalTexts.SideThereHint, _docker, _name) }
                : new DrpException(DrpError.Unreachable, Text.Of(PhysicalTexts.SideDoesNotStart, target.Name, said)) { Subject = target.Name };
        }

        int[] numbers = [.. line[Ready.Length..].Split(':').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        Owner = (numbers[0], numbers[1]);
    }

    /// <summary><c>user:</c> of a container when it is written in numbers.</summary>
    private static string NumbersOf(string user)
    {
        string[] parts = user.Split(':');
        return parts.Length > 0 && uint.TryParse(parts[0], CultureInfo.InvariantCulture, out uint id) && id > 0 ? $"{parts[0]}:{(parts.Length > 1 ? parts[1] : parts[0])}" : "";
    }
}
