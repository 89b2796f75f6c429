using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>
/// Builds HTML. What stands literally in the interpolated text is markup; every value put in is escaped, unless it is
/// <see cref="Html"/> itself: forgetting to escape is not possible.
/// </summary>
internal sealed class Html
{
    private readonly StringBuilder _text = new();

    /// <summary>Makes a fragment.</summary>
    public static Html Of(Markup markup) => new Html().Add(markup);

    /// <summary>Appends markup.</summary>
    public Html Add(Markup markup)
    {
        _text.Append(markup.Text);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>Collects the pieces of an interpolated text.</summary>
    [InterpolatedStringHandler]
    internal readonly struct Markup(int literalLength, int formattedCount)
    {
        public StringBuilder Text { get; } = new(literalLength + (formattedCount * 16));

        public void AppendLiteral(string markup) => Text.Append(markup);

        public void AppendFormatted(string? value) => Text.Append(WebUtility.HtmlEncode(Visible.Of(value, keepBreaks: true)));

        public void AppendFormatted(int value) => Text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{value}");

        public void AppendFormatted(Html? fragment) => Text.Append(fragment?._text);
    }
}
