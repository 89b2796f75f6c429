namespace AskTrust.Drp.Engine.Catalog.Wal;

/// <summary>Pieces of an open segment.</summary>
internal static class WalPieces
{
    /// <summary>
    /// The pieces that reach furthest from the beginning of the segment without a hole, in order. Pieces of several runs may overlap: they hold the same bytes.
    /// </summary>
    public static IReadOnlyList<WalObject> Chain(IEnumerable<WalObject> pieces)
    {
        List<WalObject> chain = [];
        long reached = 0;
        foreach (WalObject piece in pieces.OrderBy(p => p.Name.From).ThenByDescending(p => p.Name.To))
        {
            if (piece.Name.From > reached) break;
            if (piece.Name.To <= reached) continue;
            chain.Add(piece);
            reached = piece.Name.To;
        }

        return chain;
    }
}
