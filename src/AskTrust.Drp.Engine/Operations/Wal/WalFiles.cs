using System.Globalization;
using AskTrust.Drp.Engine.Catalog.Wal;
using AskTrust.Drp.Engine.Components.PostgreSql.Wal;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Looks into files of the WAL before they go into the archive.</summary>
internal static class WalFiles
{
    /// <summary>Reads the header of a segment and makes sure that it is what its name says: a recycled file still has the header of another.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>.</exception>
    public static WalHeader Check(string path, WalName name)
    {
        using FileStream file = File.OpenRead(path);
        byte[] bytes = new byte[WalHeader.Length];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        if (WalHeader.Read(bytes.AsSpan(0, read)) is not { } header) throw Wrong(path, OperationsTexts.WalNoHeader);
        if (file.Length != header.SegmentSize) throw Wrong(path, Text.Of(OperationsTexts.WalWrongSize, file.Length, header.SegmentSize));
        if (header.Address != name.Segment!.Start(header.SegmentSize).Value) throw Wrong(path, Text.Of(OperationsTexts.WalWrongAddress, new Lsn(header.Address)));
        return header;
    }

    /// <summary>The last commit of a whole segment.</summary>
    /// <param name="path">The file.</param>
    /// <param name="segmentSize">Bytes of a segment.</param>
    /// <param name="before">What the segment before ended with.</param>
    public static WalWalker Walk(string path, int segmentSize, WalTail? before = null)
    {
        var walker = new WalWalker(segmentSize, before);
        using var file = File.OpenHandle(path);
        walker.Advance(file);
        return walker;
    }

    /// <summary>Where a timeline left its parent: the last line of its history.</summary>
    public static async Task<WalSwitch?> SwitchAsync(string path, CancellationToken ct)
    {
        string? last = (await File.ReadAllLinesAsync(path, ct).ConfigureAwait(false)).LastOrDefault(l => l.Trim().Length > 0 && !l.TrimStart().StartsWith('#'));
        return last?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [string parent, string at, ..]
            && uint.TryParse(parent, NumberStyles.None, CultureInfo.InvariantCulture, out uint timeline) && Lsn.TryParse(at, out Lsn lsn)
                ? new WalSwitch(timeline, lsn)
                : throw Wrong(path, OperationsTexts.WalNoHistory);
    }

    private static DrpException Wrong(string path, string what) =>
        new(DrpError.VerificationFailed, Text.Of(OperationsTexts.WalWrongFile, path, what)) { Subject = path, Hint = OperationsTexts.WalWrongFileHint };
}
