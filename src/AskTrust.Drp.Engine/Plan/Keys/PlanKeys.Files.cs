using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Folders with files.</content>
internal static partial class PlanKeys
{
    private static SectionType<FilesPlan> Files => s_files ??= new("files", c => new FilesPlan { Name = c?.ItemName ?? "" },
    [
        .. Common<FilesPlan>(),
        new PlanKey<FilesPlan, string>("path", s_path, p => p.Paths.Count == 1 ? p.Paths[0] : null, (p, v) => p with { Paths = [.. p.Paths, v] }),
        new PlanKey<FilesPlan, IReadOnlyList<string>>("paths", new ListType<string>(s_path, unique: true), p => p.Paths.Count > 1 ? p.Paths : null, (p, v) => p with { Paths = [.. p.Paths, .. v] }),
        new PlanKey<FilesPlan, IReadOnlyList<string>>(
            "exclude", new ListType<string>(new TextType(() => PlanTexts.ExpectedPattern), unique: true), p => p.Exclude, (p, v) => p with { Exclude = v }),
        new PlanKey<FilesPlan, bool>("oneFileSystem", s_boolean, p => p.OneFileSystem, (p, v) => p with { OneFileSystem = v }),
        new PlanKey<FilesPlan, TimeSpan>("full", s_duration, p => p.Full, (p, v) => p with { Full = v }),
    ])
    {
        Discriminator = "type",
        Check = CheckFiles,
    };

    private static SectionType<FilesPlan>? s_files;

    private static void CheckFiles(FilesPlan plan, YamlMap map, ReadContext context)
    {
        if (plan.Paths.Count == 0)
        {
            context.Error(map, PlanTexts.NoPath);
            return;
        }

        if (map.Find("path") is not null && map.Find("paths") is { } both)
        {
            context.Error(both, Host.Text.Of(PlanTexts.Excludes, "paths", "path"));
            return;
        }

        YamlNode place = map.Find("path") ?? map.Find("paths")!;
        string[] folders = [.. plan.Paths.Select(p => Path.TrimEndingDirectorySeparator(p) + Path.DirectorySeparatorChar)];
        if (plan.Paths.Any(p => Path.GetDirectoryName(p) is null)) context.Error(place, PlanTexts.WholeSystem);
        foreach (string inner in folders)
        {
            if (folders.FirstOrDefault(f => f != inner && inner.StartsWith(f, StringComparison.Ordinal)) is { } outer) context.Error(place, Host.Text.Of(PlanTexts.NestedPaths, inner, outer));
        }
    }
}
