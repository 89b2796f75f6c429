using System.Buffers;
using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Containers;

/// <summary>A folder's place, worked on through a plain shell: the same on this machine and inside a container, whatever image that has.</summary>
internal sealed class PlaceShell(HostContext host, IExecutionTarget target)
{
    private const int Piece = 256 * 1024;

    /// <summary>Where it is.</summary>
    public IExecutionTarget Target => target;

    /// <summary>Runs a script.</summary>
    /// <returns>What it printed, trimmed.</returns>
    /// <exception cref="DrpException"><see cref="DrpError.NotEnoughSpace"/>, or <see cref="DrpError.Failed"/> with what it said.</exception>
    public async Task<string> RunAsync(string script, CancellationToken ct, params IReadOnlyList<string> arguments)
    {
        ProcessResult result = await host.Processes.RunAsync(target.Wrap(new Command("sh", ["-c", script, "sh", .. arguments])), ct).ConfigureAwait(false);
        return result.Ok ? result.Text.Trim() : throw Failed(result.Errors);
    }

    /// <summary>Writes a file, readable by nobody else.</summary>
    /// <param name="content">Its bytes, read to the end.</param>
    /// <param name="path">The file; its folder is there.</param>
    /// <param name="progress">Told the bytes so far.</param>
    /// <param name="ct">Cancels.</param>
    public Task WriteAsync(Stream content, string path, Action<long> progress, CancellationToken ct) => FeedAsync(content, new Command("sh", "-c", "umask 077; exec cat > \"$1\"", "sh", path), progress, ct);

    /// <summary>Feeds a program there, to the very end of the stream, where its digests are compared.</summary>
    public async Task FeedAsync(Stream content, Command command, Action<long> progress, CancellationToken ct)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        IRunningProcess process = host.Processes.Start(target.Wrap(command));
        try
        {
            await using var _ = process.ConfigureAwait(false);
            long bytes = 0;
            int count;
            bool listening = true;
            while ((count = await content.ReadAsync(buffer.AsMemory(0, Piece), ct).ConfigureAwait(false)) > 0)
            {
                try
                {
                    if (listening) await process.Input.WriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false);
                }
                catch (IOException)
                {
                    // It ended: because of an error, or because an archive is complete before its last block.
                    if (await process.WaitAsync(ct).ConfigureAwait(false) != 0) throw Failed(process.Errors);
                    listening = false;
                }

                progress(bytes += count);
            }

            if (listening) process.Input.Close();
            if (await process.WaitAsync(ct).ConfigureAwait(false) != 0) throw Failed(process.Errors);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Throws when the file system of a folder has less room than that.</summary>
    public async Task RequireRoomAsync(string folder, long needed, CancellationToken ct)
    {
        string said = await RunAsync("d=$1; while [ ! -d \"$d\" ]; do d=$(dirname \"$d\"); done; df -Pk \"$d\" | tail -n 1", ct, folder).ConfigureAwait(false);
        string[] words = said.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 4 || !long.TryParse(words[3], CultureInfo.InvariantCulture, out long kibibytes) || kibibytes * 1024 >= needed) return;
        throw new DrpException(DrpError.NotEnoughSpace, Text.Of(HelperTexts.NoRoom, folder, target.Description, kibibytes / 1024, (needed >> 20) + 1)) { Subject = folder, Hint = HelperTexts.NoRoomHint };
    }

    /// <summary>What a program there said, as an error.</summary>
    public DrpException Failed(string errors)
    {
        string clean = host.Redactor.Clean(errors.Trim());
        return errors.Contains("No space left", StringComparison.Ordinal) || errors.Contains("Disk quota exceeded", StringComparison.Ordinal)
            ? new DrpException(DrpError.NotEnoughSpace, Text.Of(HelperTexts.ShellFailed, target.Description, clean)) { Subject = target.Description, Hint = HelperTexts.NoRoomHint }
            : new DrpException(DrpError.Failed, Text.Of(HelperTexts.ShellFailed, target.Description, clean)) { Subject = target.Description };
    }
}
