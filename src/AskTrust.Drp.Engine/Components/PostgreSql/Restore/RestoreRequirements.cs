using System.Globalization;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Restore;

/// <summary>What a dump needs of a server; found out before anything is touched.</summary>
internal static partial class RestoreRequirements
{
    /// <summary>Compares with the server.</summary>
    /// <returns>Warnings.</returns>
    /// <exception cref="DrpException">
    /// <see cref="DrpError.UnsafeTarget"/>: the server is older than the dump; <see cref="DrpError.Unreachable"/>: extensions are not installed, all listed;
    /// <see cref="DrpError.NotEnoughSpace"/>: the server's disk cannot hold it.
    /// </exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(HostContext host, IPostgreSqlServer server, RestoreInput input, string maintenance, CancellationToken ct)
    {
        var needs = input.Facts is { } facts
            ? new Needs(facts.Major, facts.Extensions)
            : await ReadAsync(host, server, input.Dump, ct).ConfigureAwait(false);
        if (needs.Major > server.Major)
        {
            throw new DrpException(DrpError.UnsafeTarget, Text.Of(RestoreTexts.ServerTooOld, input.Dump.Name, needs.Major, server.Description, server.Version))
            {
                Hint = Text.Of(RestoreTexts.ServerTooOldHint, needs.Major), Subject = server.Description,
            };
        }

        var available = (await server.QueryAsync(maintenance, "SELECT name, default_version FROM pg_catalog.pg_available_extensions", ct).ConfigureAwait(false))
            .ToDictionary(r => r[0]!, r => r[1], StringComparer.Ordinal);
        string[] missing = [.. needs.Extensions.Keys.Where(e => !available.ContainsKey(e)).Order(StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            throw new DrpException(DrpError.Unreachable, Text.Of(RestoreTexts.ExtensionsMissing, server.Description, string.Join(", ", missing)))
            {
                Hint = Text.Of(RestoreTexts.ExtensionsMissingHint, server.Major), Subject = missing[0],
            };
        }

        await ServerSpace.CheckAsync(host, server, maintenance, input.Facts?.DatabaseSize ?? 0, ct).ConfigureAwait(false);
        return [.. needs.Extensions.Where(e => e.Value.Length > 0 && available[e.Key] is { } here && here != e.Value).OrderBy(e => e.Key, StringComparer.Ordinal)
            .Select(e => Text.Of(RestoreTexts.ExtensionVersion, e.Key, e.Value, available[e.Key]))];
    }

    /// <summary>Reads the needs of a foreign dump from its first bytes.</summary>
    private static async Task<Needs> ReadAsync(HostContext host, IPostgreSqlServer server, PlainSource dump, CancellationToken ct)
    {
        Stream opened = await dump.OpenAsync(ct).ConfigureAwait(false);
        PeekedStream source = await PeekedStream.PeekAsync(opened, DumpFormats.HeadSize, ct).ConfigureAwait(false);
        await using var _ = source.ConfigureAwait(false);
        string text = DumpFormats.Recognise(source.Start.Span, dump.Name) == DumpFormat.Script
            ? System.Text.Encoding.UTF8.GetString(source.Start.Span)
            : await ListAsync(host, server, source, dump.Name, ct).ConfigureAwait(false);
        Match version = DumpedFrom().Match(text);
        int major = version.Success ? int.Parse(version.Groups["major"].Value, CultureInfo.InvariantCulture) : 0;
        var extensions = ListedExtension().Matches(text).Select(m => m.Groups["name"].Value).Distinct(StringComparer.Ordinal);
        return new Needs(major, extensions.ToDictionary(e => e, _ => "", StringComparer.Ordinal));
    }

    private static async Task<string> ListAsync(HostContext host, IPostgreSqlServer server, Stream source, string name, CancellationToken ct)
    {
        var listing = await ArchiveListing.ReadAsync(host, server.Tool("pg_restore", null, "--list"), source, ct).ConfigureAwait(false);
        return listing.ExitCode == 0 ? listing.Contents : throw new DrpException(DrpError.Failed, Text.Of(RestoreTexts.ArchiveUnreadable, name, listing.Errors))
        {
            Hint = listing.Errors.Contains("unsupported version", StringComparison.Ordinal) ? Text.Of(RestoreTexts.ArchiveTooNewHint, server.Major) : null, Subject = name,
        };
    }

    [GeneratedRegex(@"^(;\s+|-- )Dumped from database version:? (?<major>\d+)", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DumpedFrom();

    [GeneratedRegex(@"^\d+; 3079 \d+ EXTENSION - (?<name>\S+)", RegexOptions.CultureInvariant | RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex ListedExtension();

    private sealed record Needs(int Major, IReadOnlyDictionary<string, string> Extensions);
}
