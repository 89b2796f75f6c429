using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>An address, or a network with its length: <c>203.0.113.7</c>, <c>203.0.113.0/24</c>, <c>2001:db8::/32</c>.</summary>
internal sealed class NetworkType : ScalarType<string>
{
    /// <inheritdoc/>
    public override string Expected => PlanTexts.ExpectedNetwork;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$" };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((string)value);

    /// <inheritdoc/>
    protected override string ReadScalar(YamlScalar scalar, ReadContext context)
    {
        string[] parts = scalar.Text.Split('/');
        // “10” would be read as 0.0.0.10.
        bool ok = parts.Length <= 2 && parts[0].All(c => char.IsAsciiHexDigit(c) || c is ':' or '.') && (parts[0].Contains(':', StringComparison.Ordinal) || parts[0].Count(c => c == '.') == 3)
            && IPAddress.TryParse(parts[0], out var address)
            && (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int bits) && bits <= address.GetAddressBytes().Length * 8));
        return ok ? scalar.Text : Fail(scalar, context);
    }
}
