using System.Globalization;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// A container in which a cluster is extracted and recovered. Beside a target it has the target's own image and volumes, no network, and a name made from the
/// target's, so there is never a second one. For a copy to be thrown away it has a volume of its own. It lives by our standard input: when we are gone, it ends, and
/// every server in it.
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
    private IReadOnlyList<string> _remove = [];

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
        await ThrowawaySweeper.SweepSidesAsync(host, ct).ConfigureAwait(false);
        string[] options = ["--label", $"{Label}={OwnerMark.Current}", "--volumes-from", target.Id, "--network", "none"];
        return await StartAsync(host, target.Name, $"drp-side-{target.Id[..12]}", options, target.ImageId, target.Data, NumbersOf(target.User), [], ct).ConfigureAwait(false);
    }

    /// <summary>Starts one with an empty volume of its own, which goes with it: for a copy to be thrown away.</summary>
    /// <param name="host">The host.</param>
    /// <param name="image">The image.</param>
    /// <param name="folder">Where the volume is, inside.</param>
    /// <param name="published">Port that can be reached from this machine; null = it has no network.</param>
    /// <param name="shown">Folder of this machine that can be read in it, under its own name; null = none.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: Docker, or the image, does not.</exception>
    public static Task<SideContainer> StartThrowawayAsync(HostContext host, ThrowawayImage image, string folder, int? published, string? shown, CancellationToken ct)
    {
        string[] options =
        [
            "--label", $"{ThrowawayContainer.Label}=1", "--label", $"{ThrowawayContainer.OwnerLabel}={OwnerMark.Current}", "-v", folder,
            .. shown is null ? [] : (string[])["-v", $"{shown}:{shown}:ro"],
            .. published is { } port ? (string[])["-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1::{port}")] : ["--network", "none"],
        ];
        return StartAsync(host, image.Reference, $"drp-throwaway-{Guid.NewGuid().ToString("N")[..12]}", options, image.Id, folder, "", ["-v"], ct);
    }

    private static async Task<SideContainer> StartAsync(
        HostContext host, string what, string name, IReadOnlyList<string> options, string image, string data, string user, IReadOnlyList<string> remove, CancellationToken ct)
    {
        string docker = ContainerEngine.ProgramOf(host.Processes), run = Guid.NewGuid().ToString("N");
        IRunningProcess main = host.Processes.Start(new Command(docker,
        [
            "run", "-i", "--name", name, "--label", $"{RunLabel}={run}", .. options, "--pull", "never", "--user", "0", "--shm-size", "256m",
            "--entrypoint", "/bin/sh", image, "-c", Main, "sh", data, user,
        ]));
        var side = new SideContainer(host, docker, name, run, main) { _remove = remove };
        try
        {
            await side.WaitAsync(what, ct).ConfigureAwait(false);
            return side;
        }
        catch
        {
            await side.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Where a published port is reached, such as <c>127.0.0.1:49153</c>.</summary>
    public async Task<string> AddressAsync(int port, CancellationToken ct)
    {
        ProcessResult result = await _host.Processes.RunAsync(new Command(_docker, "port", _name, string.Create(CultureInfo.InvariantCulture, $"{port}/tcp")), ct).ConfigureAwait(false);
        return result.Ok ? result.Text.Split('\n')[0].Trim() : throw Failed(result.Errors);
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

    /// <summary>Makes a folder that only the server's user can enter; one that is there is fine.</summary>
    public Task MakeFolderAsync(string folder, CancellationToken ct) =>
        ShellAsync("mkdir -p \"$1\" && chown \"$2\" \"$1\" && chmod 700 \"$1\"", ct, folder, string.Create(CultureInfo.InvariantCulture, $"{Owner.User}:{Owner.Group}"));

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
            // By its label: the name may be that of another run's. With -v only where the volume is its own, not the target's.
            ProcessResult ours = await _host.Processes.RunAsync(new Command(_docker, "ps", "-a", "-q", "--filter", $"label={RunLabel}={_run}"), brief.Token).ConfigureAwait(false);
            if (ours.Text.Trim() is { Length: > 0 } id) await _host.Processes.RunAsync(new Command(_docker, ["rm", "-f", .. _remove, id]), brief.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            _host.Say(DrpEventLevel.Warning, Text.Of(PhysicalTexts.SideStays, _name, e.Message));
        }

        await _main.DisposeAsync().ConfigureAwait(false);
        _output.Dispose();
    }

    private async Task WaitAsync(string what, CancellationToken ct)
    {
        string? line = await ReadLineAsync(ct).ConfigureAwait(false);
        if (line is null || !line.StartsWith(Ready, StringComparison.Ordinal))
        {
            await _main.WaitAsync(ct).ConfigureAwait(false);
            string said = _host.Redactor.Clean(_main.Errors.Trim());
            throw said.Contains("already in use", StringComparison.Ordinal)
                ? new DrpException(DrpError.Locked, Text.Of(PhysicalTexts.SideThere, what, _name)) { Subject = what, Hint = Text.Of(PhysicalTexts.SideThereHint, _docker, _name) }
                : new DrpException(DrpError.Unreachable, Text.Of(PhysicalTexts.SideDoesNotStart, what, said)) { Subject = what };
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
