using System.Globalization;
using System.Text.RegularExpressions;

namespace AskTrust.Drp.Engine.Plan.Values;

/// <summary>Sizes (<c>10GiB</c>, <c>500MB</c>) and rates (<c>10MiB/s</c>) of the plan, in bytes.</summary>
internal static partial class ByteSizes
{
    /// <summary>Pattern of a size, for the schema.</summary>
    public const string Pattern = "^[0-9]+(?:\\.[0-9]+)?(?:B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)$";

    /// <summary>Pattern of a rate, for the schema.</summary>
    public const string RatePattern = "^[0-9]+(?:\\.[0-9]+)?(?:B|kB|KB|KiB|MB|MiB|GB|GiB|TB|TiB)/s$";

    private static readonly (string Unit, long Size)[] s_units =
    [
        ("TiB", 1L << 40), ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10),
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000), ("KB", 1_000), ("B", 1),
    ];

    /// <summary>Reads a size; the unit is required, for “10” may mean anything.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var match = Shape().Match(text);
        if (!match.Success) return false;
        long unit = s_units.FirstOrDefault(u => u.Unit == match.Groups["unit"].Value).Size;
        if (unit == 0) return false;
        decimal value = decimal.Parse(match.Groups["number"].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * unit;
        if (value is <= 0 or > 1_000_000_000_000_000_000m || value != Math.Floor(value)) return false;
        bytes = (long)value;
        return true;
    }

    /// <summary>Reads a rate.</summary>
    public static bool TryParseRate(string text, out long bytesPerSecond)
    {
        bytesPerSecond = 0;
        return text.EndsWith("/s", StringComparison.Ordinal) && TryParse(text[..^2], out bytesPerSecond);
    }

    /// <summary>Writes a rate with the largest unit that loses nothing.</summary>
    public static string FormatRate(long bytesPerSecond) => Format(bytesPerSecond) + "/s";

    /// <summary>Writes a size with the largest unit that loses nothing.</summary>
    public static string Format(long bytes)
    {
        var (unit, size) = s_units.Where(u => u.Unit != "KB" && bytes % u.Size == 0).MaxBy(u => u.Size);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / size}{unit}");
    }

    [GeneratedRegex(@"^(?<number>[0-9]{1,18}(?:\.[0-9]{1,6})?)(?<unit>[A-Za-z]{1,3})\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 2000)]
    private static partial Regex Shape();
}
