using System.Text.Json.Nodes;
using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <summary>Version of the plan format: only the one that this program understands.</summary>
internal sealed class VersionType : ScalarType<int>
{
    /// <inheritdoc/>
    public override string Expected => Host.Text.Of(PlanTexts.ExpectedVersion, PlanKeys.Version);

    /// <inheritdoc/>
    protected override bool MayBeQuoted => false;

    /// <inheritdoc/>
    public override JsonObject Schema() => new() { ["type"] = "integer", ["const"] = PlanKeys.Version };

    /// <inheritdoc/>
    public override JsonNode? Write(object value) => JsonValue.Create((int)value);

    /// <inheritdoc/>
    protected override int ReadScalar(YamlScalar scalar, ReadContext context) =>
        scalar.Text == "1" ? PlanKeys.Version : Fail(scalar, context, Host.Text.Of(PlanTexts.VersionUnknown, PlanKeys.Version));
}
