using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Around;

/// <summary>What the labels of <c>offen/docker-volume-backup</c> ask for, so that those who used it need not label their containers anew.</summary>
internal sealed class VolumeBackupLabels
{
    private const string Prefix = "docker-volume-backup.";
    private static readonly string[] s_others = ["process-pre", "process-post", "copy-pre", "copy-post", "prune-pre", "prune-post"];

    /// <summary>Containers to stop, and whether they are started again.</summary>
    public required IReadOnlyList<(ContainerFacts Container, bool Restart)> Stop { get; init; }

    /// <summary>Commands before, while everything still runs.</summary>
    public required IReadOnlyList<LabelCommand> Before { get; init; }

    /// <summary>Commands after, when everything runs again.</summary>
    public required IReadOnlyList<LabelCommand> After { get; init; }

    /// <summary>Labels of theirs that we do not act on.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Reads the labels of every container that runs.</summary>
    public static async Task<VolumeBackupLabels> ReadAsync(HostContext host, LabelsPlan plan, CancellationToken ct)
    {
        var engine = new ContainerEngine(host);
        string[] filters = plan.Project is null ? [] : [$"label={ComposeLabels.Project}={plan.Project}"];
        return Of(await engine.InspectAsync(await engine.IdsAsync(ct, filters).ConfigureAwait(false), ct).ConfigureAwait(false), plan);
    }

    /// <summary>What the labels of these containers ask for.</summary>
    public static VolumeBackupLabels Of(IReadOnlyList<ContainerFacts> containers, LabelsPlan plan)
    {
        ContainerFacts[] running = [.. containers.Where(c => c.State == ContainerState.Running)];
        ContainerFacts[] told = [.. running.Where(c => plan.Exec is null || Value(c, "exec-label") == plan.Exec)];
        return new VolumeBackupLabels
        {
            Stop =
            [
                .. running.Where(c => Value(c, "stop-during-backup") == plan.Stop).Select(c => (c, true)),
                .. running.Where(c => Value(c, "stop-during-backup-no-restart") == plan.Stop).Select(c => (c, false)),
            ],
            Before = [.. told.SelectMany(c => Commands(c, "archive-pre", "exec-pre"))],
            After = [.. told.SelectMany(c => Commands(c, "archive-post", "exec-post"))],
            Warnings = [.. told.SelectMany(c => s_others.Where(o => Value(c, o) is not null).Select(o => Text.Of(AroundTexts.LabelNotObeyed, c.Name, Prefix + o)))],
        };
    }

    private static IEnumerable<LabelCommand> Commands(ContainerFacts container, string label, string older)
    {
        string name = Value(container, label) is not null ? label : older;
        if (Value(container, name) is { } command && CommandLine.Split(command) is { Length: > 0 } words) yield return new LabelCommand(container, words, Value(container, name + ".user"));
    }

    private static string? Value(ContainerFacts container, string label) => container.Labels.GetValueOrDefault(Prefix + label);
}

/// <summary>A command that a label asks for, in its container.</summary>
internal sealed record LabelCommand(ContainerFacts Container, IReadOnlyList<string> Words, string? User);
