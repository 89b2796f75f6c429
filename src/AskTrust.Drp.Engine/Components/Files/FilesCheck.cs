using System.Buffers;
using AskTrust.Drp.Engine.Components.Files.Incremental;

namespace AskTrust.Drp.Engine.Components.Files;

/// <summary>Looks whether the archive of a folder could be extracted: readable to its end, nothing hostile in it, and as much as the manifest says.</summary>
internal static class FilesCheck
{
    private const int Piece = 256 * 1024;

    /// <summary>Reads the archive.</summary>
    /// <param name="facts">What the manifest says of it.</param>
    /// <param name="plain">Plain bytes.</param>
    /// <param name="ct">Cancels.</param>
    /// <param name="part">What its index says that it holds; null = there is none.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static async Task<string?> LookAsync(FolderFacts facts, Stream plain, CancellationToken ct, WantedPart? part = null)
    {
        var guard = new UnpackGuard(facts, new IncludeRules([]), part);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            int count;
            string? wrong = null;
            while ((count = await plain.ReadAsync(buffer.AsMemory(0, Piece), ct).ConfigureAwait(false)) > 0)
            {
                // The stream is read to its end all the same: there its digests are compared.
                wrong ??= Refused(guard, buffer.AsSpan(0, count));
            }

            return wrong ?? Refused(guard, default);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static string? Refused(UnpackGuard guard, ReadOnlySpan<byte> piece)
    {
        try
        {
            guard.Feed(piece);
            guard.Clear();
            if (piece.IsEmpty) guard.RequireWhole();
            return null;
        }
        catch (DrpException e)
        {
            return e.Message;
        }
    }
}
