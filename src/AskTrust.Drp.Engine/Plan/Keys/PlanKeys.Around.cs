namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>What happens around saving a component.</content>
internal static partial class PlanKeys
{
    private static SectionType<HookPlan> Hook => s_hook ??= new("hook", _ => new HookPlan(),
    [
        new PlanKey<HookPlan, IReadOnlyList<string>>("run", new ListType<string>(new AnyScalarType(() => PlanTexts.ExpectedArgument)), h => h.Run, (h, v) => h with { Run = v }) { Required = true },
        new PlanKey<HookPlan, string>("service", s_dockerName, h => h.Service, (h, v) => h with { Service = v }),
        new PlanKey<HookPlan, string>("project", s_dockerName, h => h.Project, (h, v) => h with { Project = v }),
        new PlanKey<HookPlan, string>("user", s_text, h => h.User, (h, v) => h with { User = v }),
        new PlanKey<HookPlan, TimeSpan>("timeout", s_duration, h => h.Timeout, (h, v) => h with { Timeout = v }),
    ]);

    private static SectionType<DuringPlan> During => s_during ??= new("during", _ => new DuringPlan(),
    [
        new PlanKey<DuringPlan, IReadOnlyList<string>>("stop", new ListType<string>(s_dockerName, unique: true), d => d.Stop, (d, v) => d with { Stop = v }),
        new PlanKey<DuringPlan, IReadOnlyList<string>>("pause", new ListType<string>(s_dockerName, unique: true), d => d.Pause, (d, v) => d with { Pause = v }),
        new PlanKey<DuringPlan, string>("project", s_dockerName, d => d.Project, (d, v) => d with { Project = v }),
        new PlanKey<DuringPlan, TimeSpan>("timeout", s_duration, d => d.Timeout, (d, v) => d with { Timeout = v }),
    ]);

    private static SectionType<LabelsPlan> Labels => s_labels ??= new("labels", _ => new LabelsPlan(),
    [
        new PlanKey<LabelsPlan, string>("stop", s_text, l => l.Stop, (l, v) => l with { Stop = v }),
        new PlanKey<LabelsPlan, string>("exec", s_text, l => l.Exec, (l, v) => l with { Exec = v }),
        new PlanKey<LabelsPlan, string>("project", s_dockerName, l => l.Project, (l, v) => l with { Project = v }),
    ]);

    private static SectionType<HookPlan>? s_hook;
    private static SectionType<DuringPlan>? s_during;
    private static SectionType<LabelsPlan>? s_labels;
}
