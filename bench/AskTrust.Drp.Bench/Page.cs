using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Bench;

/// <summary>Writes the page from the run: every figure on it was measured in it.</summary>
internal sealed class Page(Stand stand)
{
    private readonly StringBuilder _text = new();
    private bool _missed;

    /// <summary>True when a target was missed.</summary>
    public bool Missed => _missed;

    /// <summary>The page.</summary>
    public string Write(StartBench? start, ListBench? list, BackupBench? backup, RestoreBench? restore, BaseBench? bases, WalBench? wal, FilesBench? files, IReadOnlyList<string> machine)
    {
        Line("# Benchmarks");
        Line();
        Line("Written by `./build.sh bench`; every figure comes from one run, side by side, rounds interleaved, medians.");
        Line("Ratios travel between machines, seconds do not.");
        Line();
        foreach (string fact in machine) Line("- " + fact);
        Line();
        Line("| what | measured | target | |");
        Line("|---|---|---|---|");
        if (backup is not null)
        {
            Target("encrypted backup / `pg_dump -Fc -Z0 >/dev/null`", backup.One.Seconds / backup.Dump.Seconds, 1.15, atMost: true);
            Target("`pg_dump \\| gzip \\| gpg` / encrypted backup", backup.Script.Seconds / backup.One.Seconds, 4, atMost: false);
            if (backup.Two.Any) Target("encrypted backup to a directory and S3 / `pg_dump -Fc -Z0 >/dev/null`", backup.Two.Seconds / backup.Dump.Seconds, 1.3, atMost: true);
        }

        if (restore is not null) Target("`gunzip \\| psql` / `drp restore`", restore.Script.Seconds / restore.Drp.Seconds, 1.25, atMost: false);
        double peak = new[] { backup?.One, backup?.Two, backup?.Parallel, backup?.Beside, restore?.Drp, restore?.Parts, list?.Beside }.Where(s => s is { Any: true }).Select(s => s!.OwnPeak / 1e6).DefaultIfEmpty(0).Max();
        if (peak > 0) Target("peak memory of the `drp` process, MB", peak, 200, atMost: true);
        if (list is not null) Target($"list {stand.Settings.Sets} sets, nothing remembered, s", list.First.Seconds, 2, atMost: true);
        if (start is not null) Target("`drp --version` / an empty ready-to-run program", start.Version.Seconds / start.Empty.Seconds, 1.5, atMost: true);
        if (bases is not null)
        {
            Target("pgBackRest / `drp backup --kind base`", bases.PgBackRest.Seconds / bases.Drp.Seconds, 1.2, atMost: false);
            Target("size of the base / of pgBackRest's", bases.DrpSize / (double)bases.PgBackRestSize, 1.1, atMost: true);
            Target("`drp restore --to immediate` / pgBackRest's restore, server started likewise", bases.DrpRestore.Seconds / bases.PgBackRestReady.Seconds, 1, atMost: true);
        }

        if (wal is not null)
        {
            Target("all WAL shipped after the end of the load, s", wal.Behind, 5, atMost: true);
            Target("replay with `drp wal fetch` / with pgBackRest", wal.Fetch.Seconds / wal.PgBackRest.Seconds, 1.1, atMost: true);
            Target("replay with `drp wal fetch` / with `cp`", wal.Fetch.Seconds / wal.Copy.Seconds, 1.3, atMost: true);
            Target("replay by `drp restore` / with pgBackRest", wal.Feed.Seconds / wal.PgBackRest.Seconds, 1.1, atMost: true);
            Target("replay by `drp restore` / with `cp`", wal.Feed.Seconds / wal.Copy.Seconds, 1.3, atMost: true);
        }

        if (files is not null)
        {
            Target("`tar \\| gzip \\| gpg` / `drp backup` of files", files.Script.Seconds / files.Drp.Seconds, 3, atMost: false);
            Target("restic / `drp backup` of files", files.Restic.Seconds / files.Drp.Seconds, 1, atMost: false);
            Target("`drp backup` of files, nothing changed / restic", files.DrpAgain.Seconds / files.ResticAgain.Seconds, 1.5, atMost: true);
            Target("peak memory of `drp backup` of files and of its programs, MB", files.Peak, 200, atMost: true);
        }

        Line();
        if (backup is not null)
        {
            Line($"## Backup: a dump of {Gib(backup.DumpSize)}, half text, half JSON");
            Line();
            Table(backup.Dump, backup.Dump, backup.Hand, backup.Script, backup.One, backup.Parallel, backup.Two, backup.Beside);
            Line($"Stored: {Gib(backup.SetSize)} by drp (zstd, OpenPGP), {Gib(backup.ScriptSize)} by the script (gzip, OpenPGP).");
            Line(backup.NoS3 is { } why ? $"S3 was not measured: {why}" : "S3 is a Ceph RADOS gateway on the same machine, so it takes its share of the same cores.");
            Line("`jobs: 2` is a parallel dump: it pays only where cores and disks are idle, which is why the default is 1.");
            Line();
            Line("### Levels of compression");
            Line();
            Line("| zstd level | s | processor s | stored | peak of the process |");
            Line("|---:|---:|---:|---:|---:|");
            foreach (var run in backup.Levels)
                Line(string.Create(CultureInfo.InvariantCulture, $"| {run.Level} | {run.Series.Seconds:0.00} | {run.Series.CpuSeconds:0.00} | {Gib(run.Size)} | {Mib(run.Series.OwnPeak)} |"));
            Line();
        }

        if (restore is not null)
        {
            Line("## Restore of the same database, indexes included");
            Line();
            Table(restore.Script, restore.Script, restore.Drp, restore.Parts);
        }

        if (bases is not null)
        {
            Line($"## Base backup of a cluster of {Gib(bases.ClusterSize)}");
            Line();
            Table(bases.Plain, bases.Plain, bases.PgBackRest, bases.Drp);
            Line($"Stored: {Gib(bases.DrpSize)} by drp, {Gib(bases.PgBackRestSize)} by pgBackRest (its WAL, which a base of drp holds, not counted).");
            Line();
            Table(bases.PgBackRestReady, bases.PgBackRestRestore, bases.PgBackRestReady, bases.DrpRestore);
        }

        if (files is not null)
        {
            Line($"## Files: {files.Count.ToString("N0", CultureInfo.InvariantCulture)} of them, half words, half noise");
            Line();
            Table(files.Restic, files.Script, files.Restic, files.Drp);
            Table(files.ResticAgain, files.ResticAgain, files.DrpAgain);
            Line($"Stored: {Gib(files.DrpSize)} by drp, {Gib(files.ResticSize)} by restic, {Gib(files.ScriptSize)} by the script.");
            Line();
        }

        if (wal is not null)
        {
            Line("## WAL");
            Line();
            Line(string.Create(CultureInfo.InvariantCulture, $"`pgbench` at full speed made {wal.Generated / 1048576.0:0} MiB in {wal.LoadSeconds:0.0} s; everything was in the repository {wal.Behind:0.0} s after its end. Statements over many rows made {wal.BulkGenerated / 1048576.0:0} MiB in {wal.BulkSeconds:0.0} s; that took {wal.BulkBehind:0.0} s more."));
            Line();
            Table(wal.Copy, wal.Copy, wal.PgBackRest, wal.Fetch, wal.Feed);
        }

        if (list is not null)
        {
            Line($"## List of {stand.Settings.Sets} sets");
            Line();
            Table(list.First, list.First, list.Again, list.Beside);
        }

        if (start is not null)
        {
            Line("## Start");
            Line();
            Table(start.Empty, start.Empty, start.Version, start.Help);
        }

        return _text.ToString().TrimEnd() + "\n";
    }

