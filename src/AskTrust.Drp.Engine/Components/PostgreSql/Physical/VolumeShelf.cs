namespace AskTrust.Drp.Engine.Components.PostgreSql.Physical;

/// <summary>
/// Puts a cluster aside inside its own volume, and back. The data directory is a mount point as a rule and cannot be renamed, so its entries move into a folder
/// in it: one whose name begins with <c>pgsql_tmp</c>, which the server, its base backups and its checks leave out. The folder <c>global</c> goes first and comes
/// last: what was cut off has no control file, and cannot be started. A mark in the folder tells which of the two clusters the entries outside belong to.
/// </summary>
internal sealed class VolumeShelf(SideContainer side, string data)
{
    private const string Prefix = "pgsql_tmp.drp-before-";

    // Everything in a folder but its control folder, what is put aside, and what the file system keeps there.
    private const string Each = """
        set -e
        d=$1; a="$1/pgsql_tmp.drp-before-$2"
        each() { for f in "$1"/* "$1"/.[!.]* "$1"/..?*; do case "${f##*/}" in pgsql_tmp.drp-before-*|lost+found|global|.drp-*) continue;; esac; if [ -e "$f" ] || [ -L "$f" ]; then $2 "$f"; fi; done; }
        out() { mv "$1" "$a/"; }
        back() { mv "$1" "$d/"; }
        clear() { rm -rf "$d/global"; each "$d" 'rm -rf'; }

        """;

    private const string OutScript = Each + """
        mkdir "$a"; chmod 700 "$a"; chown "$3" "$a"
        if [ -e "$d/global" ]; then mv "$d/global" "$a/"; fi
        each "$d" out
        : > "$a/.drp-whole"
        sync
        """;

    // The mark goes before the first entry comes back: from then on what is outside is of the old cluster.
    private const string BackScript = Each + """
        if [ -e "$a/.drp-whole" ]; then clear; sync; rm "$a/.drp-whole"; fi
        rm -f "$a/.drp-done"
        each "$a" back
        if [ -e "$a/global" ]; then mv "$a/global" "$d/"; fi
        rmdir "$a"
        sync
        """;

    private const string LookScript = """
        d=$1
        [ ! -f "$d/PG_VERSION" ] || echo "version $(cat "$d/PG_VERSION")"
        for f in "$d"/* "$d"/.[!.]*; do case "${f##*/}" in pgsql_tmp.drp-*|lost+found) ;; *) if [ -e "$f" ]; then echo "something"; break; fi;; esac; done
        [ ! -f "$d/postmaster.pid" ] || echo "lock"
        for f in "$d"/pgsql_tmp.drp-before-*; do
          [ -d "$f" ] && [ ! -e "$f/.drp-done" ] || continue
          # One that was recovered before it was cut off is whole: the server removes the signal when it is done.
          if [ -e "$f/.drp-whole" ] && [ -e "$d/global/pg_control" ] && [ ! -e "$d/recovery.signal" ]; then continue; fi
          echo "half ${f##*/pgsql_tmp.drp-before-}"
        done
        set -- $(df -Pk "$d" | tail -n 1); echo "free $4"
        """;

    /// <summary>Full path of what was put aside, inside the container.</summary>
    public string PathOf(string id) => $"{data}/{Prefix}{id}";

    /// <summary>Looks at the volume.</summary>
    public async Task<VolumeState> LookAsync(CancellationToken ct)
    {
        string[] lines = (await side.ShellAsync(LookScript, ct, data).ConfigureAwait(false)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string? Value(string word) => lines.FirstOrDefault(l => l.StartsWith(word + " ", StringComparison.Ordinal))?[(word.Length + 1)..];
        return new VolumeState(
            Value("version") is not null, lines.Contains("something", StringComparer.Ordinal), lines.Contains("lock", StringComparer.Ordinal),
            [.. lines.Where(l => l.StartsWith("half ", StringComparison.Ordinal)).Select(l => l[5..])], 1024 * long.Parse(Value("free") ?? "0", System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>Puts what is there aside.</summary>
    public Task OutAsync(string id, CancellationToken ct) => side.ShellAsync(OutScript, ct, data, id, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{side.Owner.User}:{side.Owner.Group}"));

    /// <summary>Brings it back; what stands in its place is removed.</summary>
    public Task BackAsync(string id, CancellationToken ct) => side.ShellAsync(BackScript, ct, data, id);

    /// <summary>The restore is complete: what is aside stays until somebody removes it.</summary>
    public Task DoneAsync(string id, CancellationToken ct) => side.ShellAsync(": > \"$1/.drp-done\"; sync", ct, PathOf(id));

    /// <summary>Removes what is there for good.</summary>
    public Task ClearAsync(CancellationToken ct) => side.ShellAsync(Each + "clear; sync", ct, data, "-");
}

/// <summary>What lies in the volume of a container.</summary>
/// <param name="IsCluster">A data directory.</param>
/// <param name="IsNotEmpty">Anything at all.</param>
/// <param name="HasLock">A server runs in it, or was killed.</param>
/// <param name="Half">Restores that were cut off after they had put the old cluster aside.</param>
/// <param name="Free">Bytes free.</param>
internal sealed record VolumeState(bool IsCluster, bool IsNotEmpty, bool HasLock, IReadOnlyList<string> Half, long Free);
