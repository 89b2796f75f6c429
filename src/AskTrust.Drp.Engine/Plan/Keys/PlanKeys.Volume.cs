namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Docker volumes.</content>
internal static partial class PlanKeys
{
    /// <summary>From the top of the volume, and not out of it.</summary>
    private const string VolumePath = @"^(?:/|(?:/(?!\.{1,2}(?:/|\z))[^/]+)+)\z";

    private static SectionType<VolumePlan> Volume => s_volume ??= new("volume", c => new VolumePlan { Name = c?.ItemName ?? "", Volume = "" },
    [
        .. Common<VolumePlan>(),
        new PlanKey<VolumePlan, string>("volume", s_dockerName, p => p.Volume, (p, v) => p with { Volume = v }) { Required = true },
        new PlanKey<VolumePlan, string>("image", s_image, p => p.Image, (p, v) => p with { Image = v }),
        new PlanKey<VolumePlan, IReadOnlyList<string>>(
            "exclude", new ListType<string>(new TextType(() => PlanTexts.ExpectedPattern), unique: true), p => p.Exclude, (p, v) => p with { Exclude = v }),
        new PlanKey<VolumePlan, IReadOnlyList<string>>(
            "certificates", new ListType<string>(new TextType(() => PlanTexts.ExpectedVolumePath, VolumePath), unique: true), p => p.Certificates, (p, v) => p with { Certificates = v }),
    ])
    {
        Discriminator = "type",
    };

    private static SectionType<VolumePlan>? s_volume;
}
