using System.Globalization;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Host.Containers;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Counts the lines of a log that look like errors.</summary>
internal sealed class LogHealth(LogProbePlan log, OperationContext context, HealthJudge judge)
{
    /// <summary>Searches.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken ct)
    {
        LogSearch search = await SearchAsync(log, context, 1, ct).ConfigureAwait(false);
        HealthCheck check = judge.AtMost(log.Name, HealthKind.Log, search.Count, log.Most, HealthJudge.Count, HealthTexts.LogAdvice);
        return [search.Count > 0 && check.Status != CheckVerdict.Ok ? check with { Message = $"{check.Message} {SecretMask.Clean(context.Host.Redactor.Clean(search.Last.Last()))}" } : check];
    }

    /// <summary>Searches a log of the plan.</summary>
    /// <param name="log">The log.</param>
    /// <param name="context">The world.</param>
    /// <param name="lines">How many of the last errors are kept.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<LogSearch> SearchAsync(LogProbePlan log, OperationContext context, int lines, CancellationToken ct)
    {
        var search = new LogSearch(log.Patterns, context.Clock.GetUtcNow() - log.Since, lines);
        if (log.File is { } file) await search.FileAsync(file, ct).ConfigureAwait(false);
        else await ContainerAsync(search, log, context, ct).ConfigureAwait(false);
        return search;
    }

    /// <summary>Reads what a container wrote since then, line by line.</summary>
    private static async Task ContainerAsync(LogSearch search, LogProbePlan log, OperationContext context, CancellationToken ct)
    {
        string id = log.Container ?? (await new ComposeServices(context.Host).OneAsync(log.ComposeProject, log.ComposeService!, stoppedToo: true, ct).ConfigureAwait(false)).Id;
        string program = ContainerEngine.ProgramOf(context.Host.Processes);
        IRunningProcess logs = context.Host.Processes.Start(new Command(program, "logs", "--since", search.Since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), id));
        await using var _ = logs.ConfigureAwait(false);
        logs.OnErrorLine = search.Line;
        logs.Input.Close();
        using var reader = new StreamReader(logs.Output);
        while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { } line) search.Line(line);
        if (await logs.WaitAsync(ct).ConfigureAwait(false) != 0)
            throw new DrpException(DrpError.Unreachable, Text.Of(HealthTexts.LogUnreadable, id, logs.Errors.Trim())) { Subject = id, Hint = HealthTexts.NoContainerAdvice };
    }
}

/// <summary>Searches the tail of a log for errors, and remembers how many there were and the last <paramref name="lines"/> of them.</summary>
internal sealed partial class LogSearch(IReadOnlyList<string> patterns, DateTimeOffset since, int lines)
{
    /// <summary>What is read of a log, from its end: a log that nobody rotates is not read for minutes.</summary>
    private const long MostOfFile = 64L << 20;
    private const int LongestLine = 500;

    private readonly Regex[] _patterns = [.. patterns.Select(p => new Regex(p, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant))];
    private readonly object _gate = new();
    private bool _young = true;

    /// <summary>Lines found.</summary>
    public int Count { get; private set; }

    /// <summary>From when on lines count.</summary>
    public DateTimeOffset Since => since;

    /// <summary>The last ones, newest last, cut to a length for people.</summary>
    public Queue<string> Last { get; } = new();

    /// <summary>Searches a file, and before it the one that was rotated away when that is young enough.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: there is no such file, or it may not be read.</exception>
    public async Task FileAsync(string path, CancellationToken ct)
    {
        string rotated = path + ".1";
        if (File.Exists(rotated) && File.GetLastWriteTimeUtc(rotated) >= since.UtcDateTime) await ReadAsync(rotated, ct).ConfigureAwait(false);
        await ReadAsync(path, ct).ConfigureAwait(false);
    }

    /// <summary>Looks at one line. One without a time belongs to the line before it.</summary>
    public void Line(string line)
    {
        // Both streams of a container come at once.
        lock (_gate) Look(line);
    }

    private void Look(string line)
    {
        if (TimeOf(line) is { } time) _young = time >= since;
        if (!_young || !_patterns.Any(p => p.IsMatch(line))) return;
        Count++;
        Last.Enqueue(line.Length <= LongestLine ? line : line[..LongestLine] + "…");
        if (Last.Count > lines) Last.Dequeue();
    }

    private async Task ReadAsync(string path, CancellationToken ct)
    {
        try
        {
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1 << 16, useAsync: true);
            await using var _ = file.ConfigureAwait(false);
            bool cut = file.Length > MostOfFile;
            if (cut) file.Seek(-MostOfFile, SeekOrigin.End);
            using var reader = new StreamReader(file);
            if (cut) await reader.ReadLineAsync(ct).ConfigureAwait(false);
            while (await reader.ReadLineAsync(ct).ConfigureAwait(false) is { } line) Line(line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.Unreachable, Text.Of(HealthTexts.LogUnreadable, path, e.Message), e) { Subject = path, Hint = HealthTexts.LogUnreadableHint };
        }
    }

    /// <summary>The time at the start of a line, in the forms that PostgreSQL, nginx, Docker, journald and most programs write; null when there is none.</summary>
    private static DateTimeOffset? TimeOf(string line)
    {
        string head = line.Length <= 60 ? line : line[..60];
        if (Iso().Match(head) is { Success: true } iso)
        {
            string zone = iso.Groups["zone"].Value is "UTC" or "GMT" ? "Z" : iso.Groups["zone"].Value;
            string text = $"{iso.Groups["day"].Value.Replace('/', '-')}T{iso.Groups["time"].Value}{zone}";
            return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out var time) ? time : null;
        }

        if (Common().Match(head) is { Success: true } common
            && DateTimeOffset.TryParseExact($"{common.Groups["day"].Value} {common.Groups["time"].Value} {common.Groups["zone"].Value.Insert(3, ":")}", "dd/MMM/yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var request))
            return request;
        return null;
    }

    /// <summary>2026-03-01 12:00:07.123 UTC, 2026-03-01T12:00:07Z, 2026/03/01 12:00:07.</summary>
    [GeneratedRegex(@"^\W{0,2}(?<day>\d{4}[-/]\d\d[-/]\d\d)[T ](?<time>\d\d:\d\d:\d\d)(?:[.,]\d+)?\s?(?<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Iso();

    /// <summary>[01/Mar/2026:12:00:07 +0100], of access logs.</summary>
    [GeneratedRegex(@"\[(?<day>\d\d/\w{3}/\d{4}):(?<time>\d\d:\d\d:\d\d) (?<zone>[+-]\d{4})\]", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Common();
}
