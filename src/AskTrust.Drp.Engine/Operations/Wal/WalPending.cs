using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>
/// WAL that was pushed while a repository was down, with <c>push: one</c>: a durable copy in the spool, which goes on its way when the repository is back,
/// by the next push or by the receiver.
/// </summary>
internal sealed class WalPending(OperationContext context, WalComponent component)
{
    private const int AtOnce = 8;

    private string Folder => Path.Combine(component.Spool, "pending");

    /// <summary>Keeps a durable copy for the repositories that did not get it.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>: the spool or its disk is full.</exception>
    public async Task KeepAsync(string path, WalName name, ulong system, CancellationToken ct)
    {
        string folder = Path.Combine(Folder, system.ToString(CultureInfo.InvariantCulture)), kept = Path.Combine(folder, name.Text), temporary = kept + ".tmp";
        try
        {
            Directory.CreateDirectory(folder);
            long held = new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Length), size = new FileInfo(path).Length;
            if (held + size > component.PointInTime.SpoolLimit)
                throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.WalSpoolFull, folder, component.PointInTime.SpoolLimit)) { Subject = folder, Hint = OperationsTexts.WalSpoolFullHint };
            FileStream source = File.OpenRead(path), target = File.Create(temporary);
            await using var _ = source.ConfigureAwait(false);
            await using (target.ConfigureAwait(false))
            {
                await source.CopyToAsync(target, ct).ConfigureAwait(false);
                target.Flush(flushToDisk: true);
            }

            File.Move(temporary, kept, overwrite: true);
        }
        catch (Exception e) when (DiskFull.Is(e))
        {
            File.Delete(temporary);
            throw DiskFull.Error(kept, e);
        }

        context.Host.Say(DrpEventLevel.Warning, Text.Of(OperationsTexts.WalKept, name, folder));
    }

    /// <summary>Sends what waits, oldest first, a little with each call; what still does not get through goes on waiting.</summary>
    /// <returns>What stopped it; null when nothing did.</returns>
    public async Task<DrpException?> DrainAsync(WalArchive archive, CancellationToken ct)
    {
        if (!Directory.Exists(Folder)) return null;
        foreach (string path in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(AtOnce))
        {
            if (WalName.TryParse(Path.GetFileName(path)) is not { } name || !ulong.TryParse(Path.GetFileName(Path.GetDirectoryName(path)), out ulong system)) continue;
            try
            {
                WalMark mark = name.Kind switch
                {
                    WalKind.History => new WalMark(Switch: await WalFiles.SwitchAsync(path, ct).ConfigureAwait(false)),
                    WalKind.Segment or WalKind.Partial => new WalMark(WalFiles.Walk(path, WalFiles.Check(path, name).SegmentSize).LastCommit),
                    _ => new WalMark(),
                };
                if ((await PutAsync(archive, new WalFile(system, name, mark), path, ct).ConfigureAwait(false)).FirstOrDefault(o => o.Error is not null) is { } failed) return failed.Error;
                File.Delete(path);
            }
            catch (FileNotFoundException)
            {
                // A push and the receiver may meet at one file: the other one has delivered it.
            }
            catch (Exception e) when (e is DrpException or IOException or UnauthorizedAccessException)
            {
                // A copy that cannot be read stops neither a push nor the receiver: it waits for the operator.
                return e as DrpException ?? new DrpException(DrpError.Failed, e.Message, e) { Subject = path };
            }
        }

        return null;
    }

    /// <summary>Goes on sending what waits, until it is stopped: the receiver does this beside its own work.</summary>
    public async Task DeliverAsync(WalArchive archive, CancellationToken stop)
    {
        string said = "";
        while (true)
        {
            string error = (await DrainAsync(archive, stop).ConfigureAwait(false))?.Message ?? "";
            if (error.Length > 0 && error != said) context.Host.Say(DrpEventLevel.Warning, error);
            said = error;
            await Task.Delay(component.PointInTime.ShipEvery, context.Clock, stop).ConfigureAwait(false);
        }
    }

    /// <summary>Stores a file in every repository that has not got it.</summary>
    public static async Task<IReadOnlyList<WalPutOutcome>> PutAsync(WalArchive archive, WalFile file, string path, CancellationToken ct)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            return await archive.PutAsync(file, stream, ct).ConfigureAwait(false);
        }
    }
}
