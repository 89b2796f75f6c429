using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AskTrust.Drp.Bench;

/// <summary>Listing many sets of one repository. The sets are made from a real one by the published on-disk format: other ids, other moments, digest of the manifest computed anew.</summary>
internal sealed class ListBench(Stand stand)
{
    public Series First { get; } = new("drp list, nothing remembered");

    public Series Again { get; } = new("drp list, manifests remembered");

    public Series Beside { get; } = new("drp backup beside these sets");

    /// <summary>The repository with the many sets.</summary>
    public string Repository => Path.Join(stand.Folder, "many");

    public async Task RunAsync()
    {
        Console.WriteLine("list");
        string plan = stand.Plan("many", $"  local: {{ type: directory, path: {Repository} }}");
        await stand.DrpAsync("backup", "--plan", plan, "--quiet");
        string real = Directory.GetDirectories(Path.Join(Repository, "bench", "sets")).Single();
        for (int i = 1; i < stand.Settings.Sets; i++) await CopyAsync(real, i);
        for (int round = 0; round < stand.Settings.Rounds; round++)
        {
            Forget();
            First.Add(Checked(await stand.DrpAsync("list", "--plan", plan, "--json")));
            Again.Add(Checked(await stand.DrpAsync("list", "--plan", plan, "--json")));
        }

        Beside.Add(await stand.DrpAsync("backup", "--plan", plan, "--quiet"));
        Forget();
    }

    /// <summary>What is measured next shall not carry the memory of all these sets.</summary>
    public void Forget()
    {
        foreach (string cache in Directory.EnumerateDirectories(Path.Join(stand.Folder, "state"), "cache", SearchOption.AllDirectories).ToList()) Directory.Delete(cache, recursive: true);
    }

    private static async Task CopyAsync(string real, int number)
    {
        string oldId = Path.GetFileName(real);
        var moment = DateTime.ParseExact(oldId[..16], "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal).AddHours(-number);
        string id = moment.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture) + oldId[16..];
        string folder = Path.Join(Path.GetDirectoryName(real), id);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(real))
        {
            string name = Path.GetFileName(file);
            if (name is not ("manifest.json" or "manifest.json.copy"))
            {
                File.Copy(file, Path.Join(folder, name));
                continue;
            }

            string[] lines = (await File.ReadAllTextAsync(file)).Replace(oldId, id, StringComparison.Ordinal).Split('\n');
            int digest = Array.FindIndex(lines, l => l.StartsWith("  \"digest\": \"", StringComparison.Ordinal));
            string tail = lines[digest][^1] == ',' ? "\"," : "\"";
            lines[digest] = "  \"digest\": \"" + new string('0', 64) + tail;
            string sum = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines)))).ToLowerInvariant();
            lines[digest] = "  \"digest\": \"" + sum + tail;
            await File.WriteAllTextAsync(Path.Join(folder, name), string.Join('\n', lines));
        }
    }

    private Measured Checked(Measured run)
    {
        int listed = run.Output.Split('\n').Count(l => l.StartsWith("{\"type\":\"backupSet\"", StringComparison.Ordinal));
        return listed == stand.Settings.Sets ? run : throw new InvalidOperationException($"{listed} sets were listed, expected {stand.Settings.Sets}");
    }
}
