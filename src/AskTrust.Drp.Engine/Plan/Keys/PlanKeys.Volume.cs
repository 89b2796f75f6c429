namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Docker volumes.</content>
internal static partial class PlanKeys
{
    private static SectionType<VolumePlan> Volume => s_volume ??= new("volume", c => new VolumePlan { Name = c?.ItemName ?? "", Volume = "" },
    [
        .. Common<VolumePlan>(),
        new PlanKey<VolumePlan, string>("volume", s_dockerName, p => p.Volume, (p, v) => p with { Volume = v }) { Required = true },
        new PlanKey<VolumePlan, string>("image", s_image, p => p.Image, (p, v) => p with { Image = v }),
        new PlanKey<VolumePlan, IReadOnlyList<string>>(
            "exclude", new ListType<string>(new TextType(() => PlanTexts.ExpectedPattern), unique: true), p => p.Exclude, (p, v) => p with { Exclude = v }),
    ])
    {
        Discriminator = "type",
    };

    private static SectionType<VolumePlan>? s_volume;
}
