using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace AskTrust.Drp.PowerShell.Completion;

/// <summary>What completion knows of plans, remembered for a short while, each runspace for itself.</summary>
internal sealed class KnownPlan
{
    private static readonly ConditionalWeakTable<Runspace, KnownPlan> s_known = [];
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(20);

    private readonly Dictionary<(string Plan, DateTime Written, Type Kind), (long At, IReadOnlyList<Offer> Offers)> _answers = [];

    /// <summary>That of the runspace that asks.</summary>
    public static KnownPlan Current => s_known.GetOrCreateValue(Runspace.DefaultRunspace);

    /// <summary>The names of a kind; from memory when asked a moment ago about an unchanged file.</summary>
    public IReadOnlyList<Offer> Names(object? given, PlanNameCompleter kind)
    {
        string plan = Locate((given is PSObject wrapped ? wrapped.BaseObject : given) switch
        {
            DrpPlan known => known.Path,
            FileSystemInfo file => file.FullName,
            var other => other?.ToString(),
        });
        var key = (plan, File.GetLastWriteTimeUtc(plan), kind.GetType());
        if (_answers.TryGetValue(key, out var answer) && Stopwatch.GetElapsedTime(answer.At) < s_fresh) return answer.Offers;
        var offers = PlanReader.Read(plan, kind.Read);
        _answers[key] = (Stopwatch.GetTimestamp(), offers);
        return offers;
    }

    private static string Locate(string? given)
    {
        string chosen = PlanLocation.Choose(given);
        using var shell = System.Management.Automation.PowerShell.Create(RunspaceMode.CurrentRunspace);
        var found = shell.AddCommand("Microsoft.PowerShell.Management\\Convert-Path").AddParameter("LiteralPath", chosen).Invoke<string>();
        return found.Count > 0 ? found[0] : chosen;
    }
}
