namespace AskTrust.Drp.Engine.Tests.Incidents;

/// <summary>Restore-test results for the tests of reports.</summary>
internal static class Results
{
    public const string Hostile = "public.\"<script>alert('x')</script> | `a` \u202Eevil\u0007\n# no heading\"";

    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static RestoreTestResult Passed() => new()
    {
        Plan = "/etc/shop/drp.yaml",
        Product = "shop",
        Id = "20261120T030000Z-full",
        Repository = "paris",
        Component = "db",
        Verdict = CheckVerdict.Ok,
        Where = "container postgres:15@sha256:0123456789abcdef",
        ServerVersion = "15.18",
        SourceVersion = "15.18",
        Started = Noon,
        Duration = TimeSpan.FromSeconds(754.25),
        Phases =
        [
            new("fetch", TimeSpan.FromSeconds(41.5), 1_288_490_188), new("decrypt", TimeSpan.FromSeconds(63), 6_442_450_944),
            new("restore", TimeSpan.FromSeconds(602.75)), new("check", TimeSpan.FromSeconds(47)),
        ],
        Assertions =
        [
            new() { Kind = AssertionKind.Sql, Name = "orders of the last day", Verdict = CheckVerdict.Ok, Expected = "≥ 1", Actual = "1843", Elapsed = TimeSpan.FromMilliseconds(38) },
            new() { Kind = AssertionKind.Command, Name = "npm run test:recovery", Verdict = CheckVerdict.Ok, Expected = "exit code 0", Actual = "exit code 0", Elapsed = TimeSpan.FromSeconds(19.4) },
            new() { Kind = AssertionKind.Canary, Name = "canary", Verdict = CheckVerdict.Ok, Expected = "present", Actual = "2026-11-20 03:00:01 UTC" },
            .. Enumerable.Range(1, 40).Select(i => new AssertionResult { Kind = AssertionKind.Rows, Name = $"public.table_{i:00}", Verdict = CheckVerdict.Ok, Expected = $"{i * 31_417}", Actual = $"{i * 31_417}", Elapsed = TimeSpan.FromMilliseconds(12 * i) }),
        ],
        Canary = new(2026, 11, 20, 3, 0, 1, TimeSpan.Zero),
        MeasuredRpo = TimeSpan.FromHours(9) - TimeSpan.FromSeconds(1),
        NegativeControl = true,
        ObjectiveRto = TimeSpan.FromHours(4),
        ObjectiveRpo = TimeSpan.FromHours(24),
        Rows = 25_761_940,
        Size = 1_288_490_188,
        ManifestSha256 = new string('a', 64),
        Evidence = new string('e', 64),
    };

    public static RestoreTestResult Failed() => Passed() with
    {
        Verdict = CheckVerdict.Failed,
        Code = DrpError.VerificationFailed,
        Message = "Table " + Hostile + " has 12 rows, 13 were dumped.",
        Assertions = [new() { Kind = AssertionKind.Rows, Name = Hostile, Verdict = CheckVerdict.Failed, Expected = "13", Actual = "12" }, .. Passed().Assertions],
        Warnings = ["extension <b>postgis</b> is older here"],
    };
}
