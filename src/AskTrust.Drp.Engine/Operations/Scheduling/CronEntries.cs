namespace AskTrust.Drp.Engine.Operations.Scheduling;

/// <summary>The entries of a plan as they stand in a text of cron: two lines for each job.</summary>
internal sealed class CronEntries
{
    private readonly List<(string Job, string Comment, string Entry)> _jobs = [];

    /// <summary>Names of the jobs, in order.</summary>
    public IReadOnlyList<string> Jobs => [.. _jobs.Select(j => j.Job)];

    /// <summary>Reads them.</summary>
    /// <param name="lines">Lines between our marks.</param>
    /// <param name="strange">The first line that is not ours; null when there is none.</param>
    public static CronEntries Read(IReadOnlyList<string> lines, out string? strange)
    {
        var entries = new CronEntries();
        strange = null;
        for (int i = 0; i < lines.Count; i++)
        {
            if (lines[i].StartsWith("# job ", StringComparison.Ordinal) && lines[i].Split(' ') is [_, _, var job, _, ..] && i + 1 < lines.Count && CronText.ProgramOf(lines[i + 1]) is not null) entries._jobs.Add((job, lines[i], lines[++i]));
            else strange ??= lines[i];
        }

        return entries;
    }

    /// <summary>The lines of a job; null when it is not there.</summary>
    public IReadOnlyList<string>? Of(string job) => _jobs.Find(j => j.Job == job) is { Job: not null } found ? [found.Comment, found.Entry] : null;

    /// <summary>Sets the lines of a job, in the place where it stood.</summary>
    public void Set(string job, IReadOnlyList<string> lines)
    {
        int at = _jobs.FindIndex(j => j.Job == job);
        if (at < 0) _jobs.Add((job, lines[0], lines[1]));
        else _jobs[at] = (job, lines[0], lines[1]);
    }

    /// <summary>Takes a job out.</summary>
    public void Remove(string job) => _jobs.RemoveAll(j => j.Job == job);

    /// <summary>All lines.</summary>
    public IEnumerable<string> Lines => _jobs.SelectMany(j => new[] { j.Comment, j.Entry });
}
