using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Holds what was found against a limit, and says so the same way everywhere.</summary>
internal sealed class HealthJudge(OperationContext context)
{
    public const string Percent = "percent", Seconds = "seconds", Bytes = "bytes", Days = "days", Count = "count";

    /// <summary>As it should be.</summary>
    public HealthCheck Good(string name, HealthKind kind, string? message = null) =>
        new() { Plan = context.Plan.Path, Name = name, Kind = kind, Status = CheckVerdict.Ok, Message = message, Time = context.Clock.GetUtcNow() };

    /// <summary>Works, but look.</summary>
    public HealthCheck Odd(string name, HealthKind kind, string message, string? advice = null) => Good(name, kind, message) with { Status = CheckVerdict.Warning, Advice = advice };

    /// <summary>Does not work.</summary>
    public HealthCheck Bad(string name, HealthKind kind, string message, string? advice = null, DrpError code = DrpError.Failed) =>
        Good(name, kind, message) with { Status = CheckVerdict.Failed, Advice = advice, Code = code };

    /// <summary>What an exception is.</summary>
    public HealthCheck Bad(string name, HealthKind kind, Exception e) =>
        Bad(name, kind, context.Host.Redactor.Clean(e.Message), (e as DrpException)?.Hint is { } hint ? context.Host.Redactor.Clean(hint) : null, Failures.CodeOf(e));

    /// <summary>Was not looked at, and why.</summary>
    public HealthCheck Skipped(string name, HealthKind kind, string message) => Good(name, kind, message) with { Status = CheckVerdict.Skipped };

    /// <summary>Up to the limit all is well.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="measured">What was found.</param>
    /// <param name="limit">The limit.</param>
    /// <param name="unit">Unit of both.</param>
    /// <param name="advice">What to do beyond it.</param>
    /// <param name="breach">True: beyond it a promise is broken, not just a limit passed.</param>
    public HealthCheck AtMost(string name, HealthKind kind, double measured, double limit, string unit, string advice, bool breach = false) =>
        Held(name, kind, measured, limit, unit, measured > limit, HealthTexts.OverLimit, advice, breach);

    /// <summary>From the limit on all is well.</summary>
    public HealthCheck AtLeast(string name, HealthKind kind, double measured, double limit, string unit, string advice) =>
        Held(name, kind, measured, limit, unit, measured < limit, HealthTexts.UnderLimit, advice, false);

    /// <summary>A value for people.</summary>
    public static string Show(double value, string unit) => unit switch
    {
        Percent => value.ToString("0", CultureInfo.InvariantCulture) + " %",
        Seconds when Math.Abs(value) < 1 => (value * 1000).ToString("0", CultureInfo.InvariantCulture) + " ms",
        Seconds => Human.Duration(TimeSpan.FromSeconds(value)),
        Bytes => Human.Size((long)value),
        Days => Text.Of(HealthTexts.InDays, Math.Floor(value)),
        _ => value.ToString("0", CultureInfo.InvariantCulture),
    };

    private HealthCheck Held(string name, HealthKind kind, double measured, double limit, string unit, bool beyond, string says, string advice, bool breach)
    {
        HealthCheck check = Good(name, kind) with { Measured = Math.Round(measured, 3), Threshold = limit, Unit = unit, Value = Show(measured, unit), Limit = Show(limit, unit) };
        if (!beyond) return check;
        return check with
        {
            Status = breach ? CheckVerdict.Failed : CheckVerdict.Warning, Code = breach ? DrpError.ObjectiveBreached : DrpError.None,
            Message = Text.Of(says, check.Value, check.Limit), Advice = advice,
        };
    }
}
