using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>Reads the table of contents of an archive with <c>pg_restore --list</c>: it stands at the beginning, the rest is not read.</summary>
/// <param name="ExitCode">Zero when the archive could be read.</param>
/// <param name="Contents">The table of contents.</param>
/// <param name="Errors">What pg_restore said.</param>
internal sealed record ArchiveListing(int ExitCode, string Contents, string Errors)
{
    /// <summary>Lists.</summary>
    /// <param name="host">The host.</param>
    /// <param name="list"><c>pg_restore --list</c>, ready to run.</param>
    /// <param name="archive">Plain bytes; not disposed.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<ArchiveListing> ReadAsync(HostContext host, Command list, Stream archive, CancellationToken ct)
    {
        IRunningProcess process = host.Processes.Start(list);
        await using var _ = process.ConfigureAwait(false);
        using var output = new MemoryStream();
        Task reading = process.Output.CopyToAsync(output, ct);
        byte[] buffer = new byte[64 * 1024];
        while (!reading.IsCompleted && await archive.ReadAsync(buffer, ct).ConfigureAwait(false) is > 0 and int count)
        {
            if (!await process.TryWriteAsync(buffer.AsMemory(0, count), ct).ConfigureAwait(false)) break;
        }

        await process.TryCloseInputAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
        int code = await process.WaitAsync(ct).ConfigureAwait(false);
        return new ArchiveListing(code, Encoding.UTF8.GetString(output.ToArray()), process.Errors.Trim());
    }
}
