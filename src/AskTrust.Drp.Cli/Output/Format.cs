using System.Globalization;

namespace AskTrust.Drp.Cli.Output;

/// <summary>Sizes, times and numbers for people, in the language of the texts.</summary>
internal static class Format
{
    private static bool French => CultureInfo.CurrentUICulture.Name.Split('-')[0] == "fr";

    private static NumberFormatInfo Numbers => French ? s_french : NumberFormatInfo.InvariantInfo;

    private static readonly NumberFormatInfo s_french = new() { NumberDecimalSeparator = ",", NumberGroupSeparator = "\u202F" };

    /// <summary>Bytes in binary units.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = French ? ["o", "Kio", "Mio", "Gio", "Tio", "Pio"] : ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1023.95 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return value.ToString(unit == 0 || value >= 99.95 ? "0" : "0.0", Numbers) + " " + units[unit];
    }

    /// <summary>A whole number with group separators.</summary>
    public static string Number(long value) => value.ToString("N0", Numbers);

    /// <summary>A duration.</summary>
    public static string Duration(TimeSpan time)
    {
        if (time.TotalSeconds < 1) return time.TotalMilliseconds.ToString("0", Numbers) + " ms";
        if (time.TotalSeconds < 59.95) return time.TotalSeconds.ToString("0.0", Numbers) + " s";
        var round = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
        if (round.TotalHours < 1) return Two(round.Minutes, "min", round.Seconds, "s");
        return round.TotalDays < 2 ? Two((int)round.TotalHours, "h", round.Minutes, "min") : Two((int)round.TotalDays, French ? "j" : "d", round.Hours, "h");

        static string Two(int a, string unitA, int b, string unitB) => b == 0 ? $"{a} {unitA}" : $"{a} {unitA} {b} {unitB}";
    }

    /// <summary>A moment in UTC, to the second.</summary>
    public static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>Percent.</summary>
    public static string Percent(double ratio) => (ratio * 100).ToString("0", Numbers) + (French ? "\u00A0%" : "%");
}