    private void Target(string what, double measured, double target, bool atMost)
    {
        bool met = atMost ? measured <= target : measured >= target;
        _missed |= !met;
        string row = $"| {what} | {Figure(measured)} | {(atMost ? "≤" : "≥")} {Figure(target)} | {(met ? "met" : "**missed**")} |";
        Line(row);
        Console.WriteLine(row);
    }

    private void Table(Series against, params Series[] all)
    {
        Line("| | median s | least – most s | ratio | processor s | peak of the process | it and the programs it started: processor s, peak |");
        Line("|---|---:|---:|---:|---:|---:|---|");
        foreach (var series in all.Where(s => s.Any))
        {
            string children = string.Join(", ", series.Programs.Where(p => p.Value.CpuSeconds >= 0.05).OrderByDescending(p => p.Value.CpuSeconds).Take(5).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key} {p.Value.CpuSeconds:0.0} s {Mib(p.Value.Peak)}")).Prepend(string.Create(CultureInfo.InvariantCulture, $"itself {series.OwnCpuSeconds:0.0} s")));
            Line(string.Create(CultureInfo.InvariantCulture, $"| {series.Name.Replace("|", "\\|", StringComparison.Ordinal)} | {series.Seconds:0.00} | {series.Span.Least:0.00} – {series.Span.Most:0.00} | {series.Seconds / against.Seconds:0.00} | {series.CpuSeconds:0.00} | {Mib(series.OwnPeak)} | {children} |"));
        }

        Line();
    }

    private void Line(string text = "") => _text.Append(text).Append('\n');

    private static string Figure(double value) => value.ToString(value >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture);

    private static string Gib(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1073741824.0:0.00} GiB");

    private static string Mib(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0} MiB");
}
