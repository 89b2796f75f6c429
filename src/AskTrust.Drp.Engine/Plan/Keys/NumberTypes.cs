using System.Globalization;
using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Values;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary><c>true</c> or <c>false</c>; YAML 1.1's “yes”, “on” and the like are refused, for tools disagree about them.</summary>
internal sealed class BooleanType : ScalarType<bool>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedBoolean;

    /// <inheritdoc/>
    protected override bool MayBeQuoted => false;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "boolean" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((bool)value);

    /// <inheritdoc/>
    protected override bool ReadScalar(YamlScalar scalar, ReadContext context) => scalar.Text switch
    {
        "true" or "True" or "TRUE" => true,
        "false" or "False" or "FALSE" => false,
        _ => Fail(scalar, context),
    };
}

/// <summary>A whole number within bounds.</summary>
internal sealed class IntegerType(int least, int most) : ScalarType<int>
{
    /// <inheritdoc/>
    public override string Expected => Host.Text.Of(PlanTexts.ExpectedInteger, least, most);

    /// <inheritdoc/>
    protected override bool MayBeQuoted => false;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "integer", ["minimum"] = least, ["maximum"] = most };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((int)value);

    /// <inheritdoc/>
    protected override int ReadScalar(YamlScalar scalar, ReadContext context) =>
        int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value : Fail(scalar, context);
}

/// <summary>A number.</summary>
internal sealed class DecimalType : ScalarType<decimal>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedNumber;

    /// <inheritdoc/>
    protected override bool MayBeQuoted => false;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "number" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((decimal)value);

    /// <inheritdoc/>
    protected override decimal ReadScalar(YamlScalar scalar, ReadContext context) =>
        decimal.TryParse(scalar.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value)
            ? value : Fail(scalar, context);
}

/// <summary>A duration.</summary>
internal sealed class DurationType(bool zero = false) : ScalarType<TimeSpan>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedDuration;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["minLength"] = 2, ["pattern"] = Durations.Pattern };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create(Durations.Format((TimeSpan)value));

    /// <inheritdoc/>
    protected override TimeSpan ReadScalar(YamlScalar scalar, ReadContext context) =>
        Durations.TryParse(scalar.Text, out var value) && (zero || value > TimeSpan.Zero) ? value : Fail(scalar, context);
}

/// <summary>Bytes.</summary>
internal sealed class SizeType : ScalarType<long>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedSize;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = ByteSizes.Pattern };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create(ByteSizes.Format((long)value));

    /// <inheritdoc/>
    protected override long ReadScalar(YamlScalar scalar, ReadContext context) =>
        ByteSizes.TryParse(scalar.Text, out long value) ? value : Fail(scalar, context);
}

/// <summary>Bytes per second.</summary>
internal sealed class RateType : ScalarType<long>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedRate;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = ByteSizes.RatePattern };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create(ByteSizes.FormatRate((long)value));

    /// <inheritdoc/>
    protected override long ReadScalar(YamlScalar scalar, ReadContext context) =>
        ByteSizes.TryParseRate(scalar.Text, out long value) ? value : Fail(scalar, context);
}

/// <summary>One word of a list.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
internal sealed class EnumType<T>(params (string Word, T Value)[] words) : ScalarType<T>
    where T : notnull
{
    /// <summary>The words.</summary>
    public IReadOnlyList<string> Words { get; } = [.. words.Select(w => w.Word)];

    /// <inheritdoc/>
    public override string Expected => Host.Text.Of(PlanTexts.ExpectedOneOf, string.Join(", ", Words));

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["enum"] = new JsonArray([.. Words.Select(w => JsonValue.Create(w))]) };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create(words.First(w => w.Value.Equals(value)).Word);

    /// <inheritdoc/>
    protected override T ReadScalar(YamlScalar scalar, ReadContext context)
    {
        foreach (var (word, value) in words)
        {
            if (string.Equals(word, scalar.Text, StringComparison.Ordinal)) return value;
        }

        string near = Wording.Nearest(scalar.Text, Words) is { } word1 ? " " + Host.Text.Of(PlanTexts.DidYouMean, word1) : "";
        return Fail(scalar, context, Host.Text.Of(PlanTexts.ExpectedValue, Expected) + near);
    }
}
