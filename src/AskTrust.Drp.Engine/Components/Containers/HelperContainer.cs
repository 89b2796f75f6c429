using AskTrust.Drp.Engine.Components.PostgreSql.Physical;
using AskTrust.Drp.Engine.Components.PostgreSql.Throwaway;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Components.Containers;

/// <summary>
/// A container that does nothing: in it programs of an image that is there run on volumes that are there, without network. It lives by our standard input: when we are gone, it
/// ends; what is left of one is swept by the next run.
/// </summary>
internal sealed class HelperContainer : IAsyncDisposable
{
    private const string RunLabel = "drp.run";
    private const string Main = "echo drp-ready; exec cat >/dev/null";
    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);
    private readonly HostContext _host;
    private readonly ContainerEngine _engine;
    private readonly string _name;
    private readonly IRunningProcess _main;

    private HelperContainer(HostContext host, ContainerEngine engine, string name, IRunningProcess main) => (_host, _engine, _name, _main) = (host, engine, name, main);

    /// <summary>Where its programs run, as root.</summary>
    public IExecutionTarget Target => new ContainerTarget(_name, "0", _engine.Program);

    /// <summary>One with all volumes of a container, and its image.</summary>
    public static Task<HelperContainer> WithVolumesOfAsync(HostContext host, ContainerFacts container, CancellationToken ct) =>
        StartAsync(host, container.ImageId, ["--volumes-from", container.Id], ct);

    /// <summary>One with a volume of its own name.</summary>
    /// <param name="host">The host.</param>
    /// <param name="image">Image, which must be there.</param>
    /// <param name="volume">Name of the volume, which must be there.</param>
    /// <param name="folder">Where it is inside.</param>
    /// <param name="readOnly">Nothing can be changed in it.</param>
    /// <param name="ct">Cancels.</param>
    public static Task<HelperContainer> WithVolumeAsync(HostContext host, string image, string volume, string folder, bool readOnly, CancellationToken ct) =>
        // “ro” and not “readonly”: podman knows only that of volumes.
        // --rm also removes the nameless volumes that the image asks for; one with a name it never touches.
        StartAsync(host, image, ["--rm", "--mount", $"type=volume,source={volume},target={folder}{(readOnly ? ",ro" : "")}"], ct);

    /// <summary>One without any volume of others.</summary>
    public static Task<HelperContainer> PlainAsync(HostContext host, string image, CancellationToken ct) => StartAsync(host, image, ["--rm"], ct);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var brief = new CancellationTokenSource(s_brief, _host.Clock);
        try
        {
            // Without -v: with the volumes of another container these are its own.
            await _engine.TryAsync(s_brief, brief.Token, "rm", "-f", _name).ConfigureAwait(false);
        }
        catch (Exception e) when (e is DrpException or OperationCanceledException)
        {
            _host.Say(DrpEventLevel.Warning, Text.Of(HelperTexts.HelperStays, _name, e.Message));
        }

        await _main.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task<HelperContainer> StartAsync(HostContext host, string image, IReadOnlyList<string> more, CancellationToken ct)
    {
        await ThrowawaySweeper.SweepSidesAsync(host, ct).ConfigureAwait(false);
        var engine = new ContainerEngine(host);
        string name = $"drp-helper-{Guid.NewGuid().ToString("N")[..12]}";
        IRunningProcess main = host.Processes.Start(new Command(engine.Program,
        [
            "run", "-i", "--name", name, "--label", $"{SideContainer.Label}={OwnerMark.Current}", "--label", $"{RunLabel}={name}", "--network", "none", "--pull", "never", "--user", "0",
            .. more, "--entrypoint", "/bin/sh", image, "-c", Main,
        ]));
        var helper = new HelperContainer(host, engine, name, main);
        try
        {
            using var reader = new StreamReader(main.Output, leaveOpen: true);
            if (await reader.ReadLineAsync(ct).ConfigureAwait(false) == "drp-ready") return helper;
            await main.WaitAsync(ct).ConfigureAwait(false);
            throw new DrpException(DrpError.Unreachable, Text.Of(HelperTexts.HelperDoesNotStart, image, host.Redactor.Clean(main.Errors.Trim()))) { Subject = image, Hint = HelperTexts.HelperDoesNotStartHint };
        }
        catch
        {
            await helper.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
