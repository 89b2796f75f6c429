using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace AskTrust.Drp.PowerShell.Completion;

/// <summary>Completes plan files: YAML files and folders.</summary>
public sealed class PlanFileCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters) =>
        [
            .. CompletionCompleters.CompleteFilename(wordToComplete ?? "").Where(found =>
                found.ResultType == CompletionResultType.ProviderContainer
                || found.ListItemText.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase)
                || found.ListItemText.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)),
        ];
}
