namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>
/// What is done on the machine of a server, as fixed scripts for a plain <c>sh</c>: the same words serve this machine and another one, in one journey each. The
/// data directory is always <c>$1</c>; nothing of ours is ever pasted into their text.
/// </summary>
internal static class NodeScripts
{
    /// <summary>
    /// Says what there is, also of a server that is down: lines of <c>name=value</c>, then what <c>pg_controldata</c> says. Ends with 6, and the name on standard error, when the
    /// data directory is that of a container.
    /// </summary>
    public const string Look = Prologue + BoxedWords + LookWords;

    /// <summary>From now on this server can only start as a standby, whoever starts it. A server that runs does not notice.</summary>
    public const string Mark = Prologue + MarkWords;

    /// <summary>Stops the server in order: <c>$2</c> programs, <c>$3</c> seconds.</summary>
    public const string Stop = Prologue + StopWords;

    /// <summary>
    /// Mark, stop, end what a server that died has left (a busy session writes on until it notices), look: in one journey, for meanwhile nobody takes writes.
    /// <c>$4</c> = <c>force</c>: also when it does not stop in order.
    /// </summary>
    public const string Fence = Prologue + MarkWords + """
        if [ "$4" = force ]; then set +e; fi

        """ + StopWords + """
        set -e
        n=0
        while [ -n "$(left)" ]; do
          n=$((n + 1))
          if [ "$n" -gt 100 ]; then echo "still there: $(left | tr '\n' ' ')" >&2; exit 5; fi
          if [ "$n" -eq 1 ]; then left | xargs -r kill -QUIT 2>/dev/null || true; fi
          if [ "$n" -eq 20 ]; then left | xargs -r kill -KILL 2>/dev/null || true; fi
          sleep 0.1
        done
        # Its lock says that it runs as long as nobody has asked for its exit code; nothing of it is left.
        if [ -e /proc/self/cwd ]; then rm -f "$d/postmaster.pid"; fi

        """ + LookWords;

    /// <summary>Takes that back.</summary>
    public const string Unmark = Prologue + """
        rm -f "$d/standby.signal"
        """;

    /// <summary>Starts the server: <c>$2</c> programs, <c>$3</c> seconds, <c>$4</c> its configuration file when that lies elsewhere.</summary>
    public const string Start = Prologue + """
        set -- "$1" "$2" "$3" ${4:+-o "-c config_file=$4"}
        c=$2; t=$3; shift 3
        if "$c/pg_ctl" start -D "$d" -w -t "$t" -s -l "$d.drp-start.log" "$@" </dev/null; then exit 0; fi
        tail -n 5 "$d.drp-start.log" >&2
        exit 1
        """;

    /// <summary>Puts the settings of a standby (standard input) in place of those there are, and of what a recovery to a moment may have left.</summary>
    public const string Configure = Prologue + """
        f=$d/postgresql.auto.conf
        { grep -Ev '^[[:space:]]*(primary_conninfo|primary_slot_name|recovery_target[a-z_]*|default_transaction_read_only)[[:space:]]*=' "$f" 2>/dev/null || true; cat; } > "$f.drp"
        chmod 600 "$f.drp"
        mv "$f.drp" "$f"
        : > "$d/standby.signal"
        sync "$f" "$d/standby.signal" "$d" 2>/dev/null || sync
        """;

    /// <summary>Keeps the configuration files of the data directory aside: what follows brings those of the other server. One that is kept already is older, so right.</summary>
    public const string Keep = Prologue + """
        k=$d.drp-keep
        [ -d "$k" ] && exit 0
        rm -rf "$k.new"
        mkdir -m 700 "$k.new"
        cp -p "$d"/*.conf "$k.new/" 2>/dev/null || true
        mv "$k.new" "$k"
        """;

    /// <summary>Brings them back.</summary>
    public const string PutBack = Prologue + """
        k=$d.drp-keep
        [ -d "$k" ] || exit 0
        cp -p "$k"/*.conf "$d/" 2>/dev/null || true
        rm -rf "$k"
        """;

    /// <summary>Writes standard input into a file beside the data directory that only <c>$3</c> can read: <c>$2</c> its ending.</summary>
    public const string WriteSecret = Prologue + """
        umask 077
        f=$d.$2
        cat > "$f.new"
        if [ "$(id -un)" != "$3" ]; then chown "$3" "$f.new"; fi
        mv "$f.new" "$f"
        """;

    /// <summary>Removes it.</summary>
    public const string RemoveSecret = Prologue + """
        rm -f "$d.$2" "$d.$2.new"
        """;

    /// <summary>
    /// Recovers a data directory that was not left in order, without opening it to anybody: <c>$2</c> programs, <c>$3</c> configuration file or nothing. A
    /// single-user server refuses the mark of a standby, so it goes for this moment, in which the server's own lock keeps every other start away.
    /// </summary>
    public const string Settle = Prologue + """
        trap ': > "$d/standby.signal"' EXIT
        rm -f "$d/standby.signal" "$d/recovery.signal"
        "$2/postgres" --single -D "$d" ${3:+-c "config_file=$3"} -c archive_mode=off template1 </dev/null >/dev/null
        """;

