using System.Globalization;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Files.Incremental;

/// <summary>Reads an index once, checks it, and writes for each archive of the chain the paths that are meant of it.</summary>
/// <param name="facts">What the manifest says of the folder.</param>
/// <param name="places">Archives in the chain.</param>
/// <param name="work">Where the lists go.</param>
internal sealed class IndexSplit(FolderFacts facts, int places, string work)
{
    private readonly long[] _wanted = new long[places];

    /// <summary>Archives of which something is meant.</summary>
    public bool IsWanted(int place) => _wanted[place] > 0;

    /// <summary>The list of an archive.</summary>
    public string ListOf(int place) => Path.Combine(work, string.Create(CultureInfo.InvariantCulture, $"wanted.{place}"));

    /// <summary>Reads to the very end of the stream, where its digests are compared.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.VerificationFailed"/>: not what was written.</exception>
    public async Task RunAsync(ZeroReader index, IncludeRules include, CancellationToken ct)
    {
        var check = new IndexCheck(facts, places);
        ZeroWriter[] lists = [.. Enumerable.Range(0, places).Select(p => new ZeroWriter(ListOf(p)))];
        try
        {
            await check.BeginAsync(index, ct).ConfigureAwait(false);
            while (await check.MoveAsync(index, ct).ConfigureAwait(false)) Sort(IndexEntry.Read(index.Current.Span), include, lists);
            check.RequireWhole();
        }
        finally
        {
            foreach (ZeroWriter list in lists) list.Dispose();
        }
    }

    private void Sort(IndexEntry entry, IncludeRules include, ZeroWriter[] lists)
    {
        if (!include.Fit(entry.Path)) return;
        lists[entry.Place].Put(entry.Path).End();
        _wanted[entry.Place]++;
    }
}

/// <summary>Looks whether an index is one, in order, and names as much as the manifest says.</summary>
internal sealed class IndexCheck(FolderFacts facts, int places)
{
    private readonly IndexTally _tally = new();
    private byte[] _before = new byte[256];
    private int _length = -1;
    private long _own;

    /// <summary>Goes behind the first line.</summary>
    public async Task BeginAsync(ZeroReader index, CancellationToken ct)
    {
        if (!await index.MoveAsync(ct).ConfigureAwait(false) || !index.Current.Span.SequenceEqual(IndexEntry.Header)) throw Bad();
    }

    /// <summary>Goes to the next line.</summary>
    public async ValueTask<bool> MoveAsync(ZeroReader index, CancellationToken ct)
    {
        try
        {
            if (!await index.MoveAsync(ct).ConfigureAwait(false)) return false;
            Take(IndexEntry.Read(index.Current.Span));
            return true;
        }
        catch (InvalidDataException)
        {
            throw Bad();
        }
    }

    /// <summary>After the last line: all of it was there.</summary>
    public void RequireWhole()
    {
        FolderCounts wanted = facts.Restored();
        if (_tally.Counts == wanted && _own == facts.Entries) return;
        throw Wrong(Text.Of(FilesTexts.IndexCounts, facts.Index, wanted.Entries, wanted.Bytes, _tally.Counts.Entries, _tally.Counts.Bytes));
    }

    private void Take(IndexEntry entry)
    {
        // Each path once, in order: the archives are, too, and one of two entries would be looked for in vain.
        if (entry.Place >= places || (_length >= 0 && _before.AsSpan(0, _length).SequenceCompareTo(entry.Path) >= 0)) throw Bad();
        if (_before.Length < entry.Path.Length) _before = new byte[entry.Path.Length * 2];
        entry.Path.CopyTo(_before);
        _length = entry.Path.Length;
        _tally.Add(entry.Kind, entry.Bytes);
        if (entry.Place == places - 1) _own++;
    }

    private DrpException Bad() => Wrong(Text.Of(FilesTexts.BadIndex, facts.Index));

    private DrpException Wrong(string why) => new(DrpError.VerificationFailed, Text.Of(FilesTexts.BadArchive, facts.Archive, why)) { Subject = facts.Archive };
}
