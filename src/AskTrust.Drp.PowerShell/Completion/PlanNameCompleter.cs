using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Language;

namespace AskTrust.Drp.PowerShell.Completion;

/// <summary>Completes a name of the plan in use. Says nothing when there is no readable plan.</summary>
public abstract class PlanNameCompleter : IArgumentCompleter
{
    /// <inheritdoc/>
    public IEnumerable<CompletionResult> CompleteArgument(
        string commandName, string parameterName, string wordToComplete, CommandAst commandAst, IDictionary fakeBoundParameters)
    {
        try
        {
            var names = KnownPlan.Current.Names(fakeBoundParameters?["Plan"], this);
            return [.. Matching(names, wordToComplete)];
        }
        catch (Exception)
        {
            // Pressing Tab must never print an error: without a plan there is nothing to offer.
            return [];
        }
    }

    /// <summary>The names and what to say of each.</summary>
    internal abstract IReadOnlyList<Offer> Read(PlanReader reader);

    private static IEnumerable<CompletionResult> Matching(IReadOnlyList<Offer> offers, string? word)
    {
        string bare = (word ?? "").Trim('\'', '"');
        var pattern = new WildcardPattern(WildcardPattern.Escape(bare) + "*", WildcardOptions.IgnoreCase);
        foreach (var offer in offers.Where(o => pattern.IsMatch(o.Name)))
        {
            string text = offer.Name.All(c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.') ? offer.Name : $"'{offer.Name.Replace("'", "''", StringComparison.Ordinal)}'";
            yield return new CompletionResult(text, offer.Name, CompletionResultType.ParameterValue, offer.ToolTip.Length > 0 ? offer.ToolTip : offer.Name);
        }
    }
}

/// <summary>One name to offer.</summary>
internal sealed record Offer(string Name, string ToolTip);

/// <summary>Completes components.</summary>
public sealed class ComponentCompleter : PlanNameCompleter
{
    internal override IReadOnlyList<Offer> Read(PlanReader reader) =>
        [.. reader.Plan.Components.Values.Select(c => new Offer(c.Name, $"{c.Type} {c.Class}".Trim()))];
}

/// <summary>Completes repositories.</summary>
public sealed class RepositoryCompleter : PlanNameCompleter
{
    internal override IReadOnlyList<Offer> Read(PlanReader reader) =>
        [.. reader.Plan.Repositories.Values.Select(r => new Offer(r.Name, r.Type))];
}

/// <summary>Completes jobs.</summary>
public sealed class JobCompleter : PlanNameCompleter
{
    internal override IReadOnlyList<Offer> Read(PlanReader reader) =>
        [.. reader.Plan.Jobs.Values.Select(j => new Offer(j.Name, j.Schedule ?? ""))];
}

/// <summary>Completes ids of backup sets, newest first.</summary>
public sealed class BackupIdCompleter : PlanNameCompleter
{
    internal override IReadOnlyList<Offer> Read(PlanReader reader) =>
        [
            new Offer("latest", ""),
            .. reader.Sets.Select(s => new Offer(s.Id, $"{Human.Time(s.Time)}  {Human.Size(s.Size)}  {string.Join(", ", s.Components)}")),
        ];
}
