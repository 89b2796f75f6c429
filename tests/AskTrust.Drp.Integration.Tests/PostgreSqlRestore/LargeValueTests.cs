using AskTrust.Drp.Engine.Components.PostgreSql.Restore;

namespace AskTrust.Drp.Integration.Tests.PostgreSqlRestore;

/// <summary>How a restore has large values compressed.</summary>
[Collection(RestoreBed.Collection)]
public sealed class LargeValueTests
{
    [SkippableTheory]
    [InlineData("-Fc")]
    [InlineData("-Fp")]
    public async Task Large_values_take_lz4_unless_their_column_says_otherwise(string format)
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await MakeAsync(bed);
        Assert.Equal("lz4,pglz", await RestoreAsync(bed, source, format));
    }

    [SkippableFact]
    public async Task A_choice_anywhere_on_the_server_is_left_alone()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await MakeAsync(bed), other = await bed.MakeAsync("other");
        await bed.Cluster.SqlAsync($"ALTER DATABASE {other} SET default_toast_compression = 'pglz'");
        try
        {
            Assert.Equal("pglz,pglz", await RestoreAsync(bed, source));
        }
        finally
        {
            await bed.Cluster.SqlAsync($"ALTER DATABASE {other} RESET default_toast_compression");
        }

        await bed.Cluster.SqlAsync("ALTER SYSTEM SET default_toast_compression = 'pglz'");
        await bed.Cluster.SqlAsync("SELECT pg_reload_conf()");
        try
        {
            Assert.Equal("pglz,pglz", await RestoreAsync(bed, source));
        }
        finally
        {
            await bed.Cluster.SqlAsync("ALTER SYSTEM RESET default_toast_compression");
            await bed.Cluster.SqlAsync("SELECT pg_reload_conf()");
        }
    }

    [SkippableFact]
    public async Task Where_room_is_short_values_stay_as_small_as_the_server_makes_them()
    {
        await using RestoreBed bed = await RestoreBed.StartAsync();
        string source = await MakeAsync(bed);
        // It fits, but not a quarter more.
        long size = (long)(new DriveInfo(await bed.Cluster.SqlAsync("SHOW data_directory")).AvailableFreeSpace * 0.9);
        Assert.Equal("pglz,pglz", await RestoreAsync(bed, source, size: size));
    }

    private static async Task<string> MakeAsync(RestoreBed bed)
    {
        string name = await bed.MakeAsync("large");
        await bed.Cluster.SqlAsync("""
            CREATE TABLE app.page (id int PRIMARY KEY, body text, noted text COMPRESSION pglz);
            INSERT INTO app.page SELECT i, string_agg(md5((i * j)::text), ' '), string_agg(md5((i + j)::text), ' ') FROM generate_series(1, 20) i, generate_series(1, 10) j, generate_series(1, 10) k GROUP BY i;
            """, name);
        return name;
    }

    /// <summary>Restores it, and gives the methods of both columns.</summary>
    private static async Task<string> RestoreAsync(RestoreBed bed, string source, string format = "-Fc", long size = 0)
    {
        string target = RestoreBed.NewName("dst");
        await bed.Cluster.SqlAsync($"CREATE DATABASE {target} TEMPLATE template0");
        PostgreSqlFacts facts = await bed.FactsAsync(source) with { DatabaseSize = size };
        await new DatabaseRestore(bed.Host, bed.Server).RunAsync(new(await bed.DumpAsync(source, format)) { Facts = facts }, target, new RestoreSettings { Jobs = 2 }, default);
        Assert.Equal(await bed.TextAsync(source), await bed.TextAsync(target));
        return await bed.Cluster.SqlAsync("SELECT string_agg(DISTINCT pg_column_compression(body), '+') || ',' || string_agg(DISTINCT pg_column_compression(noted), '+') FROM app.page", target);
    }
}
