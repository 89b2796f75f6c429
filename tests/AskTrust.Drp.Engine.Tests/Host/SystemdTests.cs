using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations.Services;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Engine.Tests.Host;

/// <summary>What systemd is told, in which order; a program in its place notes it down, for a machine of the tests is not run by systemd.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly TestFolder _folder = new("systemd");
    private readonly Notes _notes = new();

    private OwnFile File(string body = "x\n") => new(_folder["a.service"], "plan a", body);

    private ServiceFiles Files(OwnFile file, bool dryRun = false) => new(new Systemd(_notes, runs: true, _folder.Path, ofUser: false), [file], "a.service", dryRun);

    [Fact]
    public async Task A_new_one_is_read_enabled_and_started_and_a_second_time_nothing_is_done()
    {
        await Files(File()).InstallAsync(start: true, default);
        Assert.Equal(["daemon-reload", "enable a.service", "restart a.service"], _notes.Taken());

        ServiceFiles again = Files(File());
        await again.InstallAsync(start: true, default);
        Assert.Empty(_notes.Taken());
        Assert.Empty(again.Steps);

        // Changed: what runs is started anew, yet only when asked.
        await Files(File("y\n")).InstallAsync(start: false, default);
        Assert.Equal(["daemon-reload"], _notes.Taken());
        await Files(File("z\n")).InstallAsync(start: true, default);
        Assert.Equal(["daemon-reload", "restart a.service"], _notes.Taken());
    }

    [Fact]
    public async Task It_is_stopped_before_its_file_goes()
    {
        await Files(File()).InstallAsync(start: true, default);
        _notes.Taken();
        _notes.OnCall = c => Assert.Equal(c != "daemon-reload", System.IO.File.Exists(File().Path));

        await Files(File()).RemoveAsync(default);
        Assert.Equal(["disable --now a.service", "daemon-reload"], _notes.Taken());

        ServiceFiles again = Files(File());
        await again.RemoveAsync(default);
        Assert.Empty(again.Steps);
        Assert.Empty(_notes.Taken());
    }

    [Fact]
    public async Task A_dry_run_says_the_same_steps_and_does_none()
    {
        ServiceFiles dry = Files(File(), dryRun: true), real = Files(File());
        await dry.InstallAsync(start: true, default);
        Assert.Empty(_notes.Taken());
        Assert.False(System.IO.File.Exists(File().Path));

        await real.InstallAsync(start: true, default);
        Assert.Equal(real.Steps, dry.Steps);
        Assert.Equal(4, real.Steps.Count);
    }

    [Fact]
    public async Task A_refusal_of_systemd_is_an_error_with_what_it_said()
    {
        _notes.OnCall = c => { if (c.StartsWith("enable", StringComparison.Ordinal)) _notes.Fail = "Unit a.service is masked."; };
        DrpException e = await Assert.ThrowsAsync<DrpException>(() => Files(File()).InstallAsync(start: true, default));
        Assert.Contains("masked", e.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private sealed class Notes : IProcessRunner
    {
        private readonly List<string> _calls = [];
        private bool _enabled, _active;

        public Action<string>? OnCall { get; set; }

        public string? Fail { get; set; }

        public IReadOnlyList<string> Taken()
        {
            string[] taken = [.. _calls];
            _calls.Clear();
            return taken;
        }

        public Task<ProcessResult> RunAsync(Command command, CancellationToken ct, ReadOnlyMemory<byte> input = default)
        {
            Assert.Equal(("systemctl", "--no-ask-password"), (command.Program, command.Arguments[0]));
            string call = string.Join(' ', command.Arguments.Skip(1));
            if (call.StartsWith("is-enabled", StringComparison.Ordinal)) return Word(_enabled ? "enabled" : "disabled", _enabled);
            if (call.StartsWith("is-active", StringComparison.Ordinal)) return Word(_active ? "active" : "inactive", _active);
            OnCall?.Invoke(call);
            _calls.Add(call);
            if (Fail is { } error) return Task.FromResult(new ProcessResult(1, [], error));
            string verb = call.Split(' ')[0];
            (_enabled, _active) = (verb == "enable" || (_enabled && verb != "disable"), verb == "restart" || (_active && verb != "disable"));
            return Word("", true);
        }

        public IRunningProcess Start(Command command) => throw new NotSupportedException();

        public string? Find(string program) => null;

        private static Task<ProcessResult> Word(string word, bool ok) => Task.FromResult(new ProcessResult(ok ? 0 : 1, System.Text.Encoding.UTF8.GetBytes(word), ""));
    }
}
