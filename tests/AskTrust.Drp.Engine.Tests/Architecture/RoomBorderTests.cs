using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Composition;

namespace AskTrust.Drp.Engine.Tests.Architecture;

public sealed partial class RoomBorderTests
{
    private static readonly string s_engine = Path.Join(Sources.Root, "src", "AskTrust.Drp.Engine");

    public static TheoryData<string> Rooms => [.. RoomTable.May.Keys];

    [Fact]
    public void Every_folder_of_the_engine_is_a_room_of_the_table()
    {
        var folders = Directory.EnumerateDirectories(s_engine).Select(d => Path.GetFileName(d)!).Where(d => d is not ("bin" or "obj"));
        Assert.Empty(folders.Except(RoomTable.May.Keys, StringComparer.Ordinal));
        Assert.Empty(Directory.EnumerateFiles(s_engine, "*.cs"));
    }

    [Theory, MemberData(nameof(Rooms))]
    public void A_room_names_only_the_rooms_listed_for_it(string room)
    {
        string folder = Path.Join(s_engine, room);
        if (!Directory.Exists(folder)) return;
        var strays = Sources.In(folder).SelectMany(file => StraysOf(room, File.ReadAllText(file)).Select(stray => $"{Path.GetRelativePath(s_engine, file)}: {stray}"));
        Assert.Empty(strays);
    }

    [Theory, MemberData(nameof(Rooms))]
    public void The_compiled_types_of_a_room_use_only_the_rooms_listed_for_it(string room)
    {
        var strays =
            from type in typeof(DrpSession).Assembly.GetTypes()
            where RoomTable.RoomOf(type.Namespace) == room
            from used in ReferencedTypes.Of(type)
            let other = used.Assembly == type.Assembly ? RoomTable.RoomOf(used.Namespace) : null
            where other is not null && !RoomTable.Allows(room, other)
            select $"{type.FullName} uses {used.FullName}";
        Assert.Empty(strays.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_the_composition_room_is_public()
    {
        var strays = typeof(DrpSession).Assembly.GetExportedTypes().Where(t => RoomTable.RoomOf(t.Namespace) != "Composition").Select(t => t.FullName);
        Assert.Empty(strays);
    }

    [Theory]
    [InlineData("using AskTrust.Drp.Engine.Catalog;\nnamespace AskTrust.Drp.Engine.Pipeline;", "Catalog")]
    [InlineData("using static AskTrust.Drp.Engine.Plan.PlanReader;\nnamespace AskTrust.Drp.Engine.Pipeline;", "Plan")]
    [InlineData("using X = AskTrust.Drp.Engine.Repositories.IRepository;\nnamespace AskTrust.Drp.Engine.Pipeline;", "Repositories")]
    [InlineData("namespace AskTrust.Drp.Engine.Pipeline;\nclass A { AskTrust.Drp.Engine.Operations.B b; }", "Operations")]
    [InlineData("namespace AskTrust.Drp.Engine.Pipeline;\nclass A { Engine.Operations.B b; }", "Operations")]
    [InlineData("namespace AskTrust.Drp.Engine.Host;\nclass A;", "namespace")]
    public void A_stray_import_is_found(string source, string expected)
    {
        Assert.Contains(expected, Assert.Single(StraysOf("Pipeline", source)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stray_type_is_found_in_compiled_code()
    {
        Assert.Contains(typeof(EngineOptions), ReferencedTypes.Of(typeof(Stray)));
        Assert.Contains(typeof(RoomTable), ReferencedTypes.Of(typeof(Stray)));
    }

    [Fact]
    public void Allowed_imports_and_comments_are_no_strays()
    {
        const string source = "using AskTrust.Drp.Engine.Host;\n// not AskTrust.Drp.Engine.Catalog\nnamespace AskTrust.Drp.Engine.Pipeline.Deeper;\nclass A { string s = \"AskTrust.Drp.Engine.Plan\"; }";
        Assert.Empty(StraysOf("Pipeline", source));
    }

    private static IEnumerable<string> StraysOf(string room, string source)
    {
        string code = Noise().Replace(source, " ");
        if (Space().Match(code) is { Success: true } space && RoomTable.RoomOf(space.Groups["name"].Value) != room)
            yield return $"namespace {space.Groups["name"].Value} in room {room}";
        code = Space().Replace(code, " ");
        foreach (string other in Named().Matches(code).Select(m => m.Groups["room"].Value).Distinct(StringComparer.Ordinal))
            if (!RoomTable.Allows(room, other)) yield return $"{room} names {other}";
    }

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|""(?:\\.|[^""\\\n])*""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Noise();

    [GeneratedRegex(@"\bnamespace\s+(?<name>[\w.]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Space();

    [GeneratedRegex(@"\bEngine\.(?<room>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Named();

    private sealed class Stray
    {
        public static bool Use() => RoomTable.Allows(new EngineOptions().ToString(), "");
    }
}
