using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>The machine of a server: stops and starts it, and works on its data directory while it is down.</summary>
internal sealed class NodeShell(PairNodePlan node, HostContext host, TimeSpan patience)
{
    /// <summary>Ending of the file with the passwords of a standby, which stays.</summary>
    public const string PassFile = "drp-pgpass";

    /// <summary>Ending of the file with those of a rewind or a copy, which goes.</summary>
    public const string BriefPassFile = "drp-pgpass-brief";

    private static readonly TimeSpan s_brief = TimeSpan.FromSeconds(30);

    // Copying or rewinding a large cluster takes what it takes; a machine that is gone is noticed by ssh itself.
    private static readonly TimeSpan s_long = TimeSpan.FromDays(7);

    private readonly IExecutionTarget _where = node.Ssh is { } place ? new SshTarget(place) : LocalTarget.Instance;
    private NodeLook? _look;

    /// <summary>For messages.</summary>
    public string Description => node.Name;

    /// <summary>What is said of a server that cannot be stopped, started and rewound from outside.</summary>
    /// <param name="message">Which one.</param>
    /// <param name="subject">Its name.</param>
    public static DrpException InContainer(string message, string subject) => new(DrpError.PlanInvalid, message) { Subject = subject, Hint = PairTexts.InContainerHint };

    /// <summary>Path of a file beside the data directory.</summary>
    public string Beside(string ending) => $"{node.DataDirectory}.{ending}";

    /// <summary>Looks.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: the machine does not answer; <see cref="DrpError.PlanInvalid"/>: no such data directory there.</exception>
    public async Task<NodeLook> LookAsync(CancellationToken ct)
    {
        ProcessResult result = await RunAsync(NodeScripts.Look, asOwner: false, s_brief, ct).ConfigureAwait(false);
        return _look = NodeLook.Parse(result.Text);
    }

    /// <summary>Sees to it that the server can only start as a standby, stops it, and ends what it left.</summary>
    /// <param name="force">Also when it does not stop in order: then it is killed.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What is there then: nothing runs any more.</returns>
    public async Task<NodeLook> FenceAsync(bool force, CancellationToken ct)
    {
        NodeLook before = _look ?? await LookAsync(ct).ConfigureAwait(false);
        // First the mark: a machine that is restarted in this very moment, or a service manager that knows better, brings no second primary up.
        if (node.Unit is { } unit)
        {
            await RunAsync(NodeScripts.Mark, asOwner: true, s_brief, ct).ConfigureAwait(false);
            await SystemctlAsync("stop", unit, ct).ConfigureAwait(false);
        }

        ProcessResult result = await RunAsync(NodeScripts.Fence, asOwner: true, patience + s_brief, ct, before.Programs, Seconds, force ? "force" : "").ConfigureAwait(false);
        NodeLook after = NodeLook.Parse(result.Text) with { User = before.User };
        return after.Processes == 0 && after.IsMarked ? _look = after : throw Failed(Text.Of(PairTexts.StillRuns, node.Name), null);
    }

