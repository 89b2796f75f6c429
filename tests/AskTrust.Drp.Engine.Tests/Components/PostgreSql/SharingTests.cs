using AskTrust.Drp.Engine.Components.PostgreSql.Backup;

namespace AskTrust.Drp.Engine.Tests.Components.PostgreSql;

public sealed class SharingTests
{
    [Fact]
    public void Big_tables_are_shared_out_evenly_and_the_rest_stays_with_the_main_dump()
    {
        CatalogTable[] tables = [Table("a", 500), Table("b", 400), Table("c", 300), Table("d", 290), .. Enumerable.Range(0, 10).Select(i => Table($"s{i}", 1))];
        IReadOnlyList<IReadOnlyList<CatalogTable>> parts = ParallelPlan.Share(tables, 3, isUtf8: true);
        Assert.Equal(2, parts.Count);
        Assert.All(parts, p => Assert.InRange(p.Sum(t => t.Size), 400, 700));
        Assert.DoesNotContain(parts.SelectMany(p => p), t => t.Name.StartsWith('s'));
        Assert.Empty(ParallelPlan.Share(tables, 1, isUtf8: true));
        Assert.Empty(ParallelPlan.Share([Table("only", 100)], 4, isUtf8: true));
    }

    [Fact]
    public void Names_that_another_encoding_would_spell_otherwise_stay_with_the_main_dump()
    {
        CatalogTable[] tables = [Table("é", 500), Table("è", 500), Table("a", 400), Table("b", 400)];
        Assert.DoesNotContain(ParallelPlan.Share(tables, 4, isUtf8: false).SelectMany(p => p), t => !System.Text.Ascii.IsValid(t.Name));
    }

    [Fact]
    public void A_pattern_is_quoted_so_that_nothing_in_it_is_a_wildcard() =>
        Assert.Equal("\"public\".\"a*b?\"\"c\"", ParallelPlan.Pattern(Table("a*b?\"c", 1)));

    [Theory]
    [InlineData("search_path", "\"$user\", public, \"odd \"\"x\"", "ALTER DATABASE :\"db\" SET \"search_path\" TO '$user', 'public', 'odd \"x';")]
    [InlineData("search_path", "", "ALTER DATABASE :\"db\" SET \"search_path\" TO '';")]
    [InlineData("my.setting", "a, b'c\\", "ALTER DATABASE :\"db\" SET \"my\".\"setting\" TO  E'a, b''c\\\\';")]
    public void Settings_become_statements(string name, string value, string expected) =>
        Assert.Equal(expected, DatabaseSettings.Setting("DATABASE :\"db\"", name, value));

    private static CatalogTable Table(string name, long size) => new("public", name, 'r', IsUnlogged: false, IsReadable: true, IsFiltered: false, size);
}
