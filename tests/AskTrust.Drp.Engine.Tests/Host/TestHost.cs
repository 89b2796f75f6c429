using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Tests.Host;

/// <summary>A host context on real processes, with a state directory of its own that goes when disposed.</summary>
internal sealed class TestHost : IDrpObserver, IDisposable
{
    private readonly string _state = Directory.CreateTempSubdirectory("drp-test-").FullName;

    public TestHost()
    {
        Runner = new ProcessRunner(TimeProvider.System, Redactor);
        Context = new HostContext
        {
            Processes = Runner,
            Redactor = Redactor,
            Secrets = new SecretResolver(Runner, Redactor, this, (name, _) => Task.FromResult(name == "known" ? "from-pwsh" : null)),
            Clock = TimeProvider.System,
            Temp = new TempSpace(Path.Combine(_state, "state")),
            Observer = this,
        };
    }

    public Redactor Redactor { get; } = new();

    public ProcessRunner Runner { get; }

    public HostContext Context { get; }

    public List<DrpEvent> Events { get; } = [];

    /// <summary>A folder for the test's own files.</summary>
    public string Folder => _state;

    public void On(DrpEvent happening)
    {
        lock (Events) Events.Add(happening);
    }

    public void Dispose() => Directory.Delete(_state, recursive: true);
}
