using System.Globalization;

namespace AskTrust.Drp.Bench;

/// <summary>Many small files and a few large ones: saved whole by the script people have, by restic and by drp, then once more without changes.</summary>
internal sealed class FilesBench(Stand stand)
{
    private const int SmallFiles = 200_000;
    private const int LargeFiles = 50;
    private const int LargeBytes = 100_000_000;

    public Series Script { get; } = new("tar | gzip | gpg > file");

    public Series Restic { get; } = new("restic backup, empty repository");

    public Series Drp { get; } = new("drp backup, everything");

    public Series ResticAgain { get; } = new("restic backup, nothing changed");

    public Series DrpAgain { get; } = new("drp backup, nothing changed");

    public long ScriptSize { get; private set; }

    public long ResticSize { get; private set; }

    public long DrpSize { get; private set; }

    public int Count => (int)(SmallFiles * stand.Settings.Scale) + (int)(LargeFiles * stand.Settings.Scale);

    /// <summary>The largest program of a run of drp, itself included.</summary>
    public double Peak => new[] { Drp, DrpAgain }.SelectMany(s => s.Programs.Values.Select(p => p.Peak).Append(s.OwnPeak)).Max() / 1e6;

    private string Data => Path.Join(stand.Folder, "files");

    /// <summary>Makes the files; takes about a minute at scale 1.</summary>
    public void Fill()
    {
        Console.WriteLine("files: making them");
        var random = new Random(1);
        byte[] text = new byte[4 << 20], noise = new byte[4 << 20];
        random.NextBytes(noise);
        string[] words = [.. Enumerable.Range(0, 4000).Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 11)).Select(_ => (char)random.Next('a', 'z' + 1))]))];
        for (int at = 0; at < text.Length;)
        {
            foreach (char c in words[(int)(4000 * Math.Pow(random.NextDouble(), 2))] + " ") if (at < text.Length) text[at++] = (byte)c;
        }

        for (int i = 0; i < (int)(SmallFiles * stand.Settings.Scale); i++)
        {
            string folder = Path.Join(Data, "small", (i / 5000).ToString(CultureInfo.InvariantCulture), (i / 100 % 50).ToString(CultureInfo.InvariantCulture));
            if (i % 100 == 0) Directory.CreateDirectory(folder);
            int length = random.Next(200, 4000);
            File.WriteAllBytes(Path.Join(folder, $"{i}.txt"), (i % 2 == 0 ? text : noise).AsSpan(random.Next(text.Length - length), length));
        }

        Directory.CreateDirectory(Path.Join(Data, "large"));
        for (int i = 0; i < (int)(LargeFiles * stand.Settings.Scale); i++) Large(Path.Join(Data, "large", $"{i}.bin"), i % 2 == 0 ? text : null, words, random);
    }

    /// <summary>Measures.</summary>
    public async Task RunAsync()
    {
        Fill();
        Console.WriteLine("files");
        string plan = Path.Join(stand.Folder, "files.yaml");
        await File.WriteAllTextAsync(plan, $$"""
            version: 1
            name: files
            components:
              files: { type: files, path: {{Data}}, full: 7d }
            repositories:
              local: { type: directory, path: {{stand.Folder}}/files-drp }
            encryption:
              recipients: [{{stand.Fingerprint}}]
              publicKeys: [keys/backup.asc]
              privateKey: keys/private.asc

            """);
        await File.WriteAllTextAsync(Path.Join(stand.Folder, "restic.password"), "bench");
        string restic = $"restic --quiet --cache-dir '{stand.Folder}/restic-cache' --password-file '{stand.Folder}/restic.password' --repo '{stand.Folder}/files-restic'";
        for (int round = 0; round < stand.Settings.Rounds; round++)
        {
            await stand.ShellAsync($"rm -rf '{stand.Folder}/files-drp' '{stand.Folder}/files-restic' '{stand.Folder}/restic-cache' '{stand.Folder}/state/files' '{stand.Folder}/state/folders' '{stand.Folder}/files.tar.gz.gpg'; {restic} init");
            // All read from the same memory, if it fits there: what is measured is the work, not the disk.
            await stand.ShellAsync($"tar -C '{Data}' -cf - . | cat >/dev/null");
            Restic.Add(await stand.ShellAsync($"{restic} backup '{Data}'"));
            Drp.Add(await stand.DrpAsync("backup", "--plan", plan, "--quiet"));
            Script.Add(await stand.ShellAsync($"tar -C '{Data}' -cf - . | gzip | gpg --batch --quiet --trust-model always --recipient {stand.Fingerprint} --encrypt --output '{stand.Folder}/files.tar.gz.gpg'"));
            ResticAgain.Add(await stand.ShellAsync($"{restic} backup '{Data}'"));
            DrpAgain.Add(await stand.DrpAsync("backup", "--plan", plan, "--quiet"));
        }

        (ScriptSize, ResticSize) = (Stand.SizeOf(Path.Join(stand.Folder, "files.tar.gz.gpg")), Stand.SizeOf(Path.Join(stand.Folder, "files-restic")));
        string[] sets = [.. Directory.GetDirectories(Path.Join(stand.Folder, "files-drp", "files", "sets")).Order(StringComparer.Ordinal)];
        if (sets is not [var whole, var changes] || !changes.EndsWith("-incremental", StringComparison.Ordinal)) throw new InvalidOperationException("a full and an incremental set were expected: " + string.Join(", ", sets));
        DrpSize = Stand.SizeOf(whole);
        if (Stand.SizeOf(changes) > DrpSize / 50) throw new InvalidOperationException("the incremental set holds too much");
    }

    /// <summary>Half of them words, half of them noise: mail and pages, pictures and archives.</summary>
    private static void Large(string path, byte[]? text, string[] words, Random random)
    {
        using var file = File.Create(path);
        byte[] piece = new byte[1 << 20];
        for (long written = 0; written < LargeBytes; written += piece.Length)
        {
            if (text is null) random.NextBytes(piece);
            else for (int at = 0; at < piece.Length;) foreach (char c in words[(int)(words.Length * Math.Pow(random.NextDouble(), 2))] + " ") if (at < piece.Length) piece[at++] = (byte)c;
            file.Write(piece);
        }
    }
}
