using System.Buffers;
using System.Globalization;
using AskTrust.Drp.Engine.Components.Files.Incremental;
using AskTrust.Drp.Engine.Components.Tar;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>Extracts the archive of a folder, and looks afterwards whether everything is there.</summary>
internal sealed class FilesExtraction(HostContext host)
{
    private const int Piece = 256 * 1024;

    /// <summary>True when owners come back: only root may give files away.</summary>
    public static bool KeepsOwners => Posix.IsRoot;

    /// <summary>Extracts to the very end of the stream, where its digests are compared, and counts what is on the disk then.</summary>
    /// <param name="tar">Plain bytes.</param>
    /// <param name="folder">The folder, which is there and empty.</param>
    /// <param name="facts">What the manifest says of it.</param>
    /// <param name="include">What is meant.</param>
    /// <param name="progress">Told the bytes read so far.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What was extracted.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: damaged, or an entry that does not belong there; <see cref="DrpError.NotEnoughSpace"/>.</exception>
    public async Task<TarTally> ExtractAsync(Stream tar, string folder, FolderFacts facts, IncludeRules include, Action<long> progress, CancellationToken ct)
    {
        var guard = new UnpackGuard(facts, include);
        IRunningProcess process = host.Processes.Start(Command(folder));
        await using (process.ConfigureAwait(false))
        {
            await FeedAsync(tar, guard, process, progress, ct).ConfigureAwait(false);
            int code = await process.WaitAsync(ct).ConfigureAwait(false);
            if (code != 0) throw Explain(folder, code, process.Errors);
        }

        guard.RequireWhole();
        await RequireOnDiskAsync(folder, guard.Kept, include, ct).ConfigureAwait(false);
        return guard.Kept;
    }

    /// <summary>
    /// Extracts what is meant of each archive of a chain, all of them through one program: what stands in a folder when its own entry says how it was is thus never changed
    /// afterwards. Each archive is read to its end.
    /// </summary>
    /// <param name="parts">The archives, the full one first.</param>
    /// <param name="folder">The folder, which is there and empty.</param>
    /// <param name="include">What is meant; the lists of the parts say it already.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>What was extracted.</returns>
    /// <exception cref="DrpException">As with one archive.</exception>
    public async Task<TarTally> ExtractAsync(IReadOnlyList<ChainPart> parts, string folder, IncludeRules include, CancellationToken ct)
    {
        TarTally kept = new();
        HashSet<ulong> links = [];
        IRunningProcess process = host.Processes.Start(Command(folder));
        await using (process.ConfigureAwait(false))
        {
            foreach (ChainPart part in parts)
            {
                using var wanted = new WantedPart(new ZeroReader(File.OpenRead(part.Wanted)), part == parts[^1], links);
                var guard = new UnpackGuard(part.Facts, include, wanted);
                Stream tar = await part.OpenAsync(ct).ConfigureAwait(false);
                await using var _ = tar.ConfigureAwait(false);
                await FeedAsync(tar, guard, process, part.Progress, ct, closes: wanted.IsLast).ConfigureAwait(false);
                guard.RequireWhole();
                kept.Add(guard.Kept);
            }

            int code = await process.WaitAsync(ct).ConfigureAwait(false);
            if (code != 0) throw Explain(folder, code, process.Errors);
        }

        await RequireOnDiskAsync(folder, kept, include, ct).ConfigureAwait(false);
        return kept;
    }

    /// <summary>Deletes a folder with names of any kind, also where the rights of folders inside forbid it.</summary>
    public static async Task RemoveAsync(HostContext host, string folder, CancellationToken ct)
    {
        var remove = new Command("rm", "--recursive", "--force", "--one-file-system", "--", folder) { Environment = GnuTar.Environment };
        if ((await host.Processes.RunAsync(remove, ct).ConfigureAwait(false)).Ok) return;
        await host.Processes.RunAsync(new Command("chmod", "--recursive", "u+rwX", "--", folder) { Environment = GnuTar.Environment }, ct).ConfigureAwait(false);
        ProcessResult again = await host.Processes.RunAsync(remove, ct).ConfigureAwait(false);
        if (!again.Ok) host.Say(DrpEventLevel.Warning, Text.Of(FilesTexts.CannotRemove, folder, again.Errors.Trim()));
    }