    /// <summary>Rewinds: <c>$2</c> programs, <c>$3</c> connection to the new primary, <c>$4</c> configuration file, <c>$5</c> <c>archive</c> when missing WAL may be fetched.</summary>
    public const string Rewind = Prologue + """
        trap ': > "$d/standby.signal"' EXIT
        set -- "$2/pg_rewind" -D "$d" --source-server="$3" ${4:+--config-file="$4"} ${5:+-c}
        "$@" 2>&1 </dev/null
        """;

    /// <summary>Copies the new primary: <c>$2</c> programs, <c>$3</c> connection, <c>$4</c> slot, <c>$5</c> where what is there goes.</summary>
    public const string Copy = Prologue + """
        mv "$d" "$5"
        if "$2/pg_basebackup" -d "$3" -D "$d" -X stream -S "$4" -c fast --no-password </dev/null; then
          : > "$d/standby.signal"
          cp -p "$5"/*.conf "$d/" 2>/dev/null || true
          exit 0
        fi
        rm -rf "$d"
        mv "$5" "$d"
        exit 1
        """;

    /// <summary>
    /// A server in a container: one that runs works in the same folder and sees it elsewhere; one that does not has it in a volume of the engine, or brought in by its image's own variable.
    /// </summary>
    private const string BoxedWords = """
        if [ -d "$d" ]; then
          r=$(cd "$d" && pwd -P)
          i=$(stat -Lc %d:%i "$d" 2>/dev/null || true)
          if command -v docker >/dev/null 2>&1; then
            t='{{$n := .Name}}{{$p := false}}{{range .Config.Env}}{{if eq (printf "%.7s" .) "PGDATA="}}{{$p = true}}{{end}}{{end}}{{range .Mounts}}{{if or (eq .Type "volume") $p}}{{.Type}} {{$n}} {{.Source}}{{"\n"}}{{end}}{{end}}'
            b=$(timeout 10 docker ps -aq 2>/dev/null | xargs -r timeout 10 docker inspect --type container -f "$t" 2>/dev/null | while read -r k n s; do
              case $k:$r/ in volume:"$s"/*|bind:"$s"/) echo "${n#/}" ;; esac
            done | head -n 1)
            if [ -n "$b" ]; then echo "$b" >&2; exit 6; fi
          fi
          for p in /proc/[0-9]*; do
            c=
            { read -r c <"$p/comm"; } 2>/dev/null || true
            case $c in postgres|postmaster)
              if [ -n "$i" ] && [ "$(stat -Lc %d:%i "$p/cwd" 2>/dev/null)" = "$i" ] && [ "$(readlink "$p/cwd")" != "$r" ] && [ "$(readlink "$p/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ]; then
                echo "process ${p#/proc/}" >&2; exit 6
              fi ;;
            esac
          done
        fi

        """;

    private const string LookWords = """
        [ -f "$d/PG_VERSION" ] || { echo "no data directory: $d" >&2; exit 3; }
        v=$(cat "$d/PG_VERSION")
        b=
        for c in "/usr/lib/postgresql/$v/bin" "/usr/pgsql-$v/bin" "/usr/local/pgsql/bin" "$(command -v pg_ctl | sed 's,/pg_ctl$,,')"; do
          if [ -x "$c/pg_ctl" ]; then b=$c; break; fi
        done
        [ -n "$b" ] || { echo "no pg_ctl of version $v" >&2; exit 4; }
        echo "user=$(id -un)"
        echo "owner=$(ls -ld "$d" | awk '{print $3}')"
        echo "version=$v"
        echo "programs=$b"
        echo "config=$(sed -n 's/.*"config_file=\([^"]*\)".*/\1/p' "$d/postmaster.opts" 2>/dev/null | head -n 1)"
        echo "processes=$(left | wc -l)"
        [ -f "$d/standby.signal" ] && echo standby=1
        [ -n "$(ls -A "$d/pg_tblspc" 2>/dev/null)" ] && echo tablespaces=1
        "$b/pg_controldata" -D "$d"
        """;

    private const string MarkWords = """
        : > "$d/standby.signal"
        sync "$d/standby.signal" "$d" 2>/dev/null || sync

        """;

    private const string StopWords = """
        if [ -n "$(left)" ]; then "$2/pg_ctl" stop -D "$d" -m fast -w -t "$3" -s; fi

        """;

    /// <summary>Processes of a server that work in the data directory; without /proc, what its lock file names.</summary>
    private const string Prologue = """
        set -e
        LC_ALL=C; export LC_ALL
        unset PGDATA PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGOPTIONS PGSERVICE PGPASSFILE PGPASSWORD PGAPPNAME PGSSLMODE PGTARGETSESSIONATTRS
        d=$1
        left() {
          if [ -e /proc/self/cwd ]; then
            r=$(cd "$d" && pwd -P)
            for p in /proc/[0-9]*; do
              c=
              { read -r c <"$p/comm"; } 2>/dev/null || true
              case $c in postgres|postmaster) if [ "$(readlink "$p/cwd" 2>/dev/null)" = "$r" ]; then echo "${p#/proc/}"; fi ;; esac
            done
          elif [ -f "$d/postmaster.pid" ]; then
            p=$(head -n 1 "$d/postmaster.pid")
            if kill -0 "$p" 2>/dev/null; then echo "$p"; fi
          fi
        }

        """;
}
