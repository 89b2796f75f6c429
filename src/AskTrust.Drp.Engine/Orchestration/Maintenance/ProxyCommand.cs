using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>Runs a proxy's own program where the proxy runs.</summary>
/// <param name="host">The outside world.</param>
/// <param name="target">This machine, or a container.</param>
internal sealed class ProxyCommand(HostContext host, IExecutionTarget target)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    /// <summary>Where, for messages.</summary>
    public string Place => target.Description;

    /// <summary>Runs it; failing is an answer.</summary>
    public Task<ProcessResult> TryAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct, string? input = null) =>
        host.Processes.RunAsync(target.Wrap(new Command(program, arguments) { Timeout = s_limit }), ct, input is null ? default : System.Text.Encoding.UTF8.GetBytes(input));

    /// <summary>The proxy's own check.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it does not accept its configuration.</exception>
    public async Task<string> CheckAsync(string program, IReadOnlyList<string> arguments, string message, CancellationToken ct, string? input = null)
    {
        ProcessResult result = await TryAsync(program, arguments, ct, input).ConfigureAwait(false);
        return result.Ok ? result.Text : throw new DrpException(DrpError.Failed, Text.Of(message, program, Last(result.Errors))) { Subject = Place, Hint = Text.Of(MaintenanceTexts.CheckHint, new Command(program, arguments)) };
    }

    /// <summary>Has it read its configuration.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Failed"/>: it does not (not running, or we may not tell it).</exception>
    public async Task ReloadAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct, string? input = null)
    {
        ProcessResult result = await TryAsync(program, arguments, ct, input).ConfigureAwait(false);
        if (!result.Ok) throw new DrpException(DrpError.Failed, Text.Of(MaintenanceTexts.NotReloaded, program, Last(result.Errors))) { Subject = Place, Hint = MaintenanceTexts.NotReloadedHint };
    }

    private static string Last(string errors) => string.Join(" ", errors.Trim().Split('\n').TakeLast(3).Select(l => l.Trim()));
}
