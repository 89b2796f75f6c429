using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Plan.Values;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>A PostgreSQL connection URL without a password.</summary>
internal sealed class ConnectionUrlType : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedConnectionUrl;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^postgres(?:ql)?://[^\\s]*$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        var url = ConnectionUrl.Parse(scalar.Text, out string? password);
        if (password is not null) return Fail(scalar, context, PlanTexts.UrlPassword);
        return url is null ? Fail(scalar, context) : scalar.Text;
    }
}

/// <summary>An http or https address without credentials; with a query where <paramref name="query"/> is set.</summary>
internal sealed class EndpointType(bool query = false) : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedEndpoint;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^https?://[^\\s@]+$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        if (scalar.Text.Contains('@', StringComparison.Ordinal)) return Fail(scalar, context, PlanTexts.EndpointCredentials);
        bool ok = Uri.TryCreate(scalar.Text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri!.Host.Length > 0
            && (query || uri.Query.Length == 0) && uri.Fragment.Length == 0 && !scalar.Text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c));
        return ok ? scalar.Text : Fail(scalar, context);
    }
}

/// <summary>A remote of rclone; options with secrets belong into its configuration.</summary>
internal sealed partial class RemoteType : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedRemote;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[^-\\s].*:.*$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        if (SecretOption().IsMatch(scalar.Text)) return Fail(scalar, context, PlanTexts.RemoteSecret);
        bool ok = scalar.Text.Contains(':', StringComparison.Ordinal) && scalar.Text[0] is not ('-' or ' ') && scalar.Text.Length > 1 && !scalar.Text.Any(char.IsControl);
        return ok ? scalar.Text : Fail(scalar, context);
    }

    [GeneratedRegex("[,:][a-z0-9_]*(?:pass|secret|token|key|credential)[a-z0-9_]*=", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase, 2000)]
    private static partial Regex SecretOption();
}

/// <summary>A cron expression.</summary>
internal sealed class ScheduleType : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedSchedule;

    /// <inheritdoc/>
    public override JsonObject Schema() => new()
    {
        ["type"] = "string",
        ["pattern"] = $"^(?:{string.Join('|', Schedules.Macros.Keys)}|\\S+(?: +\\S+){{4}})$",
    };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        if (Schedules.TryParse(scalar.Text, out var schedule)) return scalar.Text;
        string near = scalar.Text.StartsWith('@') && Wording.Nearest(scalar.Text, Schedules.Macros.Keys) is { } word ? " " + Host.Text.Of(PlanTexts.DidYouMean, word) : "";
        return Fail(scalar, context, schedule is null ? Host.Text.Of(PlanTexts.ExpectedValue, Expected) + near : PlanTexts.ScheduleNever);
    }
}

/// <summary>An IANA time zone that this machine knows.</summary>
internal sealed partial class TimeZoneType : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedTimeZone;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[A-Za-z0-9_+/-]{1,64}$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        string text = scalar.Text;
        if (text == "UTC") return text;
        // Checked before the lookup, which opens a file of that name.
        if (!ZoneName().IsMatch(text)) return Fail(scalar, context);
        if (TimeZoneInfo.TryFindSystemTimeZoneById(text, out _)) return text;
        var known = TimeZoneInfo.GetSystemTimeZones(skipSorting: true);
        if (known.Count <= 1) return Fail(scalar, context, PlanTexts.TimeZoneData);
        string near = Wording.Nearest(text, known.Select(z => z.Id)) is { } id ? " " + Host.Text.Of(PlanTexts.DidYouMean, id) : "";
        return Fail(scalar, context, Host.Text.Of(PlanTexts.ExpectedValue, Expected) + near);
    }

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+-]{0,31}(?:/[A-Za-z0-9_+-]{1,31}){0,2}\z", RegexOptions.CultureInvariant, 2000)]
    private static partial Regex ZoneName();
}
