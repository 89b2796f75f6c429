using AskTrust.Drp.Engine.Components.Containers;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Around;

/// <summary>
/// What happens around saving a component: commands before → services stand still → the component is read → services run again → commands after. The last two happen whatever
/// became of what came before them, also when the run was cancelled.
/// </summary>
internal sealed class ComponentAround(OperationContext context)
{
    /// <summary>Commands and services that failed afterwards: the component is saved, but somebody has to look.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>What would be done, for a dry run.</summary>
    public static IEnumerable<string> Steps(ComponentPlan plan)
    {
        foreach (HookPlan hook in plan.Before) yield return Text.Of(AroundTexts.StepBefore, plan.Name, hook.Run[0], hook.Service ?? AroundTexts.Here);
        if (plan.During is { Stop.Count: > 0 } stop) yield return Text.Of(AroundTexts.StepStop, string.Join(", ", stop.Stop), plan.Name);
        if (plan.During is { Pause.Count: > 0 } pause) yield return Text.Of(AroundTexts.StepPause, string.Join(", ", pause.Pause), plan.Name);
        if (plan.Labels is { } labels) yield return Text.Of(AroundTexts.StepLabels, plan.Name, labels.Stop);
        foreach (HookPlan hook in plan.After) yield return Text.Of(AroundTexts.StepAfter, plan.Name, hook.Run[0], hook.Service ?? AroundTexts.Here);
    }

    /// <summary>Does it.</summary>
    /// <param name="plan">The component.</param>
    /// <param name="save">Saves it, and says when the last byte of it was read: what stood still need not wait for the slowest repository.</param>
    /// <param name="ct">Cancels; what has to follow follows all the same.</param>
    public async Task<ComponentFacts> RunAsync(ComponentPlan plan, Func<Action, Task<ComponentFacts>> save, CancellationToken ct)
    {
        if (plan is { Before.Count: 0, After.Count: 0, During: null, Labels: null }) return await save(static () => { }).ConfigureAwait(false);
        VolumeBackupLabels? labels = plan.Labels is { } obeyed ? await VolumeBackupLabels.ReadAsync(context.Host, obeyed, ct).ConfigureAwait(false) : null;
        foreach (string warning in labels?.Warnings ?? []) context.Host.Say(DrpEventLevel.Warning, warning);
        var hold = new ContainerHold(context.Host, plan.Name);
        // Once, whoever asks first: the reading that came to its end, or a run that came to nothing.
        var end = new Lazy<Task>(() => Task.Run(() => EndAsync(plan, labels, hold), CancellationToken.None));
        try
        {
            foreach (HookPlan hook in plan.Before) await RunAsync(plan, hook, ct).ConfigureAwait(false);
            foreach (LabelCommand command in labels?.Before ?? []) await RunAsync(plan, command, ct).ConfigureAwait(false);
            await HoldAsync(plan, labels, hold, ct).ConfigureAwait(false);
            return await save(() => _ = end.Value).ConfigureAwait(false);
        }
        finally
        {
            await end.Value.ConfigureAwait(false);
        }
    }

    private async Task HoldAsync(ComponentPlan plan, VolumeBackupLabels? labels, ContainerHold hold, CancellationToken ct)
    {
        DuringPlan during = plan.During ?? new DuringPlan();
        foreach (string name in during.Stop) await AddAsync(hold, name, during, pause: false, ct).ConfigureAwait(false);
        foreach (var (container, restart) in labels?.Stop ?? []) await hold.AddAsync(container, pause: false, restart, during.Timeout, ct).ConfigureAwait(false);
        foreach (string name in during.Pause) await AddAsync(hold, name, during, pause: true, ct).ConfigureAwait(false);
    }

    /// <summary>Lets everything run again, then the commands after. Their own time limits end them, and nothing else does.</summary>
    private async Task EndAsync(ComponentPlan plan, VolumeBackupLabels? labels, ContainerHold hold)
    {
        foreach (string failure in await hold.EndAsync().ConfigureAwait(false)) Fail(plan, failure);
        foreach (LabelCommand command in labels?.After ?? []) await TryAsync(plan, () => RunAsync(plan, command, CancellationToken.None)).ConfigureAwait(false);
        foreach (HookPlan hook in plan.After) await TryAsync(plan, () => RunAsync(plan, hook, CancellationToken.None)).ConfigureAwait(false);
    }

