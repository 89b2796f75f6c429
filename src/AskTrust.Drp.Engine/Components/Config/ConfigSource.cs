using AskTrust.Drp.Engine.Components.Private;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Config;

/// <summary>Configuration as a source: files, and what commands of hosted platforms tell.</summary>
internal sealed class ConfigSource(ConfigPlan plan, string planFile, HostContext host) : PrivateFilesSource(plan, planFile, host)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    protected override Task<IReadOnlyList<Finding>> LookAsync(KeptFiles files, CancellationToken ct)
    {
        List<Finding> found = [];
        foreach (var (name, command) in plan.Outputs)
        {
            // Not run: a check changes nothing, and nobody knows what the command does.
            found.Add(Host.Processes.Find(command[0]) is { } program
                ? new Finding(PrivateTexts.CheckOutputs, CheckVerdict.Ok, Text.Of(PrivateTexts.OutputProgram, name, program))
                : new Finding(PrivateTexts.CheckOutputs, CheckVerdict.Failed, Text.Of(PrivateTexts.OutputNoProgram, name, command[0]), PrivateTexts.OutputNoProgramHint, DrpError.Unreachable));
        }

        return Task.FromResult<IReadOnlyList<Finding>>(found);
    }

    /// <inheritdoc/>
    protected override async Task<ComponentFacts> DescribeAsync(ComponentFacts facts, KeptFiles files, string made, CancellationToken ct)
    {
        List<string> missing = [];
        foreach (var (name, command) in plan.Outputs)
        {
            try
            {
                ProcessResult result = await Host.Processes.RunAsync(new Command(command[0], [.. command.Skip(1)]) { WorkingDirectory = Folder, Timeout = s_patience }, ct).ConfigureAwait(false);
                if (result.Ok) await File.WriteAllBytesAsync(Path.Combine(made, name + ".txt"), result.Output, ct).ConfigureAwait(false);
                else missing.Add(Text.Of(PrivateTexts.OutputFailed, name, command[0], result.ExitCode, Host.Redactor.Clean(result.Errors.Trim())));
            }
            catch (DrpException e)
            {
                missing.Add(Text.Of(PrivateTexts.OutputNotRun, name, e.Message));
            }
        }

        return facts with { Missing = missing };
    }
}