    /// <summary>Takes the fence back; the server is again what it was.</summary>
    /// <param name="running">It was never stopped: only the mark goes.</param>
    /// <param name="ct">Cancels.</param>
    public async Task UnfenceAsync(bool running, CancellationToken ct)
    {
        await LookAsync(ct).ConfigureAwait(false);
        await RunAsync(NodeScripts.Unmark, asOwner: true, s_brief, ct).ConfigureAwait(false);
        if (running) return;
        // One that was on its way down goes there first.
        await StopAsync(ct).ConfigureAwait(false);
        await StartAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Starts the server, with its own settings.</summary>
    public async Task StartAsync(CancellationToken ct)
    {
        if (node.Unit is { } unit) await SystemctlAsync("start", unit, ct).ConfigureAwait(false);
        else await RunAsync(NodeScripts.Start, asOwner: true, patience + s_brief, ct, _look!.Programs, Seconds, _look.ConfigFile).ConfigureAwait(false);
    }

    /// <summary>Makes it a standby, at its next start.</summary>
    public Task ConfigureAsync(string settings, CancellationToken ct) => RunAsync(NodeScripts.Configure, asOwner: true, s_brief, Encoding.UTF8.GetBytes(settings), ct);

    /// <summary>Writes a file of passwords beside the data directory, for its owner only.</summary>
    public Task WriteSecretAsync(string ending, string content, CancellationToken ct) =>
        RunAsync(NodeScripts.WriteSecret, asOwner: false, s_brief, Encoding.UTF8.GetBytes(content), ct, ending, _look!.Owner);

    /// <summary>Removes it.</summary>
    public Task RemoveSecretAsync(string ending, CancellationToken ct) => RunAsync(NodeScripts.RemoveSecret, asOwner: false, s_brief, ct, ending);

    /// <summary>Rewinds the data directory to where it parts from the server behind a connection. Nothing may run.</summary>
    /// <exception cref="DrpException">It cannot be done; says why.</exception>
    public async Task RewindAsync(string connection, CancellationToken ct)
    {
        NodeLook look = await LookAsync(ct).ConfigureAwait(false);
        await RunAsync(NodeScripts.Keep, asOwner: false, s_brief, ct).ConfigureAwait(false);
        if (!look.IsSettled) await RunAsync(NodeScripts.Settle, asOwner: true, s_long, ct, look.Programs, look.ConfigFile).ConfigureAwait(false);
        try
        {
            await RunAsync(NodeScripts.Rewind, asOwner: true, s_long, ct, look.Programs, connection, look.ConfigFile, "").ConfigureAwait(false);
        }
        catch (DrpException e) when (e.Code == DrpError.Failed && e.Message.Contains("WAL", StringComparison.Ordinal))
        {
            // WAL from before the parting is gone here: the archive may have it.
            host.Say(DrpEventLevel.Verbose, e.Message);
            await RunAsync(NodeScripts.Rewind, asOwner: true, s_long, ct, look.Programs, connection, look.ConfigFile, "archive").ConfigureAwait(false);
        }

        await RunAsync(NodeScripts.PutBack, asOwner: false, s_brief, ct).ConfigureAwait(false);
    }

    /// <summary>Copies the server behind a connection into the data directory; what is there is kept aside.</summary>
    /// <returns>Where it is kept.</returns>
    public async Task<string> CopyAsync(string connection, string slot, string id, CancellationToken ct)
    {
        NodeLook look = await LookAsync(ct).ConfigureAwait(false);
        if (look.HasTablespaces) throw Failed(Text.Of(PairTexts.TablespacesThere, node.Name), PairTexts.TablespacesThereHint);
        string aside = $"{node.DataDirectory}.before-{id}";
        await RunAsync(NodeScripts.Copy, asOwner: true, s_long, ct, look.Programs, connection, slot, aside).ConfigureAwait(false);
        // Of an attempt to rewind; the copy has brought the files of what was there back by itself.
        await RunAsync(NodeScripts.PutBack, asOwner: false, s_brief, ct).ConfigureAwait(false);
        return aside;
    }

    private async Task StopAsync(CancellationToken ct)
    {
        if (node.Unit is { } unit) await SystemctlAsync("stop", unit, ct).ConfigureAwait(false);
        await RunAsync(NodeScripts.Stop, asOwner: true, patience + s_brief, ct, _look!.Programs, Seconds).ConfigureAwait(false);
    }

    private string Seconds => ((int)Math.Ceiling(patience.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private async Task SystemctlAsync(string verb, string unit, CancellationToken ct)
    {
        ProcessResult result = await host.Processes.RunAsync(_where.Wrap(new Command("systemctl", verb, "--", unit) { Timeout = patience + s_brief }), ct).ConfigureAwait(false);
        if (!result.Ok) throw Failed(Text.Of(PairTexts.Said, $"systemctl {verb} {unit}", result.Errors.Trim()), null);
    }

    private Task<ProcessResult> RunAsync(string script, bool asOwner, TimeSpan limit, CancellationToken ct, params string[] arguments) => RunAsync(script, asOwner, limit, default, ct, arguments);

    private async Task<ProcessResult> RunAsync(string script, bool asOwner, TimeSpan limit, ReadOnlyMemory<byte> input, CancellationToken ct, params string[] arguments)
    {
        var command = new Command("sh", ["-c", script, "drp", node.DataDirectory, .. arguments]) { Timeout = limit, RunAs = asOwner && _look!.User != _look.Owner ? _look.Owner : null };
        ProcessResult result = await host.Processes.RunAsync(_where.Wrap(command), ct, input).ConfigureAwait(false);
        if (result.Ok) return result;
        string said = result.Errors.Trim() is { Length: > 0 } errors ? errors : result.Text.Trim();
        // ssh's own code; a script of ours never ends with it.
        if (!_where.IsLocal && result.ExitCode == 255) throw new DrpException(DrpError.Unreachable, Text.Of(PairTexts.NoShell, node.Name, _where.Description, said)) { Subject = node.Name, Hint = PairTexts.NoShellHint };
        if (result.ExitCode == 6 && script == NodeScripts.Look) throw InContainer(Text.Of(PairTexts.NodeInContainer, node.Name, said), node.Name);
        if (result.ExitCode is 3 or 4 && script == NodeScripts.Look) throw new DrpException(DrpError.PlanInvalid, Text.Of(PairTexts.Said, node.Name, said)) { Subject = node.Name, Hint = PairTexts.DataDirectoryHint };
        throw Failed(Text.Of(PairTexts.Said, node.Name, string.Join(' ', said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(6))), null);
    }

    private DrpException Failed(string message, string? hint) => new(DrpError.Failed, message) { Subject = node.Name, Hint = hint };
}
