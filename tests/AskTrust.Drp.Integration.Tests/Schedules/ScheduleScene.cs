using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.Integration.Tests.Operations;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests.Schedules;

/// <summary>A plan with files to back up, jobs, and a clock that a test sets.</summary>
internal sealed class ScheduleScene : IDisposable
{
    public ScheduleScene(string jobs, string folder = "site")
    {
        Root = Folder.Sub(folder);
        Directory.CreateDirectory(Path.Join(Root, "files"));
        File.WriteAllText(Path.Join(Root, "files", "letter.txt"), "dear reader");
        File.WriteAllText(Path.Join(Root, "drp.yaml"), $$"""
            version: 1
            name: shop
            components:
              uploads: { type: files, path: files }
            repositories:
              one: { type: directory, path: {{Folder["one"]}} }
              two: { type: directory, path: {{Folder["two"]}} }
            encryption: none
            jobs:
            {{jobs.ReplaceLineEndings("\n  ").Insert(0, "  ")}}
            """);
    }

    public TestFolder Folder { get; } = new("schedule");

    public string Root { get; }

    public string Plan => Path.Join(Root, "drp.yaml");

    public Clock Time { get; } = new();

    public Listener Heard { get; } = new();

    public async Task<T> WithAsync<T>(Func<DrpSession, Task<T>> act, string? log = null)
    {
        await using var session = await DrpSession.OpenAsync(Plan, new EngineOptions { StateDirectory = Folder["state"], Clock = Time, Observer = Heard, LogFile = log }, default);
        return await act(session);
    }

    public Task<List<ScheduleStatus>> ListAsync(ScheduleOptions options) => WithAsync(async s => await s.SchedulesAsync(options, default).ToListAsync());

    public void Dispose() => Folder.Dispose();

    /// <summary>The time of day of the system, moved by a test, on a machine in a zone of its own.</summary>
    internal sealed class Clock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public TimeZoneInfo Zone { get; set; } = TimeZoneInfo.Utc;

        public override TimeZoneInfo LocalTimeZone => Zone;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;

        public void Set(DateTimeOffset now) => Ahead = now - base.GetUtcNow();
    }
}
