using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Pipeline;
using AskTrust.Drp.Engine.Repositories;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Archives one file of the WAL, for <c>archive_command</c>: success means that the server may forget it.</summary>
internal sealed class WalPush(OperationContext context, WalPushOptions options)
{
    private const int PendingAtOnce = 8;
    private readonly WalComponent _component = WalComponent.Find(context, options.Component);

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException">It is not archived, as the plan's policy has it: the server keeps it and calls again.</exception>
    public async Task<WalPushResult> RunAsync(CancellationToken ct)
    {
        string path = Path.GetFullPath(options.Path);
        WalName name = WalName.Parse(Path.GetFileName(path));
        if (name.Kind == WalKind.Piece) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalOwnName, name)) { Subject = name.Text };
        if (!File.Exists(path)) throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.WalFileMissing, path)) { Subject = path };
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        var archive = new WalArchive(context.Catalog, context.Plan.Compression, encryption);
        WalFile file = await DescribeAsync(path, name, archive, ct).ConfigureAwait(false);
        IReadOnlyList<WalPutOutcome> outcomes = await PutAsync(archive, file, path, ct).ConfigureAwait(false);
        WalPutOutcome[] failed = [.. outcomes.Where(o => o.Error is not null)];
        // Other bytes under the same name are no outage: the operator must look, whatever the policy.
        if (Array.Find(failed, o => o.Error!.Code == DrpError.VerificationFailed) is { } conflict) throw conflict.Error!;
        if (failed.Length > 0 && (failed.Length == outcomes.Count || _component.PointInTime.Push == WalPushPolicy.All))
        {
            throw new DrpException(failed[0].Error!.Code, Text.Of(OperationsTexts.WalNotPushed, name, string.Join("; ", failed.Select(o => $"{o.Repository.Name}: {o.Error!.Message}"))), failed[0].Error)
            {
                Subject = name.Text, Hint = OperationsTexts.WalNotPushedHint, IsTransient = true,
            };
        }

        if (failed.Length > 0) await KeepAsync(path, name, file.System, ct).ConfigureAwait(false);
        else await DrainAsync(archive, ct).ConfigureAwait(false);
        return new WalPushResult
        {
            Plan = context.Plan.Path,
            Name = name.Text,
            Repositories = [.. outcomes.Where(o => o.Error is null).Select(o => o.Repository.Name)],
            Pending = [.. failed.Select(o => o.Repository.Name)],
            Already = outcomes.All(o => o is { Stored: false, Error: null }),
        };
    }

    private static async Task<IReadOnlyList<WalPutOutcome>> PutAsync(WalArchive archive, WalFile file, string path, CancellationToken ct)
    {
        var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        await using (stream.ConfigureAwait(false))
        {
            return await archive.PutAsync(file, stream, ct).ConfigureAwait(false);
        }
    }

    private async Task<WalFile> DescribeAsync(string path, WalName name, WalArchive archive, CancellationToken ct)
    {
        // PostgreSQL runs the command in its data directory; a full path leads there all the same.
        string data = File.Exists(Path.Combine("global", "pg_control")) ? "." : Path.GetDirectoryName(Path.GetDirectoryName(path))!;
        ulong? system = WalHeader.SystemOf(data);
        if (name.Kind is not (WalKind.Segment or WalKind.Partial))
        {
            ulong known = system ?? throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.WalWhose, name)) { Subject = path, Hint = OperationsTexts.WalWhoseHint };
            return new WalFile(known, name, new WalMark(Switch: name.Kind == WalKind.History ? await WalFiles.SwitchAsync(path, ct).ConfigureAwait(false) : null));
        }

        WalHeader header = WalFiles.Check(path, name);
        if (system is { } own && own != header.System)
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(OperationsTexts.WalForeign, name, header.System, own)) { Subject = path, Hint = OperationsTexts.WalForeignHint };
        int major = MajorOf(data) ?? header.Major ?? throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.WalNoVersion, path)) { Subject = path };
        var server = new WalServer(header.System, _component.Name, major, header.SegmentSize);
        foreach (IRepository repository in context.Catalog.Writable)
        {
            try
            {
                await repository.CheckAsync(ct).ConfigureAwait(false);
                await archive.ClaimAsync(repository, server, options.NewSystem, ct).ConfigureAwait(false);
            }
            catch (DrpException e) when (e.Code != DrpError.UnsafeTarget)
            {
                // Down: that shows again when the segment itself is written, and the policy decides.
            }
        }

        return new WalFile(header.System, name, new WalMark(WalFiles.Walk(path, header.SegmentSize).LastCommit));
    }

    private static int? MajorOf(string data)
    {
        string file = Path.Combine(data, "PG_VERSION");
        return File.Exists(file) && int.TryParse(File.ReadAllText(file).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out int major) ? major : null;
    }

    private string PendingFolder(ulong system) => Path.Combine(_component.Spool, "pending", system.ToString(CultureInfo.InvariantCulture));

    /// <summary>Keeps a durable copy for the repositories that did not get it.</summary>
    private async Task KeepAsync(string path, WalName name, ulong system, CancellationToken ct)
    {
        string folder = PendingFolder(system), kept = Path.Combine(folder, name.Text), temporary = kept + ".tmp";
        try
        {
            Directory.CreateDirectory(folder);
            long held = new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Length), size = new FileInfo(path).Length;
            if (held + size > _component.PointInTime.SpoolLimit)
                throw new DrpException(DrpError.NotEnoughSpace, Text.Of(OperationsTexts.WalSpoolFull, folder, _component.PointInTime.SpoolLimit)) { Subject = folder, Hint = OperationsTexts.WalSpoolFullHint };
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

    /// <summary>Everything is up again: what waits goes on its way, a little with each call.</summary>
    private async Task DrainAsync(WalArchive archive, CancellationToken ct)
    {
        string pending = Path.Combine(_component.Spool, "pending");
        if (!Directory.Exists(pending)) return;
        foreach (string path in Directory.EnumerateFiles(pending, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(PendingAtOnce))
        {
            if (WalName.TryParse(Path.GetFileName(path)) is not { } name || !ulong.TryParse(Path.GetFileName(Path.GetDirectoryName(path)), out ulong system)) continue;
            WalMark mark = name.Kind switch
            {
                WalKind.History => new WalMark(Switch: await WalFiles.SwitchAsync(path, ct).ConfigureAwait(false)),
                WalKind.Segment or WalKind.Partial => new WalMark(WalFiles.Walk(path, WalFiles.Check(path, name).SegmentSize).LastCommit),
                _ => new WalMark(),
            };
            IReadOnlyList<WalPutOutcome> outcomes = await PutAsync(archive, new WalFile(system, name, mark), path, ct).ConfigureAwait(false);
            if (outcomes.FirstOrDefault(o => o.Error is not null) is { } failed)
            {
                context.Host.Say(DrpEventLevel.Warning, failed.Error!.Message);
                return;
            }

            File.Delete(path);
        }
    }
}
