using System.Globalization;

namespace AskTrust.Drp;

/// <summary>Sizes, durations and moments as people read them; the same in every view and report.</summary>
public static class Human
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes with three digits at most: <c>17 B</c>, <c>1.2 MiB</c>, <c>340 GiB</c>.</summary>
    /// <param name="bytes">Bytes.</param>
    public static string Size(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (Math.Abs(value) >= 1000 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || Math.Abs(value) >= 99.95 ? "0" : "0.0";
        return value.ToString(format, CultureInfo.InvariantCulture) + " " + s_units[unit];
    }

    /// <summary>The two largest units: <c>0.4s</c>, <c>12s</c>, <c>3m 05s</c>, <c>2h 10m</c>, <c>5d 3h</c>.</summary>
    /// <param name="time">The duration.</param>
    public static string Duration(TimeSpan time)
    {
        if (time < TimeSpan.Zero) return "-" + Duration(time.Negate());
        if (time.TotalSeconds < 9.95) return time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + "s";
        if (time.TotalSeconds < 59.5) return time.TotalSeconds.ToString("0", CultureInfo.InvariantCulture) + "s";
        time = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
        if (time.TotalHours < 1) return string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m {time.Seconds:00}s");
        if (time.TotalDays < 1) return string.Create(CultureInfo.InvariantCulture, $"{time.Hours}h {time.Minutes:00}m");
        return string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalDays}d {time.Hours}h");
    }

    /// <summary>A moment in UTC: <c>2026-03-01 12:00:07Z</c>. Text of this form can be given back as a time.</summary>
    /// <param name="time">The moment.</param>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
