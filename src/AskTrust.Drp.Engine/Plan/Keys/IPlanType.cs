using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>
/// What a value of the plan is: how it is read, written and described. Reader, writer, schema and documentation all go
/// through this, so that they cannot disagree.
/// </summary>
internal interface IPlanType
{
    /// <summary>What is expected, for messages and the documentation: “a duration such as 15m, 4h or 7d”.</summary>
    string Expected { get; }

    /// <summary>JSON Schema of the value.</summary>
    JsonObject Schema();

    /// <summary>The value as it stands in an explained plan; null when there is nothing to write.</summary>
    JsonNode? Write(object value);
}

/// <summary>The same with the type it reads to.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
internal interface IPlanType<out T> : IPlanType
{
    /// <summary>Reads a value. What is wrong goes into the context's problems, and then the result means nothing.</summary>
    T Read(YamlNode node, ReadContext context);
}

/// <summary>A type whose values are written as one scalar.</summary>
/// <typeparam name="T">Type of the value.</typeparam>
internal abstract class ScalarType<T> : IPlanType<T>
{
    /// <inheritdoc/>
    public abstract string Expected { get; }

    /// <summary>False for numbers and booleans, which in quotes are text.</summary>
    protected virtual bool MayBeQuoted => true;

    /// <summary>True for free text: a bare number or boolean is not text for YAML, so it needs quotes.</summary>
    protected virtual bool NeedsText => false;

    /// <inheritdoc/>
    public T Read(YamlNode node, ReadContext context)
    {
        if (node is not YamlScalar scalar || scalar.IsNothing)
        {
            context.Error(node, Host.Text.Of(PlanTexts.WrongType, Expected, Found(node)));
            return default!;
        }

        if (NeedsText && scalar.IsPlain && PlainValues.LooksTyped(scalar.Text))
        {
            context.Error(node, Host.Text.Of(PlanTexts.QuoteText, Expected));
            return default!;
        }

        if (!MayBeQuoted && !scalar.IsPlain)
        {
            context.Error(node, Host.Text.Of(PlanTexts.UnquoteValue, Expected));
            return default!;
        }

        return ReadScalar(scalar, context);
    }

    /// <inheritdoc/>
    public abstract JsonObject Schema();

    /// <inheritdoc/>
    public abstract JsonNode? Write(object value);

    /// <summary>Reads the scalar.</summary>
    protected abstract T ReadScalar(YamlScalar scalar, ReadContext context);

    /// <summary>Adds “expected …” and returns nothing.</summary>
    protected T Fail(YamlScalar scalar, ReadContext context, string? message = null)
    {
        context.Error(scalar, message ?? Host.Text.Of(PlanTexts.ExpectedValue, Expected));
        return default!;
    }

    private static string Found(YamlNode node) => node switch
    {
        YamlMap => PlanTexts.FoundMapping,
        YamlList => PlanTexts.FoundList,
        _ => PlanTexts.FoundNothing,
    };
}

/// <summary>What YAML takes for a number, boolean or nothing.</summary>
internal static class PlainValues
{
    /// <summary>True when a schema-aware editor would not see text here.</summary>
    public static bool LooksTyped(string text) =>
        text is "" or "~" or "null" or "Null" or "NULL" or "true" or "True" or "TRUE" or "false" or "False" or "FALSE" or ".inf" or "-.inf" or ".nan"
        || ((char.IsAsciiDigit(text[0]) || text[0] is '-' or '+' or '.') && double.TryParse(text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out _))
        || (text.Length > 2 && text[0] == '0' && text[1] is 'x' or 'o' && text[2..].All(char.IsAsciiHexDigit));
}
