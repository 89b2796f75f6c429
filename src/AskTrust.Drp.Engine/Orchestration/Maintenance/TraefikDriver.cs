using System.Globalization;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>
/// Traefik: one file in the folder that its file provider watches, with two routers (plain and TLS) before all others. Traefik cannot show a page by itself: its router leads to
/// something that does, or to a service without servers, which Traefik answers with a bare 503.
/// </summary>
internal sealed class TraefikDriver(string plan, MaintenancePlan maintenance, string place) : IMaintenanceDriver
{
    /// <summary>Above what routers of applications have (the length of their rule).</summary>
    private const int Priority = 1_000_000;

    /// <inheritdoc/>
    public string Place => place;

    /// <inheritdoc/>
    public string Render(string page) => File().Content;

    /// <inheritdoc/>
    public bool? IsWritten(string page)
    {
        OwnFile file = File();
        ServiceFileState state = file.Look();
        return state == ServiceFileState.Foreign ? throw file.Foreign() : state == ServiceFileState.Current;
    }

    /// <inheritdoc/>
    public Task OnAsync(string page, Func<string, bool> step, CancellationToken ct)
    {
        OwnFile file = File();
        if (step(Text.Of(MaintenanceTexts.StepWrite, file.Path))) file.Write();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task OffAsync(Func<string, bool> step, CancellationToken ct)
    {
        OwnFile file = File();
        if (file.Look() != ServiceFileState.Missing && step(Text.Of(MaintenanceTexts.StepRemove, file.Path))) file.Remove();
        return Task.CompletedTask;
    }

    private OwnFile File()
    {
        var rule = new StringBuilder("PathPrefix(`/`)");
        foreach (string path in maintenance.Pass) rule.Append(CultureInfo.InvariantCulture, $" && !{(path.EndsWith('*') ? "PathPrefix" : "Path")}(`{path.TrimEnd('*')}`)");
        foreach (string address in maintenance.Allow) rule.Append(CultureInfo.InvariantCulture, $" && !ClientIP(`{address}`)");
        string name = $"drp-maintenance-{plan}";
        string servers = maintenance.PageUrl is { } url ? $"\n          - url: \"{url}\"" : " []";
        string body = $$"""
            http:
              routers:
                {{name}}:
                  rule: "{{rule}}"
                  priority: {{Priority}}
                  middlewares: [{{name}}]
                  service: {{name}}
                {{name}}-tls:
                  rule: "{{rule}}"
                  priority: {{Priority}}
                  middlewares: [{{name}}]
                  service: {{name}}
                  tls: {}
              middlewares:
                {{name}}:
                  headers:
                    customResponseHeaders:
                      Retry-After: "{{(long)maintenance.RetryAfter.TotalSeconds}}"
                      Cache-Control: "no-store"
                      {{MaintenancePage.Header}}: "{{plan}}"
              services:
                {{name}}:
                  loadBalancer:
                    servers:{{servers}}

            """.ReplaceLineEndings("\n");
        return new OwnFile(maintenance.Snippet!, $"maintenance of {plan}", body);
    }
}
