using System.Globalization;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>
/// Pins made or lifted after the backup, each an object of its own: <c>pins/SET.NNNN.pin|unpin.json</c>. The highest number decides; where two hosts chose
/// the same number, the pin does.
/// </summary>
internal sealed record Pin(SetId Set, int Number, bool IsPinned)
{
    /// <summary>Key of the object.</summary>
    public string Key(Keys keys) => string.Create(CultureInfo.InvariantCulture, $"{keys.Pins}{Set}.{Number:D4}.{(IsPinned ? "pin" : "unpin")}.json");

    /// <summary>Reads a key; null for what we did not write.</summary>
    public static Pin? Parse(Keys keys, string key) =>
        key.StartsWith(keys.Pins, StringComparison.Ordinal) && key[keys.Pins.Length..].Split('.') is [string set, { Length: 4 } number, "pin" or "unpin", "json"] parts
        && SetId.TryParse(set, out SetId id) && int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int n)
            ? new Pin(id, n, parts[2] == "pin")
            : null;

    /// <summary>What holds, all objects considered; null when there is none.</summary>
    public static Pin? Effective(IEnumerable<Pin> pins)
    {
        Pin? best = null;
        foreach (Pin pin in pins)
        {
            if (best is null || pin.Number > best.Number || (pin.Number == best.Number && pin.IsPinned))
            {
                best = pin;
            }
        }

        return best;
    }
}

/// <summary>Content of a pin.</summary>
internal sealed record PinRecord(string Set, bool Pinned, DateTimeOffset Time, string Host, string User, string? Reason);
