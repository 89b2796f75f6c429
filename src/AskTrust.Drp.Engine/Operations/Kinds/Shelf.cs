using AskTrust.Drp.Engine.Components.Containers;

namespace AskTrust.Drp.Engine.Operations.Kinds;

/// <summary>
/// Exchanges what a folder holds without moving the folder itself, which may be a volume, or a server's: its content goes aside into a folder in it, other content takes its
/// place. Nothing is copied, and every step can be run again after it was cut off: what is on its way out lies in a folder whose name says so, and gets its own name when everything is in it.
/// </summary>
/// <param name="shell">Works there.</param>
/// <param name="folder">The folder.</param>
/// <param name="redis">Only the files that a Redis server reads when it starts; else everything.</param>
internal sealed class Shelf(PlaceShell shell, string folder, bool redis)
{
    // What is aside or being restored has names of its own.
    private const string Each = """
        for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do
          [ -e "$f" ] || [ -h "$f" ] || continue
          case "${f##*/}" in drp-before-*|drp-restoring-*|drp-half-*) continue ;; esac

        """;

    private const string OfRedis = """
          case "$f" in *.rdb|*.aof) ;; *) [ -d "$f" ] && ls "$f"/*.manifest >/dev/null 2>&1 || continue ;; esac

        """;

    // $1 from, $2 the folder. The folder's own rights are those of the one that was restored; a server's files are its owner's.
    private const string Own = """
        set -e
        if [ -n "$3" ]; then chown -R "$(stat -c %u:%g "$2")" "$1"
        else chown "$(stat -c %u:%g "$1")" "$2"; chmod "$(stat -c %a "$1")" "$2"; fi
        for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do if [ -e "$f" ] || [ -h "$f" ]; then mv "$f" "$2/"; fi; done
        rmdir "$1"
        """;

    // $1 the folder, $2 the name it gets when everything is out. What is not under that name is not all there is.
    private const string Begin = """
        [ ! -d "$2" ] || exit 0
        mkdir -p -m 700 "$2.part" || exit 1

        """;

    private const string SameRights = """
        chown "$(stat -c %u:%g "$1")" "$2.part"; chmod "$(stat -c %a "$1")" "$2.part"

        """;

    private string Loop => "set -e\n" + Each + (redis ? OfRedis : "");

    /// <summary>Where what is aside lies.</summary>
    public string AsideOf(string id) => $"{folder}/drp-before-{id}";

    /// <summary>Where is restored.</summary>
    public string StagingOf(string id) => $"{folder}/drp-restoring-{id}";

    /// <summary>True when the folder holds something.</summary>
    public async Task<bool> HoldsDataAsync(CancellationToken ct) => await shell.RunAsync(Loop + "  echo there; break\ndone", ct, folder).ConfigureAwait(false) == "there";

    /// <summary>True when a folder is there.</summary>
    public async Task<bool> IsThereAsync(string path, CancellationToken ct) => await shell.RunAsync("[ ! -d \"$1\" ] || echo there", ct, path).ConfigureAwait(false) == "there";

    /// <summary>Puts aside what is there, if that was not done; the folder that holds it has the rights of the one it came from.</summary>
    public Task OutAsync(string id, CancellationToken ct) => MoveOutAsync(AsideOf(id), ct);

    /// <summary>Puts in place what lies in a folder of it.</summary>
    public Task InAsync(string from, CancellationToken ct) => shell.RunAsync(Own, ct, from, folder, redis ? "redis" : "");

    /// <summary>Removes a folder in it.</summary>
    public Task RemoveAsync(string path, CancellationToken ct) => shell.RunAsync("rm -rf \"$1\"", ct, path);

    /// <summary>As before a restore: what it made goes, what it put aside comes back.</summary>
    public async Task BackAsync(string id, CancellationToken ct)
    {
        await RemoveAsync(StagingOf(id), ct).ConfigureAwait(false);
        string aside = AsideOf(id), half = $"{folder}/drp-half-{id}";
        if (await IsThereAsync(aside, ct).ConfigureAwait(false))
        {
            // Everything that was there is aside; what is there now came with the restore.
            await MoveOutAsync(half, ct).ConfigureAwait(false);
            await InAsync(aside, ct).ConfigureAwait(false);
        }
        else if (await IsThereAsync(PartOf(aside), ct).ConfigureAwait(false))
        {
            // Cut off on the way out: the rest never left.
            await InAsync(PartOf(aside), ct).ConfigureAwait(false);
        }

        await RemoveAsync(half, ct).ConfigureAwait(false);
    }

    /// <summary>Puts aside what is there, and in place what was aside, for an undo.</summary>
    /// <param name="id">Of the undo.</param>
    /// <param name="kept">Where lies what comes back; null = nothing was there.</param>
    /// <param name="stop">Stops what works with the folder.</param>
    /// <param name="start">Starts what was stopped.</param>
    /// <param name="exchangeAsync">Called before anything is moved.</param>
    /// <param name="ct">Cancels as long as nothing was moved; half of an exchange is nobody's wish.</param>
    public async Task ExchangeAsync(string id, string? kept, Func<CancellationToken, Task> stop, Func<CancellationToken, Task> start, Func<Task> exchangeAsync, CancellationToken ct)
    {
        try
        {
            await stop(ct).ConfigureAwait(false);
        }
        catch
        {
            await start(CancellationToken.None).ConfigureAwait(false);
            throw;
        }

        await exchangeAsync().ConfigureAwait(false);
        await OutAsync(id, CancellationToken.None).ConfigureAwait(false);
        if (kept is not null) await InAsync(kept, CancellationToken.None).ConfigureAwait(false);
        await start(CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Settles an exchange that was killed.</summary>
    /// <returns>True when it was ended; false when everything is as before it.</returns>
    public async Task<bool> SettleAsync(RestoreEntry killed, CancellationToken ct)
    {
        bool onward = killed.Swapping && (killed.Undoes is not null || killed.WasEmpty);
        if (!onward)
        {
            await BackAsync(killed.RestoreId, ct).ConfigureAwait(false);
            return false;
        }

        // What is put back by an undo must not get lost; and into what was empty the whole content is to go that lies ready.
        if (killed.Undoes is not null) await OutAsync(killed.RestoreId, ct).ConfigureAwait(false);
        string? from = killed.Undoes is null ? StagingOf(killed.RestoreId) : killed.Incoming;
        if (from is not null && await IsThereAsync(from, ct).ConfigureAwait(false)) await InAsync(from, ct).ConfigureAwait(false);
        return true;
    }

    private static string PartOf(string aside) => aside + ".part";

    private Task MoveOutAsync(string aside, CancellationToken ct) =>
        shell.RunAsync(Begin + (redis ? "" : SameRights) + Loop + "  mv \"$f\" \"$2.part/\"\ndone\nmv \"$2.part\" \"$2\"", ct, folder, aside);
}
