using System.Text;
using AskTrust.Drp.Engine.Components.Files;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Files;

/// <summary>
/// Puts selected content into a folder that is in use, name by name: what stands there goes aside, what was restored takes its place, by two renames each. A list of the names is
/// written first, and everything is done by it, so that it can be done once more after a kill, and taken back.
/// </summary>
/// <param name="folder">The folder; <see cref="RestoredFolder.Staging"/> holds what comes, <see cref="RestoredFolder.Previous"/> gets what goes.</param>
/// <param name="list">The list: <c>p</c> place or <c>t</c> take away, and the path.</param>
internal sealed class FilesMerge(RestoredFolder folder, string list)
{
    private readonly int _aside = Encoding.UTF8.GetByteCount(folder.Previous!);
    private readonly int _target = Encoding.UTF8.GetByteCount(folder.Target);

    /// <summary>Writes the list from what was extracted: whole folders where the target has none, else file by file. Never goes through a symbolic link of the target.</summary>
    public async Task PlanAsync(HostContext host, CancellationToken ct)
    {
        IRunningProcess find = host.Processes.Start(new Command("find", ".", "-mindepth", "1", "-printf", "%y %P\\0") { Environment = GnuTar.Environment, WorkingDirectory = folder.Staging });
        await using var _ = find.ConfigureAwait(false);
        find.Input.Close();
        ZeroReader found = new(find.Output);
        using var plan = new ZeroWriter(list);
        byte[]? whole = null;
        while (await found.MoveAsync(ct).ConfigureAwait(false))
        {
            ReadOnlyMemory<byte> path = found.Current[2..];
            if (whole is not null && path.Span.StartsWith(whole)) continue;
            bool isFolder = found.Current.Span[0] == (byte)'d';
            if (isFolder && RawPath.IsFolder(RawPath.Join(folder.Target, path.Span))) continue;
            whole = isFolder ? [.. path.Span, (byte)'/'] : null;
            plan.Put("p"u8).Put(path.Span).End();
        }

        if (await find.WaitAsync(ct).ConfigureAwait(false) != 0) throw new DrpException(DrpError.Failed, Text.Of(FilesTexts.CannotCount, folder.Staging, find.Errors.Trim())) { Subject = folder.Staging };
    }

    /// <summary>Writes the list for taking another one back: what was kept comes again, what there was not before goes.</summary>
    public void PlanBack(string other)
    {
        using ZeroReader done = new(File.OpenRead(other));
        using var plan = new ZeroWriter(list);
        while (done.Move())
        {
            ReadOnlySpan<byte> path = done.Current.Span[1..];
            plan.Put(RawPath.Exists(RawPath.Join(folder.Staging, path)) ? "p"u8 : "t"u8).Put(path).End();
        }
    }

    /// <summary>Does it; what is done already is left alone.</summary>
    public void Run()
    {
        using ZeroReader names = new(File.OpenRead(list));
        while (names.Move())
        {
            ReadOnlySpan<byte> path = names.Current.Span[1..];
            byte[] target = RawPath.Join(folder.Target, path), comes = RawPath.Join(folder.Staging, path);
            bool place = names.Current.Span[0] == (byte)'p';
            if (place && !RawPath.Exists(comes)) continue;
            if (RawPath.Exists(target)) Move(target, RawPath.Join(folder.Previous!, path), _aside);
            if (place) Move(comes, target, _target);
        }
    }

    /// <summary>Takes back what was done so far, after a failure: what came goes where it came from.</summary>
    public void TakeBack()
    {
        using ZeroReader names = new(File.OpenRead(list));
        while (names.Move())
        {
            ReadOnlySpan<byte> path = names.Current.Span[1..];
            byte[] target = RawPath.Join(folder.Target, path), comes = RawPath.Join(folder.Staging, path), kept = RawPath.Join(folder.Previous!, path);
            if (!RawPath.Exists(comes) && RawPath.Exists(target)) RawPath.Move(target, comes);
            if (RawPath.Exists(kept) && !RawPath.Exists(target)) RawPath.Move(kept, target);
        }
    }

    private static void Move(byte[] from, byte[] to, int start)
    {
        RawPath.MakeParents(to, start - 1);
        RawPath.Move(from, to);
    }
}
