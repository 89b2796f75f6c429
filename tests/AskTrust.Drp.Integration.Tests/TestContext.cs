using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.TestBed;

namespace AskTrust.Drp.Integration.Tests;

/// <summary>A real host context over a temporary state folder.</summary>
internal sealed class TestContext : IDisposable, IDrpObserver
{
    private readonly TestFolder _folder = new("state");

    public TestContext(Redactor? redactor = null)
    {
        redactor ??= new Redactor();
        var processes = new ProcessRunner(TimeProvider.System, redactor);
        Host = new HostContext
        {
            Processes = processes,
            Redactor = redactor,
            Secrets = new SecretResolver(processes, redactor, this, secretManagement: null),
            Clock = TimeProvider.System,
            Temp = new TempSpace(_folder.Path),
            Observer = this,
        };
    }

    public HostContext Host { get; }

    public TestFolder Folder => _folder;

    public List<DrpEvent> Events { get; } = [];

    /// <summary>A reference to a secret that was put into a file.</summary>
    public SecretReference Secret(string name, string value) => new(SecretKind.File, _folder.Write(name, value));

    public void On(DrpEvent happening)
    {
        lock (Events) Events.Add(happening);
    }

    public void Dispose() => _folder.Dispose();
}
