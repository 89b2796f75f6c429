namespace AskTrust.Drp.Engine.Plan;

/// <summary>Collects every error of one plan file. Messages never repeat a value of the file: line and column show it, and it may be a secret.</summary>
internal sealed class ProblemList(string file)
{
    private readonly List<PlanProblem> _problems = [];

    /// <summary>How many so far.</summary>
    public int Count => _problems.Count;

    /// <summary>The first of them.</summary>
    public PlanProblem First => _problems[0];

    /// <summary>The file.</summary>
    public string File => file;

    /// <summary>Adds one.</summary>
    public void Add(int line, int column, string message) => _problems.Add(new PlanProblem(file, line, column, message));

    /// <summary>Adds one at a value.</summary>
    public void Add(Yaml.YamlNode at, string message) => Add(at.Line, at.Column, message);

    /// <summary>Throws when there is any; once each (a value used through an alias is read twice), in the order of the file.</summary>
    public void ThrowIfAny()
    {
        if (_problems.Count == 0) return;
        PlanProblem[] all = [.. _problems.Distinct().OrderBy(p => p.Line).ThenBy(p => p.Column)];
        string message = all.Length == 1
            ? Host.Text.Of(PlanTexts.OneError, all[0])
            : Host.Text.Of(PlanTexts.SeveralErrors, file, all.Length, all[0]);
        throw new PlanException(message, all) { Hint = PlanTexts.ErrorsHint, Subject = file };
    }
}
