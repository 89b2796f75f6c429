using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace AskTrust.Drp.Bench;

/// <summary>
/// Text and JSON that compress about as well as real ones: words of a made-up language, the frequent ones much more frequent, and turns of phrase
/// that come back (words alone would be harder on gzip than any real text).
/// </summary>
internal sealed class SampleData
{
    private const string Schema = """
        CREATE TABLE article (id bigint, title text NOT NULL, body text NOT NULL, published timestamptz NOT NULL);
        CREATE TABLE event (id bigint, at timestamptz NOT NULL, payload jsonb NOT NULL);
        """;

    private const string Keys = """
        ALTER TABLE article ADD PRIMARY KEY (id);
        CREATE INDEX ON article (published);
        ALTER TABLE event ADD PRIMARY KEY (id);
        CREATE INDEX ON event (at);
        ANALYZE;
        """;

#pragma warning disable CA5394 // The same data in every run is the point.
    private readonly Random _random;
    private readonly string[] _words = Vocabulary();
    private readonly string[] _phrases;

    /// <summary>Prepares the language.</summary>
    public SampleData(int seed)
    {
        _random = new Random(seed);
        _phrases = [.. Enumerable.Range(0, 20_000).Select(_ => string.Join(' ', Enumerable.Range(0, _random.Next(3, 8)).Select(_ => Pick(_words))))];
    }
#pragma warning restore CA5394

    /// <summary>Fills a database; half of the bytes are articles, half are JSON events.</summary>
    public async Task FillAsync(IReadOnlyDictionary<string, string> environment, long bytes)
    {
        await PsqlAsync(environment, Schema);
        await CopyAsync(environment, "article", bytes / 2, Article);
        await CopyAsync(environment, "event", bytes / 2, Event);
        await PsqlAsync(environment, Keys);
    }

    private void Article(StringBuilder line, long id)
    {
        line.Append(id).Append('\t');
        Words(line, 6);
        line.Append('\t');
        for (int paragraph = 0; paragraph < 4; paragraph++)
        {
            Words(line, 60);
            line.Append("\\n");
        }

        line.Append('\t').Append(new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMinutes(id).ToString("yyyy-MM-dd HH:mm:ss'+00'", CultureInfo.InvariantCulture)).Append('\n');
    }

    private void Event(StringBuilder line, long id)
    {
#pragma warning disable CA5394
        line.Append(id).Append('\t').Append(new DateTime(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(id).ToString("yyyy-MM-dd HH:mm:ss'+00'", CultureInfo.InvariantCulture)).Append('\t')
            .Append("{\"user\": ").Append(_random.Next(100_000)).Append(", \"action\": \"").Append(Word()).Append("\", \"amount\": ").Append(_random.Next(100_000)).Append('.').Append(_random.Next(10, 99))
            .Append(", \"session\": \"").Append(_random.NextInt64().ToString("x16", CultureInfo.InvariantCulture)).Append("\", \"tags\": [\"").Append(Word()).Append("\", \"").Append(Word()).Append("\"], \"note\": \"");
#pragma warning restore CA5394
        Words(line, 20);
        line.Append("\"}\n");
    }

    private void Words(StringBuilder line, int count)
    {
#pragma warning disable CA5394
        for (int i = 0; i < count; i++) line.Append(i == 0 ? "" : " ").Append(_random.Next(4) == 0 ? Pick(_phrases) : Word());
#pragma warning restore CA5394
    }

#pragma warning disable CA5394
    /// <summary>Zipf's law, nearly: the logarithm of the rank is spread evenly.</summary>
    private string Pick(string[] pool) => pool[(int)Math.Min(pool.Length - 1, Math.Exp(_random.NextDouble() * Math.Log(pool.Length)))];

    private string Word() => Pick(_words);

    private static string[] Vocabulary()
    {
        var random = new Random(4711);
        string[] onsets = "b c d f g h j l m n p qu r s t v x z br cr dr fl gr pl pr st tr ch ph sc".Split(' ');
        string[] vowels = "a e i o u é ou ai eu".Split(' ');
        string[] ends = ["", "", "", "n", "r", "s", "t", "l"];
        string Syllable() => onsets[random.Next(onsets.Length)] + vowels[random.Next(vowels.Length)] + ends[random.Next(ends.Length)];
        return [.. Enumerable.Range(0, 30_000).Select(i => string.Concat(Enumerable.Range(0, 1 + Math.Min(3, i / 300) - (i > 600 ? random.Next(2) : 0)).Select(_ => Syllable())))];
    }
#pragma warning restore CA5394

    private static async Task CopyAsync(IReadOnlyDictionary<string, string> environment, string table, long bytes, Action<StringBuilder, long> row)
    {
        using var process = Psql(environment, "-c", $"COPY {table} FROM STDIN");
        await using (var input = process.StandardInput.BaseStream)
        {
            var line = new StringBuilder();
            long written = 0;
            for (long id = 1; written < bytes; id++)
            {
                row(line, id);
                if (line.Length < 1 << 20) continue;
                byte[] block = Encoding.UTF8.GetBytes(line.ToString());
                await input.WriteAsync(block);
                written += block.Length;
                line.Clear();
            }

            await input.WriteAsync(Encoding.UTF8.GetBytes(line.ToString()));
        }

        await EndAsync(process);
    }

    private static async Task PsqlAsync(IReadOnlyDictionary<string, string> environment, string sql)
    {
        using var process = Psql(environment, "-c", sql);
        process.StandardInput.Close();
        await EndAsync(process);
    }

    private static Process Psql(IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", .. arguments]) { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task EndAsync(Process process)
    {
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException("psql: " + errors);
    }
}