    private async Task AddAsync(ContainerHold hold, string name, DuringPlan during, bool pause, CancellationToken ct)
    {
        foreach (ContainerFacts container in await FindAsync(name, during.Project, ct).ConfigureAwait(false)) await hold.AddAsync(container, pause, restart: true, during.Timeout, ct).ConfigureAwait(false);
    }

    /// <summary>The containers of a Compose service, else the container of that name.</summary>
    private async Task<IReadOnlyList<ContainerFacts>> FindAsync(string name, string? project, CancellationToken ct)
    {
        var found = await new ComposeServices(context.Host).ContainersAsync(project, name, ct).ConfigureAwait(false);
        string?[] projects = [.. found.Select(c => c.Project).Distinct(StringComparer.Ordinal)];
        if (projects.Length > 1)
            throw new DrpException(DrpError.PlanInvalid, Text.Of(AroundTexts.SeveralProjects, name, string.Join(", ", projects))) { Subject = name, Hint = AroundTexts.SeveralProjectsHint };
        return found.Count > 0 ? found : [await new ContainerEngine(context.Host).InspectAsync(name, ct).ConfigureAwait(false)];
    }

    private async Task RunAsync(ComponentPlan plan, HookPlan hook, CancellationToken ct)
    {
        var command = new Command(hook.Run[0], [.. hook.Run.Skip(1)]) { Timeout = hook.Timeout };
        if (hook.Service is null)
        {
            await RunAsync(plan, command with { WorkingDirectory = context.Plan.Folder }, hook.Run[0], AroundTexts.Here, ct).ConfigureAwait(false);
            return;
        }

        ContainerFacts container = (await FindAsync(hook.Service, hook.Project, ct).ConfigureAwait(false)).FirstOrDefault(c => c.State == ContainerState.Running)
            ?? throw new DrpException(DrpError.Unreachable, Text.Of(AroundTexts.NotRunning, hook.Service)) { Subject = hook.Service };
        await RunAsync(plan, new ContainerTarget(container.Id, hook.User, ContainerEngine.ProgramOf(context.Host.Processes)).Wrap(command), hook.Run[0], container.Name, ct).ConfigureAwait(false);
    }

    private Task RunAsync(ComponentPlan plan, LabelCommand command, CancellationToken ct) =>
        RunAsync(plan, new ContainerTarget(command.Container.Id, command.User, ContainerEngine.ProgramOf(context.Host.Processes)).Wrap(new Command(command.Words[0], [.. command.Words.Skip(1)]) { Timeout = new HookPlan().Timeout }),
            command.Words[0], command.Container.Name, ct);

    private async Task RunAsync(ComponentPlan plan, Command command, string program, string where, CancellationToken ct)
    {
        context.Host.Say(DrpEventLevel.Verbose, Text.Of(AroundTexts.Running, plan.Name, program, where));
        ProcessResult result = await context.Host.Processes.RunAsync(command, ct).ConfigureAwait(false);
        if (result.Ok) return;
        string said = context.Host.Redactor.Clean(string.Join(' ', (result.Errors.Trim().Length > 0 ? result.Errors : result.Text).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(4)));
        throw new DrpException(DrpError.Failed, Text.Of(AroundTexts.CommandFailed, plan.Name, program, where, result.ExitCode, said)) { Subject = plan.Name };
    }

    private async Task TryAsync(ComponentPlan plan, Func<Task> act)
    {
        try
        {
            await act().ConfigureAwait(false);
        }
        catch (DrpException e)
        {
            Fail(plan, e.Message);
        }
    }

    private void Fail(ComponentPlan plan, string message)
    {
        Failures.Add($"{plan.Name}: {message}");
        context.Host.Say(DrpEventLevel.Warning, message);
    }
}
