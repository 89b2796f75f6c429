using System.Globalization;

namespace AskTrust.Drp.Engine.Incidents;

/// <summary>
/// Words, numbers and dates of a report in one language, whatever the culture of the process is: a report in French may be
/// asked for by an English-speaking operator, and <c>drp</c> runs without culture data.
/// </summary>
internal sealed class ReportLanguage
{
    private readonly CultureInfo _culture;
    private readonly NumberFormatInfo _numbers;

    private ReportLanguage(string code)
    {
        Code = code;
        _culture = CultureInfo.GetCultureInfo(code);
        _numbers = code == "fr"
            ? new NumberFormatInfo { NumberDecimalSeparator = ",", NumberGroupSeparator = "\u202F" }
            : new NumberFormatInfo { NumberDecimalSeparator = ".", NumberGroupSeparator = "," };
    }

    /// <summary><c>en</c> or <c>fr</c>.</summary>
    public string Code { get; }

    /// <summary>The language asked for, else that of the process; English when it is neither of ours.</summary>
    /// <exception cref="DrpException">A language we do not have.</exception>
    public static ReportLanguage For(string? code)
    {
        // By its name: without culture data (drp) every culture says that its ISO name is “iv”.
        if (code is null) return new(CultureInfo.CurrentUICulture.Name.Split('-')[0] == "fr" ? "fr" : "en");
        return code.ToLowerInvariant() is "en" or "fr" ? new(code.ToLowerInvariant()) : throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(IncidentsTexts.UnknownLanguage, code));
    }

    /// <summary>A text by its key.</summary>
    public string this[string key] => IncidentsTexts.ResourceManager.GetString(key, _culture) ?? throw new ArgumentException(key, nameof(key));

    /// <summary>A text with values put in.</summary>
    public string Of(string key, params object?[] values) => string.Format(_culture, this[key], values);

    /// <summary>A whole number with group separators.</summary>
    public string Number(long value) => value.ToString("N0", _numbers);

    /// <summary>A moment, always UTC.</summary>
    public string Moment(DateTimeOffset time) => time.UtcDateTime.ToString(Code == "fr" ? "dd/MM/yyyy' à 'HH:mm:ss' UTC'" : "yyyy-MM-dd HH:mm:ss' UTC'", CultureInfo.InvariantCulture);

    /// <summary>Percent with at most one decimal.</summary>
    public string Percent(double ratio) => (ratio * 100).ToString(ratio is < 0.1 and > 0 ? "0.0" : "N0", _numbers) + (Code == "fr" ? "\u00A0%" : "%");

    /// <summary>Bytes in binary units.</summary>
    public string Bytes(long bytes)
    {
        string[] units = Code == "fr" ? ["o", "Kio", "Mio", "Gio", "Tio", "Pio"] : ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        while (value >= 1023.95 && unit < units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return $"{value.ToString(unit == 0 || value >= 99.95 ? "0" : "0.0", _numbers)}\u00A0{units[unit]}";
    }

    /// <summary>A duration with the two units that matter.</summary>
    public string Duration(TimeSpan time)
    {
        if (time < TimeSpan.Zero) return "\u2212" + Duration(time.Negate());
        if (time.TotalSeconds < 1) return $"{time.TotalMilliseconds.ToString("0", _numbers)}\u00A0ms";
        if (time.TotalSeconds < 59.95) return $"{time.TotalSeconds.ToString("0.0", _numbers)}\u00A0s";
        var round = TimeSpan.FromSeconds(Math.Round(time.TotalSeconds));
        if (round.TotalHours < 1) return Two(round.Minutes, "min", round.Seconds, "s");
        if (round.TotalDays < 2) return Two((int)round.TotalHours, "h", round.Minutes, "min");
        return Two((int)round.TotalDays, Code == "fr" ? "j" : "d", round.Hours, "h");

        static string Two(int a, string unitA, int b, string unitB) => b == 0 ? $"{a}\u00A0{unitA}" : $"{a}\u00A0{unitA} {b}\u00A0{unitB}";
    }
}
