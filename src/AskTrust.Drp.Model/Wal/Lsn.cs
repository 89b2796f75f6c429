using System.Globalization;
using System.Text.Json.Serialization;

namespace AskTrust.Drp;

/// <summary>A position in the WAL, written as PostgreSQL writes it: <c>16/B374D848</c>.</summary>
/// <param name="Value">Bytes since the beginning of the WAL.</param>
[JsonConverter(typeof(LsnJson))]
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    /// <summary>Reads the text form.</summary>
    public static bool TryParse(string? text, out Lsn lsn)
    {
        lsn = default;
        if (text?.Split('/') is not [{ Length: > 0 and <= 8 } high, { Length: > 0 and <= 8 } low]
            || !uint.TryParse(high, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint h)
            || !uint.TryParse(low, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint l))
        {
            return false;
        }

        lsn = new Lsn(((ulong)h << 32) | l);
        return true;
    }

    /// <summary>Reads the text form.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static Lsn Parse(string text) => TryParse(text, out Lsn lsn) ? lsn : throw new FormatException($"'{text}' is no LSN.");

    /// <inheritdoc/>
    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Value >> 32:X}/{(uint)Value:X}");

    /// <summary>Before.</summary>
    public static bool operator <(Lsn a, Lsn b) => a.Value < b.Value;

    /// <summary>After.</summary>
    public static bool operator >(Lsn a, Lsn b) => a.Value > b.Value;

    /// <summary>Not after.</summary>
    public static bool operator <=(Lsn a, Lsn b) => a.Value <= b.Value;

    /// <summary>Not before.</summary>
    public static bool operator >=(Lsn a, Lsn b) => a.Value >= b.Value;
}
