using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Engine.Plan;
using AskTrust.Drp.Integration.Tests.Operations;

namespace AskTrust.Drp.Integration.Tests.PointInTime;

/// <summary>Brings the WAL of a scene's server into its repositories, segment by segment, as a receiver would.</summary>
internal sealed class WalScene(Scene scene)
{
    /// <summary>Ends the open segment and archives every whole one.</summary>
    /// <param name="except">Leaves segments out, to make a gap.</param>
    /// <param name="change">Changes the bytes of segments, as a server or disk that is not well would.</param>
    public async Task ShipAsync(Func<string, bool>? except = null, Action<string, byte[]>? change = null)
    {
        string last = await scene.Cluster.SqlAsync("SELECT pg_walfile_name(pg_switch_wal())");
        ulong system = ulong.Parse(await scene.Cluster.SqlAsync("SELECT system_identifier FROM pg_control_system()"), CultureInfo.InvariantCulture);
        var options = new EngineOptions { StateDirectory = scene.State, Observer = scene.Heard };
        var context = Wiring.Context(await PlanReader.ReadAsync(scene.PlanFile, default), Wiring.Host(options), options);
        var encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)new MemoryStream()).ConfigureAwait(false);
        var archive = new WalArchive(context.Catalog, context.Plan.Compression, encryption);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(scene.Cluster.Data, "pg_wal")).Order(StringComparer.Ordinal))
        {
            if (WalName.TryParse(Path.GetFileName(file)) is not { Kind: WalKind.Segment } name || string.CompareOrdinal(name.Text, last) > 0 || except?.Invoke(name.Text) == true) continue;
            byte[] bytes = await File.ReadAllBytesAsync(file);
            change?.Invoke(name.Text, bytes);
            using var plain = new MemoryStream(bytes);
            foreach (var outcome in await archive.PutAsync(new WalFile(system, name, new WalMark()), plain, default)) Assert.Null(outcome.Error);
        }

        foreach (var repository in context.Catalog.Repositories) await repository.DisposeAsync();
    }

    /// <summary>The name of the segment being written, also when what was written last is still in memory.</summary>
    public Task<string> SegmentAsync() => scene.Cluster.SqlAsync("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
}
