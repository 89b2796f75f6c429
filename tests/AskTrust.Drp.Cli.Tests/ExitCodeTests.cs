namespace AskTrust.Drp.Cli.Tests;

public sealed class ExitCodeTests
{
    [Theory]
    [InlineData(RunStatus.Succeeded, 0)]
    [InlineData(RunStatus.Planned, 0)]
    [InlineData(RunStatus.Skipped, 0)]
    [InlineData(RunStatus.Incomplete, 3)]
    [InlineData(RunStatus.Failed, 1)]
    public void A_run_ends_with_its_number(RunStatus status, int code) => Assert.Equal(code, (int)ExitCodes.Of(status));

    [Fact]
    public void Many_failures_share_their_number_or_end_with_1()
    {
        Assert.Equal(DrpError.None, ExitCodes.Of([], DrpError.Failed));
        Assert.Equal(DrpError.Unreachable, ExitCodes.Of([DrpError.Unreachable, DrpError.Unreachable], DrpError.Failed));
        Assert.Equal(DrpError.Failed, ExitCodes.Of([DrpError.Unreachable, DrpError.Locked], DrpError.Failed));
        Assert.Equal(DrpError.VerificationFailed, ExitCodes.Of([DrpError.Unreachable, DrpError.VerificationFailed], DrpError.Failed));
        Assert.Equal(DrpError.VerificationFailed, ExitCodes.Of([DrpError.None], DrpError.VerificationFailed));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, CheckVerdict.Ok, DrpError.None, CheckVerdict.Skipped, DrpError.None)]
    [InlineData(3, CheckVerdict.Ok, DrpError.None, CheckVerdict.Warning, DrpError.None)]
    [InlineData(14, CheckVerdict.Warning, DrpError.None, CheckVerdict.Failed, DrpError.ObjectiveBreached)]
    [InlineData(17, CheckVerdict.Failed, DrpError.Unreachable, CheckVerdict.Failed, DrpError.Unreachable)]
    [InlineData(1, CheckVerdict.Failed, DrpError.Unreachable, CheckVerdict.Failed, DrpError.ObjectiveBreached)]
    public void Health_ends_with_what_failed_else_with_3_for_warnings(int code, params object[] checks) =>
        Assert.Equal(code, (int)ExitCodes.Of([.. checks.Chunk(2).Select(c => new HealthCheck { Plan = "", Name = "x", Kind = HealthKind.Http, Time = default, Status = (CheckVerdict)c[0], Code = (DrpError)c[1] })]));

    [Theory]
    [InlineData(CheckVerdict.Ok, DrpError.None, 0)]
    [InlineData(CheckVerdict.Warning, DrpError.None, 0)]
    [InlineData(CheckVerdict.Warning, DrpError.VerificationFailed, 13)]
    [InlineData(CheckVerdict.Failed, DrpError.None, 13)]
    [InlineData(CheckVerdict.Failed, DrpError.Unreachable, 17)]
    [InlineData(CheckVerdict.Skipped, DrpError.None, 3)]
    public void A_verification_ends_with_its_number_also_when_only_one_copy_of_the_manifest_is_damaged(CheckVerdict verdict, DrpError found, int code)
    {
        var result = new VerificationResult { Plan = "p", Id = "i", Repository = "r", Depth = VerificationDepth.Content, Verdict = verdict, Code = found, Time = DateTimeOffset.UnixEpoch };
        Assert.Equal(code, (int)ExitCodes.Of([result]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0, DrpError.None, DrpError.None)]
    [InlineData(3, DrpError.None, DrpError.Unreachable)]
    [InlineData(17, DrpError.Unreachable, DrpError.Unreachable)]
    [InlineData(1, DrpError.Unreachable, DrpError.RepositoryMissing)]
    public void A_recovery_window_is_incomplete_where_a_repository_is_silent_and_fails_where_all_are(int code, params DrpError[] said) => Assert.Equal(code, (int)ExitCodes.Of(
        [.. said.Select(c => new RecoveryWindow { Plan = "p", Component = "db", Repository = "r", SystemIdentifier = "", Code = c, Message = c == DrpError.None ? null : "silent" })]));

    [Fact]
    public void To_have_verified_nothing_is_no_success() => Assert.Equal(DrpError.RepositoryMissing, ExitCodes.Of(Array.Empty<VerificationResult>()));

    [Theory]
    [InlineData(CheckVerdict.Ok, null, 4, 1, true, 0)]
    [InlineData(CheckVerdict.Ok, true, 4, 1, true, 0)]
    [InlineData(CheckVerdict.Warning, null, 4, 1, false, 0)]
    [InlineData(CheckVerdict.Failed, null, 4, 1, false, 13)]
    [InlineData(CheckVerdict.Ok, false, 4, 1, false, 13)]
    [InlineData(CheckVerdict.Skipped, null, 4, 1, false, 3)]
    [InlineData(CheckVerdict.Ok, null, 1, 1, false, 0)]
    [InlineData(CheckVerdict.Ok, null, 1, 1, true, 14)]
    [InlineData(CheckVerdict.Ok, null, 4, 9, true, 14)]
    [InlineData(CheckVerdict.Ok, null, 4, null, true, 14)]
    [InlineData(CheckVerdict.Failed, null, 1, 1, true, 13)]
    public void A_restore_test_ends_with_its_number(CheckVerdict verdict, bool? control, int rto, int? measuredRpo, bool enforce, int code)
    {
        var result = new RestoreTestResult
        {
            Plan = "p", Product = "p", Id = "i", Repository = "r", Component = "c", Where = "cluster", Verdict = verdict, NegativeControl = control, Started = DateTimeOffset.UnixEpoch, Phases = [],
            Duration = TimeSpan.FromHours(2), ObjectiveRto = TimeSpan.FromHours(rto), ObjectiveRpo = TimeSpan.FromHours(8), MeasuredRpo = measuredRpo is { } hours ? TimeSpan.FromHours(hours) : null,
        };
        Assert.Equal(code, (int)ExitCodes.Of([result], enforce));
    }

    [Theory]
    [InlineData(RunStatus.Succeeded, RunStatus.Succeeded, 0)]
    [InlineData(RunStatus.Succeeded, RunStatus.Failed, 3)]
    [InlineData(RunStatus.Failed, RunStatus.Failed, 17)]
    [InlineData(RunStatus.Skipped, RunStatus.Planned, 0)]
    public void Copies_that_failed_in_part_are_incomplete(RunStatus first, RunStatus second, int code)
    {
        SyncResult Make(RunStatus status) => new() { Plan = "p", Id = "i", Source = "a", Repository = "b", Status = status, Code = status == RunStatus.Failed ? DrpError.Unreachable : DrpError.None };
        Assert.Equal(code, (int)ExitCodes.Of([Make(first), Make(second)]));
    }

    [Fact]
    public void Every_exception_becomes_an_error_of_ours_without_a_stack_trace()
    {
        Assert.Equal(DrpError.Locked, Errors.Translate(new DrpException(DrpError.Locked, "x"), cancelled: false).Code);
        Assert.Equal(DrpError.Cancelled, Errors.Translate(new OperationCanceledException(), cancelled: true).Code);
        Assert.Equal(DrpError.Failed, Errors.Translate(new OperationCanceledException(), cancelled: false).Code);
        Assert.Equal(DrpError.Failed, Errors.Translate(new UnauthorizedAccessException("no"), cancelled: false).Code);
        Assert.DoesNotContain("   at ", Errors.Human(Errors.Translate(new InvalidOperationException("boom"), cancelled: false)), StringComparison.Ordinal);
    }

    [Fact]
    public void Each_problem_of_a_plan_has_its_line_and_hostile_text_is_harmless()
    {
        var error = new PlanException("2 errors", [new("drp.yaml", 3, 5, "unknown key \u001b[31mx"), new("drp.yaml", 9, 1, "no such class")]) { Hint = "mend it" };
        Assert.Equal("drp.yaml:3:5: unknown key \\u{1B}[31mx\ndrp.yaml:9:1: no such class\ndrp: 2 errors\n  → mend it", Errors.Human(error));
        using var json = System.Text.Json.JsonDocument.Parse(Errors.Json(error));
        Assert.Equal(9, json.RootElement.GetProperty("problems")[1].GetProperty("line").GetInt32());
    }

    [Theory]
    [InlineData("postgresql://app:hunter2@db/shop", "postgresql://app:***@db/shop")]
    [InlineData("postgresql://app:p@ss:w@db/shop and s3://k:v@h", "postgresql://app:***@db/shop and s3://k:***@h")]
    [InlineData("postgresql://app@db:5432/shop", "postgresql://app@db:5432/shop")]
    [InlineData("http://[::1]:80/a@b", "http://[::1]:80/a@b")]
    [InlineData("no url", "no url")]
    public void Passwords_in_urls_are_masked(string text, string masked) => Assert.Equal(masked, Redact.Passwords(text));
}
