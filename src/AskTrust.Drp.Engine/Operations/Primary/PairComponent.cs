using AskTrust.Drp.Engine.Components.PostgreSql.Pair;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Wal;

namespace AskTrust.Drp.Engine.Operations.Primary;

/// <summary>A component of the plan with two servers.</summary>
/// <param name="Plan">The component.</param>
/// <param name="Pair">Its section.</param>
/// <param name="Archive">Its WAL archive; null = none.</param>
internal sealed record PairComponent(PostgreSqlPlan Plan, PairPlan Pair, WalComponent? Archive)
{
    /// <summary>Name in the plan.</summary>
    public string Name => Plan.Name;

    /// <summary>Finds it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: there is none, or several and none was named.</exception>
    public static PairComponent Find(OperationContext context, string? name)
    {
        PairComponent[] all = [.. All(context)];
        PairComponent[] meant = [.. all.Where(c => name is null || c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return meant switch
        {
            [var one] => one,
            [] when name is not null => throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.NoPair, name)) { Subject = name, Hint = PrimaryTexts.NoPairHint },
            [] => throw new DrpException(DrpError.PlanInvalid, PrimaryTexts.NoPairAtAll) { Hint = PrimaryTexts.NoPairHint },
            _ => throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.WhichPair, string.Join(", ", all.Select(c => c.Name)))) { Hint = PrimaryTexts.WhichPairHint },
        };
    }

    /// <summary>Every component that has one.</summary>
    public static IEnumerable<PairComponent> All(OperationContext context) => context.Plan.Components.Values.OfType<PostgreSqlPlan>().Where(c => c.Pair is not null)
        .Select(c => new PairComponent(c, c.Pair!, c.PointInTime is null ? null : WalComponent.Of(context, c)));

    /// <summary>A node by its name.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>.</exception>
    public PairNodePlan Node(string name) => Pair.Nodes.Values.FirstOrDefault(n => n.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(PrimaryTexts.NoNode, name, Name)) { Subject = name, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", Pair.Nodes.Keys)) };

    /// <summary>Refuses what is known from the plan alone.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: the servers run in containers.</exception>
    public void RequireMachines()
    {
        if (Plan.Container is not null || Plan.ComposeService is not null) throw NodeShell.InContainer(Text.Of(PairTexts.PairInContainer, Name), Name);
    }

    /// <summary>Asks the operator, where this is production.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.UnsafeTarget"/>: nobody said yes.</exception>
    public async Task RequireYesAsync(OperationContext context, bool confirmed, string question, CancellationToken ct)
    {
        if (!Plan.Production || confirmed || (context.Ask is { } ask && await ask(question, ct).ConfigureAwait(false))) return;
        throw new DrpException(DrpError.UnsafeTarget, Text.Of(PrimaryTexts.ProductionRefused, Name)) { Subject = Name, Hint = OperationsTexts.ProductionHint };
    }
}
