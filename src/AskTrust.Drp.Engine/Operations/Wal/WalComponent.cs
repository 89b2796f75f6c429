using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>A component of the plan whose WAL is kept, with what the plan leaves open filled in.</summary>
/// <param name="Plan">The component.</param>
/// <param name="PointInTime">Its section.</param>
/// <param name="Slot">Its slot.</param>
/// <param name="Spool">Folder in which its WAL waits.</param>
internal sealed record WalComponent(PostgreSqlPlan Plan, PointInTimePlan PointInTime, string Slot, string Spool)
{
    /// <summary>Name in the plan.</summary>
    public string Name => Plan.Name;

    /// <summary>Finds it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: there is none, or several and none was named.</exception>
    public static WalComponent Find(OperationContext context, string? name)
    {
        List<PostgreSqlPlan> on = [.. All(context.Plan)];
        PostgreSqlPlan[] meant = [.. on.Where(c => name is null || c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return meant switch
        {
            [var one] => Of(context, one),
            [] when name is not null => throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalNotOn, name)) { Subject = name, Hint = OperationsTexts.WalNotOnHint },
            [] => throw new DrpException(DrpError.PlanInvalid, OperationsTexts.WalNowhereOn) { Hint = OperationsTexts.WalNotOnHint },
            _ => throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalWhich, string.Join(", ", on.Select(c => c.Name)))) { Hint = OperationsTexts.WalWhichHint },
        };
    }

    /// <summary>As <see cref="Find"/>, but where the plan does not switch it on yet, the defaults stand in.</summary>
    public static WalComponent FindAny(OperationContext context, string? name)
    {
        PostgreSqlPlan[] all = [.. context.Plan.Components.Values.OfType<PostgreSqlPlan>().Where(c => name is null || c.Name.Equals(name, StringComparison.OrdinalIgnoreCase))];
        return all is [var only] ? Of(context, only) : Find(context, name);
    }

    /// <summary>Every component with point-in-time recovery.</summary>
    public static IEnumerable<PostgreSqlPlan> All(DrpPlan plan) => plan.Components.Values.OfType<PostgreSqlPlan>().Where(c => c.PointInTime is not null);

    /// <summary>One component that has it.</summary>
    public static WalComponent Of(OperationContext context, PostgreSqlPlan component)
    {
        PointInTimePlan section = component.PointInTime ?? new PointInTimePlan();
        return new WalComponent(component, section, section.Slot ?? SlotName($"drp_{context.Plan.Name}_{component.Name}"),
            section.Spool is { } spool ? Path.GetFullPath(spool, context.Plan.Folder) : Path.Combine(context.Catalog.StateFolder, "wal", component.Name));
    }

    private static string SlotName(string text)
    {
        var name = new StringBuilder();
        foreach (char c in text.ToLowerInvariant()) name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        return name.Length <= 63 ? name.ToString() : name.ToString(0, 63);
    }
}
