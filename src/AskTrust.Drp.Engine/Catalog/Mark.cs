using System.Globalization;

namespace AskTrust.Drp.Engine.Catalog;

/// <summary>What a mark remembers of a set.</summary>
internal enum MarkKind
{
    /// <summary>Verified: objects present.</summary>
    Present = VerificationDepth.Present,

    /// <summary>Verified: every byte.</summary>
    Content = VerificationDepth.Content,

    /// <summary>Verified: archive readable.</summary>
    Archive = VerificationDepth.Archive,

    /// <summary>Restore test.</summary>
    Restore,
}

/// <summary>
/// One result of a verification or restore test, remembered as a small object. Everything a list needs is in the name, so one LIST tells what is proven:
/// <c>verified/SET/TIME.KIND.ok|failed.REPOSITORY.COMPONENT.RANDOM.json</c>.
/// </summary>
internal sealed record Mark
{
    private const string TimeFormat = "yyyyMMdd'T'HHmmssfff'Z'";

    /// <summary>Id of the set.</summary>
    public required string Set { get; init; }

    /// <summary>What was done.</summary>
    public required MarkKind Kind { get; init; }

    /// <summary>True when it passed.</summary>
    public required bool Passed { get; init; }

    /// <summary>Repository whose copy was read.</summary>
    public required string Repository { get; init; }

    /// <summary>Component; null = the whole set.</summary>
    public string? Component { get; init; }

    /// <summary>When, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Host that did it.</summary>
    public string? Host { get; init; }

    /// <summary>Tool and version.</summary>
    public string? Tool { get; init; }

    /// <summary>What was wrong.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Key of the object.</summary>
    /// <param name="keys">Key names.</param>
    /// <param name="random">Tells apart two results of the same millisecond.</param>
    public string Key(Keys keys, string random) => string.Create(
        CultureInfo.InvariantCulture,
        $"{keys.Verified}{Set}/{Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)}.{KindName(Kind)}.{(Passed ? "ok" : "failed")}.{Segment(Repository)}.{Segment(Component ?? "all")}.{random}.json");

    /// <summary>Reads a key; null for what we did not write. The repository and component are as in the name (see <see cref="Segment"/>).</summary>
    public static Mark? Parse(Keys keys, string key)
    {
        if (!key.StartsWith(keys.Verified, StringComparison.Ordinal) || key[keys.Verified.Length..].Split('/') is not [string set, string name]
            || name.Split('.') is not [string time, string kind, string verdict, string repository, string component, _, "json"]
            || !SetId.TryParse(set, out _) || verdict is not ("ok" or "failed")
            || !DateTimeOffset.TryParseExact(time, TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at)
            || KindOf(kind) is not { } what)
        {
            return null;
        }

        return new() { Set = set, Kind = what, Passed = verdict == "ok", Repository = repository, Component = component == "all" ? null : component, Time = at };
    }

    /// <summary>A name of the plan as part of a file name: what is not a letter, digit, <c>-</c> or <c>_</c> becomes <c>_</c>.</summary>
    public static string Segment(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' ? c : '_'));

    private static string KindName(MarkKind kind) => kind switch
    {
        MarkKind.Present => "present",
        MarkKind.Content => "content",
        MarkKind.Archive => "archive",
        MarkKind.Restore => "restore",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static MarkKind? KindOf(string name) => name switch
    {
        "present" => MarkKind.Present,
        "content" => MarkKind.Content,
        "archive" => MarkKind.Archive,
        "restore" => MarkKind.Restore,
        _ => null,
    };
}