    private static async Task FeedAsync(Stream tar, UnpackGuard guard, IRunningProcess process, Action<long> progress, CancellationToken ct, bool closes = true)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        long bytes = 0;
        bool listening = true;
        try
        {
            int count;
            while ((count = await tar.ReadAsync(buffer.AsMemory(0, Piece), ct).ConfigureAwait(false)) > 0)
            {
                // Looked at before tar sees it: what is refused was not written anywhere.
                guard.Feed(buffer.AsSpan(0, count));
                if (guard.IsBad) guard.RequireWhole();
                try
                {
                    if (listening && guard.Passed.Length > 0) await process.Input.WriteAsync(guard.Passed, ct).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // It ended: after the archive's last block, or with an error that its exit code tells.
                    listening = false;
                }

                guard.Clear();
                bytes += count;
                progress(bytes);
            }

            if (guard.Problem is not null) guard.RequireWhole();
            if (listening && closes) process.Input.Close();
        }
        catch (IOException) when (!listening)
        {
            // Closing what is closed.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static Command Command(string folder) => new(GnuTar.Program,
    [
        "--extract", "--preserve-permissions", "--numeric-owner", KeepsOwners ? "--same-owner" : "--no-same-owner", "--acls", "--xattrs", KeepsOwners ? "--xattrs-include=*" : "--xattrs-include=user.*",
        "--delay-directory-restore", $"--directory={folder}", "--file=-",
    ])
    {
        Environment = GnuTar.Environment,
    };

    private static DrpException Explain(string folder, int code, string errors)
    {
        string said = string.Join("; ", errors.Split('\n').Select(TarMessages.Said).OfType<string>().Take(3));
        return errors.Contains("No space left on device", StringComparison.Ordinal) || errors.Contains("Disk quota exceeded", StringComparison.Ordinal)
            ? new DrpException(DrpError.NotEnoughSpace, Text.Of(FilesTexts.ExtractFailed, folder, code, said)) { Subject = folder, Hint = FilesTexts.NoRoomHint }
            : new DrpException(DrpError.Failed, Text.Of(FilesTexts.ExtractFailed, folder, code, said)) { Subject = folder };
    }

    /// <summary>What lies on the disk, not what went through our hands, is the proof.</summary>
    private async Task RequireOnDiskAsync(string folder, TarTally wanted, IncludeRules include, CancellationToken ct)
    {
        long files = 0, folders = 0, links = 0, others = 0;
        // A file with n names is seen n times.
        Dictionary<long, long> bytes = [];
        IRunningProcess process = host.Processes.Start(new Command("find", folder, "-printf", "%y %n %s\\n") { Environment = GnuTar.Environment });
        await using (process.ConfigureAwait(false))
        {
            process.Input.Close();
            using var reader = new StreamReader(process.Output, leaveOpen: true);
            while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { } line)
            {
                string[] words = line.Split(' ');
                switch (words[0])
                {
                    case "f":
                        files++;
                        long names = long.Parse(words[1], CultureInfo.InvariantCulture);
                        bytes[names] = bytes.GetValueOrDefault(names) + long.Parse(words[2], CultureInfo.InvariantCulture);
                        break;
                    case "d": folders++; break;
                    case "l": links++; break;
                    default: others++; break;
                }
            }

            int code = await process.WaitAsync(ct).ConfigureAwait(false);
            if (code != 0) throw new DrpException(DrpError.Failed, Text.Of(FilesTexts.CannotCount, folder, process.Errors.Trim())) { Subject = folder };
        }

        long size = bytes.Sum(b => b.Value / b.Key);
        bool same = files == wanted.Files && links == wanted.Links && others == wanted.Others && size == wanted.Bytes && (folders == wanted.Folders || !include.IsAll);
        if (same) return;
        throw new DrpException(DrpError.VerificationFailed, Text.Of(FilesTexts.NotAllThere, folder, wanted.Files, wanted.Links, wanted.Bytes, files, links, size)) { Subject = folder };
    }
}
