using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>
/// Caddy: its configuration is read by itself (<c>caddy adapt</c>), gets one route before all others, is checked (<c>caddy validate</c>) and given to the running Caddy.
/// The Caddyfile is never written: whatever order its directives have, our route comes first, and reading it again ends the maintenance.
/// </summary>
internal sealed class CaddyDriver(string plan, MaintenancePlan maintenance, ProxyCommand proxy) : IMaintenanceDriver
{
    private const string Default = "/etc/caddy/Caddyfile";
    private static readonly JsonSerializerOptions s_readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, WriteIndented = true };

    /// <inheritdoc/>
    public string Place => proxy.Place;

    private string Config => maintenance.Config ?? Default;

    private bool IsJson => Config.EndsWith(".json", StringComparison.OrdinalIgnoreCase);

    private string[] Adapter => IsJson || Path.GetFileName(Config).StartsWith("Caddyfile", StringComparison.OrdinalIgnoreCase) || Config.EndsWith(".caddyfile", StringComparison.OrdinalIgnoreCase) ? [] : ["--adapter", "caddyfile"];

    private string[] Admin => maintenance.Admin is { } address ? ["--address", address] : [];

    /// <inheritdoc/>
    public string Render(string page) => Route(page, "*").ToJsonString(s_readable) + "\n";

    /// <inheritdoc/>
    public bool? IsWritten(string page) => null;

    /// <inheritdoc/>
    public async Task OnAsync(string page, Func<string, bool> step, CancellationToken ct)
    {
        string text = IsJson ? await proxy.CheckAsync("cat", [Config], MaintenanceTexts.InvalidBefore, ct).ConfigureAwait(false)
            : await proxy.CheckAsync("caddy", ["adapt", "--config", Config, .. Adapter], MaintenanceTexts.InvalidBefore, ct).ConfigureAwait(false);
        JsonNode config = Parse(text);
        if (config["apps"]?["http"]?["servers"] is not JsonObject { Count: > 0 } servers) throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(MaintenanceTexts.NoServers, Config)) { Subject = Config };
        foreach (var (name, server) in servers)
        {
            JsonArray routes = server!["routes"] as JsonArray ?? [];
            if (routes.Parent is null) server["routes"] = routes;
            routes.Insert(0, Route(page, name));
        }

        string with = config.ToJsonString();
        await proxy.CheckAsync("caddy", ["validate", "--config", "/dev/stdin"], MaintenanceTexts.Invalid, ct, with).ConfigureAwait(false);
        if (step(Host.Text.Of(MaintenanceTexts.StepRoute, Config))) await proxy.ReloadAsync("caddy", ["reload", "--config", "/dev/stdin", .. Admin], ct, with).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task OffAsync(Func<string, bool> step, CancellationToken ct)
    {
        await proxy.CheckAsync("caddy", ["validate", "--config", Config, .. Adapter], MaintenanceTexts.Invalid, ct).ConfigureAwait(false);
        if (step($"caddy reload --config {Config}")) await proxy.ReloadAsync("caddy", ["reload", "--config", Config, .. Adapter, .. Admin], ct).ConfigureAwait(false);
    }

    private JsonObject Route(string page, string server)
    {
        JsonArray through = [];
        if (maintenance.Pass.Count > 0) through.Add(new JsonObject { ["path"] = Strings(maintenance.Pass) });
        if (maintenance.Allow.Count > 0) through.Add(new JsonObject { ["remote_ip"] = new JsonObject { ["ranges"] = Strings(maintenance.Allow) } });
        var route = new JsonObject { ["@id"] = $"drp-maintenance-{plan}-{server}" };
        if (through.Count > 0) route["match"] = new JsonArray(new JsonObject { ["not"] = through });
        route["terminal"] = true;
        route["handle"] = new JsonArray(new JsonObject
        {
            ["handler"] = "static_response",
            ["status_code"] = 503,
            ["headers"] = new JsonObject
            {
                ["Content-Type"] = Strings(["text/html; charset=utf-8"]), ["Cache-Control"] = Strings(["no-store"]), [MaintenancePage.Header] = Strings([plan]),
                ["Retry-After"] = Strings([((long)maintenance.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture)]),
            },
            ["body"] = page,
        });
        return route;
    }

    private JsonNode Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(MaintenanceTexts.NoServers, Config), e) { Subject = Config };
        }
    }

    private static JsonArray Strings(IEnumerable<string> texts) => new([.. texts.Select(t => JsonValue.Create(t))]);
}
