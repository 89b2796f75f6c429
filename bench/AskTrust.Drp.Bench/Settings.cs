using System.Globalization;

namespace AskTrust.Drp.Bench;

/// <summary>What the command line asks.</summary>
/// <param name="Root">The checkout.</param>
/// <param name="Drp">The program to measure: the published, ready-to-run one.</param>
/// <param name="Scale">1 = a dump of a good 2 GiB.</param>
/// <param name="Rounds">Rounds of each measurement; the median counts.</param>
/// <param name="Only">Sections to run; empty = all.</param>
/// <param name="Sets">Sets in the list measurement.</param>
/// <param name="Page">Where the page goes.</param>
internal sealed record Settings(string Root, string Drp, double Scale, int Rounds, IReadOnlyList<string> Only, int Sets, string Page)
{
    /// <summary>Usage.</summary>
    public const string Usage = """
        usage: bench [--scale 1.0] [--rounds 3] [--only start,list,backup,restore,base,wal,files] [--sets 10000] [--drp FILE] [--page FILE]
          --scale 1 is a dump of a good 2 GiB, and 200,000 small files with 5 GB of large ones; the page docs/benchmarks.md is written only by a whole run at scale 1 or more,
          or where --page says.
        """;

    /// <summary>Reads the command line.</summary>
    public static Settings Parse(string[] args)
    {
        string root = Directory.GetCurrentDirectory();
        for (string? at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(Path.Join(at, "AskTrust.Drp.sln"))) root = at;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || args[i] is not ("--scale" or "--rounds" or "--only" or "--sets" or "--drp" or "--page")) throw new ArgumentException(Usage);
            values[args[i]] = args[i + 1];
        }

        double scale = double.Parse(values.GetValueOrDefault("--scale", "1"), CultureInfo.InvariantCulture);
        string[] only = values.TryGetValue("--only", out string? sections) ? sections.Split(',') : [];
        return new Settings(
            root,
            values.GetValueOrDefault("--drp", Path.Join(root, "dist", "drp", "drp")),
            scale,
            int.Parse(values.GetValueOrDefault("--rounds", "3"), CultureInfo.InvariantCulture),
            only,
            int.Parse(values.GetValueOrDefault("--sets", "10000"), CultureInfo.InvariantCulture),
            values.GetValueOrDefault("--page") ?? (scale >= 1 && only.Length == 0 ? Path.Join(root, "docs", "benchmarks.md") : ""));
    }

    /// <summary>True when a section is to run.</summary>
    public bool Wants(string section) => Only.Count == 0 || Only.Contains(section, StringComparer.Ordinal);
}
