using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Which components and repositories a run is about: those named, else the job's, else all of the plan.</summary>
internal static class Selection
{
    /// <summary>The job of that name; null when none is asked for.</summary>
    public static JobPlan? Job(DrpPlan plan, string? name) => name is null ? null : One(plan, plan.Jobs, name, OperationsTexts.NoSuchJob);

    /// <summary>The components meant.</summary>
    public static IReadOnlyList<ComponentPlan> Components(DrpPlan plan, JobPlan? job, IReadOnlyList<string> named) =>
        Many(plan, plan.Components, named.Count > 0 ? named : job?.Components ?? [], OperationsTexts.NoSuchComponent);

    /// <summary>Of these, what a base backup can be taken of.</summary>
    /// <param name="components">The components meant.</param>
    /// <param name="named">True when somebody named them: then one of which there can be none is an error.</param>
    public static IReadOnlyList<ComponentPlan> Databases(IReadOnlyList<ComponentPlan> components, bool named)
    {
        ComponentPlan? other = components.FirstOrDefault(c => c is not PostgreSqlPlan);
        if (other is null) return components;
        ComponentPlan[] databases = [.. components.OfType<PostgreSqlPlan>()];
        return !named && databases.Length > 0 ? databases : throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.NoBaseOf, other.Name, other.Type)) { Subject = other.Name, Hint = OperationsTexts.NoBaseOfHint };
    }

    /// <summary>To ask for everything means something only where the plan saves changes in between.</summary>
    /// <param name="components">The components meant.</param>
    /// <param name="bases">The set is of kind base.</param>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: each of them is saved whole anyway.</exception>
    public static void RequireChains(IReadOnlyList<ComponentPlan> components, bool bases)
    {
        if (components.Any(c => bases ? c is PostgreSqlPlan { BaseBackup.Full: not null } : c is FilesPlan { Full: not null })) return;
        string names = string.Join(", ", components.Select(c => c.Name));
        throw new DrpException(DrpError.PlanInvalid, Text.Of(bases ? OperationsTexts.BasesAreWhole : OperationsTexts.SetsAreWhole, names)) { Subject = names, Hint = OperationsTexts.IsWholeHint };
    }

    /// <summary>The repositories meant.</summary>
    public static IReadOnlyList<RepositoryPlan> Repositories(DrpPlan plan, JobPlan? job, IReadOnlyList<string> named) =>
        Many(plan, plan.Repositories, named.Count > 0 ? named : job?.Repositories ?? [], OperationsTexts.NoSuchRepository);

    /// <summary>The one component meant; a name is needed only when several would do.</summary>
    public static string Component(IReadOnlyList<string> available, string? named, string source)
    {
        if (named is not null)
        {
            return available.FirstOrDefault(a => a == named) ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.ComponentNotInSet, source, named))
            {
                Subject = named, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", available)),
            };
        }

        return available.Count == 1 ? available[0] : throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WhichComponent, source))
        {
            Subject = source, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", available)),
        };
    }

    private static List<T> Many<T>(DrpPlan plan, IReadOnlyDictionary<string, T> all, IReadOnlyList<string> names, string unknown) =>
        names.Count == 0 ? [.. all.Values] : [.. names.Distinct(StringComparer.Ordinal).Select(n => One(plan, all, n, unknown))];

    private static T One<T>(DrpPlan plan, IReadOnlyDictionary<string, T> all, string name, string unknown) =>
        all.TryGetValue(name, out T? found) ? found : throw new DrpException(DrpError.PlanInvalid, Text.Of(unknown, name, plan.Path))
        {
            Subject = name, Hint = Text.Of(OperationsTexts.ChooseOf, string.Join(", ", all.Keys)),
        };
}
