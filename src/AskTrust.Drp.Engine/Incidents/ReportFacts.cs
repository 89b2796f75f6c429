namespace AskTrust.Drp.Engine.Incidents;

/// <summary>What every format of the report says about one restore test, in one language: computed once, from the result only.</summary>
internal sealed class ReportFacts(RestoreTestResult result, ReportLanguage language)
{
    /// <summary>The result.</summary>
    public RestoreTestResult Result => result;

    /// <summary>Verdict of the whole: a broken tester proves nothing, a breached objective is worth a warning.</summary>
    public CheckVerdict Verdict { get; } =
        result.NegativeControl is false ? CheckVerdict.Failed
        : result.Verdict == CheckVerdict.Ok && (Objective.Rto(result).State == ObjectiveState.Breached || Objective.Rpo(result).State == ObjectiveState.Breached) ? CheckVerdict.Warning
        : result.Verdict;

    /// <summary>Recovery time.</summary>
    public Objective Rto { get; } = Objective.Rto(result);

    /// <summary>Recovery point.</summary>
    public Objective Rpo { get; } = Objective.Rpo(result);

    /// <summary>One sentence for the manager.</summary>
    public string Headline => result.NegativeControl is false ? language[nameof(IncidentsTexts.HeadlineTesterBroken)]
        : result.Verdict switch
        {
            CheckVerdict.Failed => language[nameof(IncidentsTexts.HeadlineFailed)],
            CheckVerdict.Skipped => language[nameof(IncidentsTexts.HeadlineSkipped)],
            _ when Verdict == CheckVerdict.Warning && (Rto.State == ObjectiveState.Breached || Rpo.State == ObjectiveState.Breached) => language[nameof(IncidentsTexts.HeadlineBreached)],
            CheckVerdict.Warning => language[nameof(IncidentsTexts.HeadlineWarning)],
            _ => language[nameof(IncidentsTexts.HeadlineOk)],
        };

    /// <summary>The sentence below the headline: why, or what was proven.</summary>
    public string Explanation => !string.IsNullOrWhiteSpace(result.Message) ? result.Message
        : result.NegativeControl is false ? language[nameof(IncidentsTexts.ControlBroken)]
        : Objective.Proves(result) ? language.Of(nameof(IncidentsTexts.Explained), result.Component, result.Id, result.Repository, language.Duration(result.RecoveryTime))
        : "";

    /// <summary>Assertions other than row counts, failed ones first.</summary>
    public IReadOnlyList<AssertionResult> Assertions { get; } = [.. result.Assertions.Where(a => a.Kind != AssertionKind.Rows).OrderBy(Rank)];

    /// <summary>Row counts, failed ones first.</summary>
    public IReadOnlyList<AssertionResult> RowCounts { get; } = [.. result.Assertions.Where(a => a.Kind == AssertionKind.Rows).OrderBy(Rank)];

    /// <summary>Word for a verdict.</summary>
    public string Word(CheckVerdict verdict) => WordOf(verdict, language);

    /// <summary>Word for a verdict in a language.</summary>
    public static string WordOf(CheckVerdict verdict, ReportLanguage language) => language["Verdict" + verdict];

    /// <summary>Word for a phase; phases we have no word for keep their own name.</summary>
    public string Phase(string name) => name switch
    {
        "fetch" => language[nameof(IncidentsTexts.PhaseFetch)],
        "decrypt" => language[nameof(IncidentsTexts.PhaseDecrypt)],
        "restore" => language[nameof(IncidentsTexts.PhaseRestore)],
        "check" => language[nameof(IncidentsTexts.PhaseCheck)],
        "start" => language[nameof(IncidentsTexts.PhaseStart)],
        "globals" => language[nameof(IncidentsTexts.PhaseGlobals)],
        RestoreTestResult.NegativeControlPhase => language[nameof(IncidentsTexts.PhaseControl)],
        _ => name,
    };

    /// <summary>How an objective stands, in words.</summary>
    public string Standing(Objective objective) => objective.State switch
    {
        ObjectiveState.Met when objective.Used is { } used => language.Of(nameof(IncidentsTexts.ObjectiveMet), language.Duration(objective.Limit!.Value), language.Percent(used)),
        ObjectiveState.Met => language.Of(nameof(IncidentsTexts.ObjectiveMetPlain), language.Duration(objective.Limit!.Value)),
        ObjectiveState.Breached => language.Of(nameof(IncidentsTexts.ObjectiveBreached), language.Duration(objective.Limit!.Value), language.Duration(objective.Measured!.Value - objective.Limit!.Value)),
        ObjectiveState.NoObjective => language[nameof(IncidentsTexts.ObjectiveNone)],
        _ when objective.Limit is { } limit => language.Of(nameof(IncidentsTexts.ObjectiveNotMeasured), language.Duration(limit)),
        _ => language[nameof(IncidentsTexts.ObjectiveNone)],
    };

    /// <summary>A measured time, or a dash.</summary>
    public string Measured(Objective objective) => objective.Measured is { } time ? language.Duration(time) : "\u2014";

    /// <summary>Label and value of each fact for the auditor; values that are code come with true.</summary>
    public IReadOnlyList<(string Label, string Value, bool Code)> Details()
    {
        var rows = new List<(string, string, bool)>();
        Add(nameof(IncidentsTexts.LabelProduct), result.Product);
        Add(nameof(IncidentsTexts.LabelComponent), result.Component);
        Add(nameof(IncidentsTexts.LabelSet), result.Id, code: true);
        Add(nameof(IncidentsTexts.LabelRepository), result.Repository);
        Add(nameof(IncidentsTexts.LabelStarted), language.Moment(result.Started));
        Add(nameof(IncidentsTexts.LabelDuration), language.Duration(result.Duration));
        Add(nameof(IncidentsTexts.LabelWhere), result.Where);
        Add(nameof(IncidentsTexts.LabelServerVersion), result.ServerVersion);
        Add(nameof(IncidentsTexts.LabelSourceVersion), result.SourceVersion);
        Add(nameof(IncidentsTexts.LabelSize), result.Size > 0 ? language.Bytes(result.Size) : null);
        Add(nameof(IncidentsTexts.LabelRows), result.Rows is { } rowCount ? language.Number(rowCount) : null);
        Add(nameof(IncidentsTexts.LabelCanary), result.Canary is { } canary ? language.Moment(canary) : language[nameof(IncidentsTexts.CanaryNone)]);
        Add(nameof(IncidentsTexts.LabelControl), result.NegativeControl switch
        {
            true => language[nameof(IncidentsTexts.ControlHeld)],
            false => language[nameof(IncidentsTexts.ControlBroken)],
            null => language[nameof(IncidentsTexts.ControlNotAsked)],
        });
        Add(nameof(IncidentsTexts.LabelPlan), result.Plan, code: true);
        Add(nameof(IncidentsTexts.LabelManifest), result.ManifestSha256, code: true);
        Add(nameof(IncidentsTexts.LabelEvidence), result.Evidence, code: true);
        if (result.Code != DrpError.None) Add(nameof(IncidentsTexts.LabelCode), $"{result.Code} ({(int)result.Code})");
        return rows;

        void Add(string key, string? value, bool code = false)
        {
            if (!string.IsNullOrEmpty(value)) rows.Add((language[key], value, code));
        }
    }

    private static int Rank(AssertionResult assertion) => assertion.Verdict switch { CheckVerdict.Failed => 0, CheckVerdict.Warning => 1, CheckVerdict.Skipped => 2, _ => 3 };
}
