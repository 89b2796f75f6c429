using AskTrust.Drp.Engine.Plan.Keys;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan;

/// <summary>Reads and validates a plan. Contacts nothing; secrets stay references.</summary>
internal static class PlanReader
{
    /// <summary>Reads a file, or <c>drp.yaml</c> in a folder.</summary>
    /// <exception cref="PlanException">The plan has errors: every one of them.</exception>
    public static async Task<DrpPlan> ReadAsync(string path, CancellationToken ct)
    {
        string file = PlanFile.Locate(path);
        var problems = new ProblemList(file);
        string? text = await PlanFile.ReadAsync(file, problems, ct).ConfigureAwait(false);
        problems.ThrowIfAny();
        return Parse(text!, file);
    }

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">Full path it has or will have: for messages, and relative paths of the plan start at its folder.</param>
    /// <exception cref="PlanException">The plan has errors: every one of them.</exception>
    public static DrpPlan Parse(string text, string file)
    {
        var problems = new ProblemList(file);
        var root = YamlTreeReader.Read(text, problems);
        if (root is null)
        {
            problems.ThrowIfAny();
            throw new InvalidOperationException("a plan without a tree has a problem");
        }

        var context = new ReadContext(file, problems);
        var plan = PlanKeys.Plan.Read(root, context);
        context.Resolve();
        problems.ThrowIfAny();
        return plan;
    }
}
