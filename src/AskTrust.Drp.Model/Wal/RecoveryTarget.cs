using System.Globalization;

namespace AskTrust.Drp;

/// <summary>What a recovery ends at.</summary>
public enum RecoveryTargetKind
{
    /// <summary>The end of the archived WAL.</summary>
    Latest,

    /// <summary>The end of the base backup: the first consistent state.</summary>
    Immediate,

    /// <summary>A moment.</summary>
    Time,

    /// <summary>A position in the WAL.</summary>
    Lsn,

    /// <summary>A transaction.</summary>
    Transaction,

    /// <summary>A restore point made with <c>pg_create_restore_point</c>.</summary>
    Name,
}

/// <summary>A state of a server to return to: a moment, a position, a transaction, a named restore point, or the latest there is.</summary>
public sealed record RecoveryTarget
{
    private RecoveryTarget(RecoveryTargetKind kind, string text) => (Kind, Text) = (kind, text);

    /// <summary>What it is.</summary>
    public RecoveryTargetKind Kind { get; }

    /// <summary>As PostgreSQL takes it: a time in UTC, an LSN, a transaction number, a name; empty for the others.</summary>
    public string Text { get; }

    /// <summary>The moment of a <see cref="RecoveryTargetKind.Time"/> (UTC).</summary>
    public DateTimeOffset? Time { get; private init; }

    /// <summary>The position of a <see cref="RecoveryTargetKind.Lsn"/>.</summary>
    public Lsn? Lsn { get; private init; }

    /// <summary>The end of the archived WAL.</summary>
    public static RecoveryTarget Latest { get; } = new(RecoveryTargetKind.Latest, "");

    /// <summary>The end of the base backup.</summary>
    public static RecoveryTarget Immediate { get; } = new(RecoveryTargetKind.Immediate, "");

    /// <summary>A moment.</summary>
    public static RecoveryTarget At(DateTimeOffset time) =>
        new(RecoveryTargetKind.Time, time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss.ffffff+00", CultureInfo.InvariantCulture)) { Time = time.ToUniversalTime() };

    /// <summary>
    /// Reads what people write: <c>latest</c>, <c>immediate</c>, an LSN (<c>0/3000148</c>), a transaction (<c>735</c> or <c>xid:735</c>), a moment in ISO 8601
    /// (UTC unless it says otherwise), or <c>name:…</c> for a restore point. <c>time: lsn: xid: name:</c> in front leave no doubt.
    /// </summary>
    /// <returns>False when it is none of them.</returns>
    public static bool TryParse(string? text, out RecoveryTarget? target)
    {
        target = null;
        string word = text?.Trim() ?? "";
        int colon = word.IndexOf(':', StringComparison.Ordinal);
        string prefix = colon < 0 ? "" : word[..colon].ToLowerInvariant();
        if (prefix is not ("time" or "lsn" or "xid" or "name")) prefix = "";
        string rest = prefix.Length == 0 ? word : word[(colon + 1)..].Trim();
        if (prefix.Length == 0 && word.Equals("latest", StringComparison.OrdinalIgnoreCase)) target = Latest;
        else if (prefix.Length == 0 && word.Equals("immediate", StringComparison.OrdinalIgnoreCase)) target = Immediate;
        else if (prefix is "" or "lsn" && AskTrust.Drp.Lsn.TryParse(rest, out Lsn lsn)) target = new(RecoveryTargetKind.Lsn, lsn.ToString()) { Lsn = lsn };
        else if (prefix is "" or "xid" && ulong.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out ulong xid)) target = new(RecoveryTargetKind.Transaction, xid.ToString(CultureInfo.InvariantCulture));
        else if (prefix is "" or "time" && IsDate(rest) && DateTimeOffset.TryParse(rest, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) target = At(time);
        // PostgreSQL's own limit of a name.
        else if (prefix == "name" && rest.Length is > 0 and < 64) target = new(RecoveryTargetKind.Name, rest);
        return target is not null;
    }

    // A year first: 01/02/2026 means two different days to two readers.
    private static bool IsDate(string text) => text.Length >= 10 && text[4] == '-' && text[7] == '-' && text.AsSpan(0, 4).IndexOfAnyExceptInRange('0', '9') < 0;

    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        RecoveryTargetKind.Latest => "latest",
        RecoveryTargetKind.Immediate => "immediate",
        RecoveryTargetKind.Time => Text,
        RecoveryTargetKind.Lsn => $"lsn:{Text}",
        RecoveryTargetKind.Transaction => $"xid:{Text}",
        _ => $"name:{Text}",
    };
}
