using System.Globalization;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>Name of a backup set: <c>yyyyMMddTHHmmssZ-kind</c>. Ids order by time, then kind, which is also their ordinal order.</summary>
internal readonly record struct SetId : IComparable<SetId>
{
    /// <summary>Kind of an ordinary set.</summary>
    public const string Full = "full";

    /// <summary>Kind of a set of which a part builds on sets before it.</summary>
    public const string Incremental = "incremental";

    /// <summary>Kind of a set that holds whole clusters, file by file.</summary>
    public const string Base = "base";

    /// <summary>Kind of a set taken before a restore.</summary>
    public const string Safety = "safety";

    private const string TimeFormat = "yyyyMMdd'T'HHmmss'Z'";
    private const int TimeLength = 16;
    private const int LongestKind = 16;
    private static readonly TimeSpan s_quickSuccession = TimeSpan.FromSeconds(10);

    // As in the name: a list asks for it many times.
    private readonly string? _text;

    private SetId(DateTimeOffset time, string kind, string? text = null) => (Time, Kind, _text) = (time, kind, text ?? TextOf(time, kind));

    /// <summary>The moment in the name, UTC, whole seconds. Only for ordering: the manifest has the real times.</summary>
    public DateTimeOffset Time { get; }

    /// <summary><c>full</c>, <c>incremental</c>, <c>base</c> or <c>safety</c>; later versions may add others.</summary>
    public string Kind { get; }

    /// <summary>Makes an id; the time is cut to whole seconds.</summary>
    public static SetId Of(DateTimeOffset time, string kind) =>
        IsKind(kind)
            ? new(new DateTimeOffset(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero), kind)
            : throw new ArgumentException("A kind is made of a lower-case letter followed by lower-case letters and digits.", nameof(kind));

    /// <summary>Reads an id; anything that is not exactly of the form is none.</summary>
    public static bool TryParse(string text, out SetId id)
    {
        id = default;
        if (text.Length < TimeLength + 2 || text[TimeLength] != '-' || !IsKind(text.AsSpan(TimeLength + 1))
            || !DateTimeOffset.TryParseExact(text.AsSpan(0, TimeLength), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
        {
            return false;
        }

        string kind = text[(TimeLength + 1)..];
        if (TextOf(time, kind) != text)
        {
            return false;
        }

        id = new(time, kind, text);
        return true;
    }

    /// <summary>Reads an id that is known to be one.</summary>
    public static SetId Parse(string text) => TryParse(text, out SetId id) ? id : throw new FormatException($"“{text}” is no id of a backup set.");

    /// <summary>
    /// The id of a new set: now, or one second after the newest known set when the clock is not past it. So a clock that goes backwards neither
    /// makes two sets collide nor puts a newer set before an older one.
    /// </summary>
    /// <param name="now">The clock.</param>
    /// <param name="kind">Kind of the new set.</param>
    /// <param name="known">Every id known, sets without a manifest included.</param>
    /// <param name="ahead">How far the newest known id is ahead of the clock; zero when it is not, or only by the seconds that runs in quick succession make.</param>
    public static SetId Next(DateTimeOffset now, string kind, IEnumerable<SetId> known, out TimeSpan ahead)
    {
        SetId wanted = Of(now, kind);
        DateTimeOffset newest = DateTimeOffset.MinValue;
        foreach (SetId id in known)
        {
            newest = id.Time > newest ? id.Time : newest;
        }

        ahead = newest - wanted.Time > s_quickSuccession ? newest - wanted.Time : TimeSpan.Zero;
        return newest >= wanted.Time ? Of(newest.AddSeconds(1), kind) : wanted;
    }

    /// <inheritdoc/>
    public int CompareTo(SetId other) => Time != other.Time ? Time.CompareTo(other.Time) : string.CompareOrdinal(Kind, other.Kind);

    /// <summary>Older than.</summary>
    public static bool operator <(SetId a, SetId b) => a.CompareTo(b) < 0;

    /// <summary>Newer than.</summary>
    public static bool operator >(SetId a, SetId b) => a.CompareTo(b) > 0;

    /// <summary>Not newer than.</summary>
    public static bool operator <=(SetId a, SetId b) => a.CompareTo(b) <= 0;

    /// <summary>Not older than.</summary>
    public static bool operator >=(SetId a, SetId b) => a.CompareTo(b) >= 0;

    /// <inheritdoc/>
    public bool Equals(SetId other) => Time == other.Time && string.Equals(Kind, other.Kind, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Time, Kind);

    /// <inheritdoc/>
    public override string ToString() => _text ?? TextOf(Time, Kind);

    private static string TextOf(DateTimeOffset time, string kind) => $"{time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}-{kind}";

    private static bool IsKind(ReadOnlySpan<char> kind)
    {
        if (kind.IsEmpty || kind.Length > LongestKind || !char.IsAsciiLetterLower(kind[0]))
        {
            return false;
        }

        foreach (char c in kind)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return true;
    }
}
