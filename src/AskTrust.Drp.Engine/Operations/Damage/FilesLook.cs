using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Damage;

/// <summary>What is left of the folders of a component.</summary>
internal static class FilesLook
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    /// <summary>Looks.</summary>
    /// <param name="plan">The component.</param>
    /// <param name="points">What the newest backup has.</param>
    /// <param name="unknown">Gets what could not be counted.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<IReadOnlyList<DamageFinding>> RunAsync(FilesPlan plan, RecoveryPoints points, Action<string> unknown, CancellationToken ct)
    {
        List<DamageFinding> found = [];
        foreach (string folder in plan.Paths)
        {
            FolderFacts? known = points.Facts?.Files?.Folders.FirstOrDefault(f => f.Path == folder);
            long? then = known?.Whole?.Files ?? known?.Files;
            DamageFinding finding = new() { Component = plan.Name, Subject = folder, Kind = DamageKind.FilesMissing, Verdict = CheckVerdict.Failed, Message = "", LastGood = then is null ? null : points.Newest?.Set.Time };
            if (!Directory.Exists(folder))
            {
                found.Add(finding with { Kind = DamageKind.FolderMissing, Message = Text.Of(DamageTexts.FolderMissing, folder, then ?? 0), Gone = then });
                continue;
            }

            if (then is not > 0) continue;
            // More than half is enough to know; a tree of millions is not walked to its end for that.
            long enough = (then.Value + 1) / 2;
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
            patience.CancelAfter(s_patience);
            try
            {
                long now = await Task.Run(() => Count(folder, enough, patience.Token), patience.Token).ConfigureAwait(false);
                if (now < enough) found.Add(finding with { Message = Text.Of(DamageTexts.FilesMissing, folder, now, then), Gone = then - now });
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                unknown(Text.Of(DamageTexts.NotCounted, folder));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                unknown(e.Message);
            }
        }

        return found;
    }

    private static long Count(string folder, long enough, CancellationToken ct)
    {
        long count = 0;
        var all = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };
        foreach (string _ in Directory.EnumerateFiles(folder, "*", all))
        {
            ct.ThrowIfCancellationRequested();
            if (++count >= enough) break;
        }

        return count;
    }
}
