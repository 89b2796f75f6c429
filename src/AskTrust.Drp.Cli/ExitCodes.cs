namespace AskTrust.Drp.Cli;

/// <summary>The exit code of a command that has many results: one number of <see cref="DrpError"/>.</summary>
internal static class ExitCodes
{
    /// <summary>Codes of the failed items → one code: the code they share; a failed verification when one of them is one; else 1.</summary>
    /// <param name="failed">One code for each failed item; <see cref="DrpError.None"/> counts as <paramref name="fallback"/>.</param>
    /// <param name="fallback">What a failure without a code is.</param>
    public static DrpError Of(IEnumerable<DrpError> failed, DrpError fallback)
    {
        var codes = failed.Select(c => c == DrpError.None ? fallback : c).Distinct().ToList();
        return codes.Count switch
        {
            0 => DrpError.None,
            1 => codes[0],
            _ => codes.Contains(DrpError.VerificationFailed) ? DrpError.VerificationFailed : DrpError.Failed,
        };
    }

    /// <summary>How a backup or restore ended.</summary>
    public static DrpError Of(RunStatus status) => status switch
    {
        RunStatus.Incomplete => DrpError.Incomplete,
        RunStatus.Failed => DrpError.Failed,
        _ => DrpError.None,
    };

    /// <summary>A plan check; warnings are no failure.</summary>
    public static DrpError Of(IReadOnlyList<PlanCheck> checks) => Of(checks.Where(c => c.Verdict == CheckVerdict.Failed).Select(c => c.Code), DrpError.Failed);

    /// <summary>Health: what failed decides (14 when only promises are broken); else warnings make it 3, so that whoever watches hears of them.</summary>
    public static DrpError Of(IReadOnlyList<HealthCheck> checks)
    {
        var failed = Of(checks.Where(c => c.Status == CheckVerdict.Failed).Select(c => c.Code), DrpError.Failed);
        return failed != DrpError.None ? failed : checks.Any(c => c.Status == CheckVerdict.Warning) ? DrpError.Incomplete : DrpError.None;
    }

    /// <summary>Damage: some = 1; none, but an objective broken = 14; other warnings = 3.</summary>
    public static DrpError Of(DamageReport report) => report.Verdict switch
    {
        CheckVerdict.Failed => DrpError.Failed,
        CheckVerdict.Warning => report.Findings.Any(f => f.Kind == DamageKind.BackupOld) ? DrpError.ObjectiveBreached : DrpError.Incomplete,
        _ => DrpError.None,
    };

    /// <summary>A repair: damaged tables are a failed verification; something else that is left is 3.</summary>
    public static DrpError Of(RepairReport report) => report.Status == RunStatus.Failed ? DrpError.VerificationFailed : Of(report.Status);

    /// <summary>Verifications. To have verified nothing is no success.</summary>
    public static DrpError Of(IReadOnlyList<VerificationResult> results)
    {
        if (results.Count == 0) return DrpError.RepositoryMissing;
        var failed = Of(results.Where(r => r.Verdict == CheckVerdict.Failed || r.Code != DrpError.None).Select(r => r.Code), DrpError.VerificationFailed);
        return failed != DrpError.None ? failed : results.Any(r => r.Verdict == CheckVerdict.Skipped) ? DrpError.Incomplete : DrpError.None;
    }

    /// <summary>Retention: what should have gone and did not makes the run incomplete.</summary>
    public static DrpError Of(IReadOnlyList<RetentionDecision> decisions) => decisions.Any(d => d.Action == RetentionAction.Failed) ? DrpError.Incomplete : DrpError.None;

    /// <summary>Deleting by name: a set that could not be deleted, or is held by a lock, makes the run incomplete.</summary>
    public static DrpError OfRemoval(IReadOnlyList<RetentionDecision> decisions) =>
        decisions.Any(d => d.Action is RetentionAction.Failed or RetentionAction.Retained or RetentionAction.Keep) ? DrpError.Incomplete : DrpError.None;

    /// <summary>Copies: some failed = incomplete, all failed = their code.</summary>
    public static DrpError Of(IReadOnlyList<SyncResult> results)
    {
        var bad = results.Where(r => r.Status is RunStatus.Failed or RunStatus.Incomplete).ToList();
        if (bad.Count == 0) return DrpError.None;
        return bad.Count < results.Count || bad.Any(r => r.Status == RunStatus.Incomplete) ? DrpError.Incomplete : Of(bad.Select(r => r.Code), DrpError.Failed);
    }

    /// <summary>Recovery windows: a repository that told nothing makes the answer incomplete; when none told anything, their code.</summary>
    public static DrpError Of(IReadOnlyList<RecoveryWindow> windows)
    {
        var silent = windows.Where(w => w.Message is not null).Select(w => w.Code).ToList();
        return silent.Count > 0 && silent.Count < windows.Count ? DrpError.Incomplete : Of(silent, DrpError.Failed);
    }

    /// <summary>Restore tests. A test that was skipped or whose tester is broken proves nothing.</summary>
    public static DrpError Of(IReadOnlyList<RestoreTestResult> results, bool enforceObjectives)
    {
        if (results.Any(r => r.NegativeControl is false)) return DrpError.VerificationFailed;
        var failed = Of(results.Where(r => r.Verdict == CheckVerdict.Failed).Select(r => r.Code), DrpError.VerificationFailed);
        if (failed != DrpError.None) return failed;
        if (results.Any(r => r.Verdict == CheckVerdict.Skipped)) return DrpError.Incomplete;
        return enforceObjectives && results.Any(Breached) ? DrpError.ObjectiveBreached : DrpError.None;
    }

    /// <summary>Schedules: the code of a last run that failed; else a missed time, or a job that is not registered as the plan says, makes it incomplete.</summary>
    public static DrpError Of(IReadOnlyList<ScheduleStatus> schedules)
    {
        var failed = Of(schedules.Select(s => s.LastCode ?? DrpError.None).Where(c => c != DrpError.None), DrpError.Failed);
        return failed != DrpError.None ? failed : schedules.Any(s => s.Missed.Count > 0 || s.State != ServiceFileState.Current) ? DrpError.Incomplete : DrpError.None;
    }

    /// <summary>The ledger.</summary>
    public static DrpError Of(IReadOnlyList<EvidenceVerdict> verdicts) =>
        verdicts.Any(v => v.Verdict == CheckVerdict.Failed) ? DrpError.VerificationFailed : verdicts.Any(v => v.Verdict == CheckVerdict.Skipped) ? DrpError.Incomplete : DrpError.None;

    /// <summary>True when an objective is breached, or cannot be shown to be met.</summary>
    private static bool Breached(RestoreTestResult result) =>
        result.RecoveryTime > result.ObjectiveRto || (result.ObjectiveRpo is { } rpo && !(result.MeasuredRpo <= rpo));
}
