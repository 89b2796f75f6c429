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
    private readonly WalComponent _component = WalComponent.Find(context, options.Component);

    /// <summary>Runs.</summary>
    /// <exception cref="DrpException">It is not archived, as the plan's policy has it: the server keeps it and calls again.</exception>
    public async Task<WalPushResult> RunAsync(CancellationToken ct)
    {
        string path = Path.GetFullPath(options.Path);
        WalName name = WalName.Parse(Path.GetFileName(path));
        if (name.Kind is WalKind.Piece or WalKind.Map) throw new DrpException(DrpError.PlanInvalid, Text.Of(OperationsTexts.WalOwnName, name)) { Subject = name.Text };
        if (!File.Exists(path)) throw new DrpException(DrpError.Failed, Text.Of(OperationsTexts.WalFileMissing, path)) { Subject = path };
        IEncryption? encryption = context.Plan.Encryption is null ? null : context.Encryption();
        await using var _ = (encryption ?? (IAsyncDisposable)Nothing.Instance).ConfigureAwait(false);
        var archive = new WalArchive(context.Catalog, context.Plan.Compression, encryption);
        WalFile file = await DescribeAsync(path, name, archive, ct).ConfigureAwait(false);
        IReadOnlyList<WalPutOutcome> outcomes = await WalPending.PutAsync(archive, file, path, ct).ConfigureAwait(false);
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

        var pending = new WalPending(context, _component);
        if (failed.Length > 0) await pending.KeepAsync(path, name, file.System, ct).ConfigureAwait(false);
        // Everything is up again: what waits goes on its way.
        else if (await pending.DrainAsync(archive, ct).ConfigureAwait(false) is { } error) context.Host.Say(DrpEventLevel.Warning, error.Message);
        return new WalPushResult
        {
            Plan = context.Plan.Path,
            Name = name.Text,
            Repositories = [.. outcomes.Where(o => o.Error is null).Select(o => o.Repository.Name)],
            Pending = [.. failed.Select(o => o.Repository.Name)],
            Already = outcomes.All(o => o is { Stored: false, Error: null }),
        };
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
}
