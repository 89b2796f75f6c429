using System.Buffers;
using AskTrust.Drp.Engine.Catalog;
using AskTrust.Drp.Engine.Components.PostgreSql.Physical;

namespace AskTrust.Drp.Engine.Operations;

/// <summary>Looks whether the archive of a base could be extracted: readable as tar to its end, control file and file list in it.</summary>
internal static class TarCheck
{
    private const int Piece = 256 * 1024;

    /// <summary>Reads the archive.</summary>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static async Task<string?> LookAsync(Manifest manifest, BackupArtifact artifact, Stream plain, CancellationToken ct)
    {
        var scanner = new TarScanner();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            int count;
            while ((count = await plain.ReadAsync(buffer.AsMemory(0, Piece), ct).ConfigureAwait(false)) > 0) scanner.Feed(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        if (scanner.Problem is { } problem) return problem;
        if (artifact.Role != "base") return null;
        bool listed = scanner.HasFileList || manifest.Artifacts.Any(a => a.Component == artifact.Component && a.Role == BasePart.FileList);
        return !scanner.HasControlFile ? PhysicalTexts.NoControlFile : listed ? null : PhysicalTexts.NoFileList;
    }
}
