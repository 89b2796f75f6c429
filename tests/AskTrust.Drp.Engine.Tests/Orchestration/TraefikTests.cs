using AskTrust.Drp.Engine.Orchestration.Maintenance;
using AskTrust.Drp.Engine.Tests.Plan;

namespace AskTrust.Drp.Engine.Tests.Orchestration;

/// <summary>No Traefik can be had for the tests: what it is given is held against what its documentation says a file provider may hold (versions 2 and 3), in words of our own.</summary>
public sealed class TraefikTests
{
    private const string Schema = """
        { "type": "object", "additionalProperties": false, "required": ["http"], "properties": { "http": { "type": "object", "additionalProperties": false, "properties": {
          "routers": { "type": "object", "additionalProperties": { "type": "object", "additionalProperties": false, "required": ["rule", "service"], "properties": {
            "entryPoints": { "type": "array", "items": { "type": "string" } }, "rule": { "type": "string" }, "priority": { "type": "integer", "minimum": 0 },
            "middlewares": { "type": "array", "items": { "type": "string" } }, "service": { "type": "string" },
            "tls": { "type": "object", "additionalProperties": false, "properties": { "options": { "type": "string" }, "certResolver": { "type": "string" } } } } } },
          "middlewares": { "type": "object", "additionalProperties": { "type": "object", "additionalProperties": false, "properties": {
            "headers": { "type": "object", "additionalProperties": false, "properties": { "customResponseHeaders": { "type": "object", "additionalProperties": { "type": "string" } } } } } } },
          "services": { "type": "object", "additionalProperties": { "type": "object", "additionalProperties": false, "required": ["loadBalancer"], "properties": {
            "loadBalancer": { "type": "object", "additionalProperties": false, "required": ["servers"], "properties": {
              "servers": { "type": "array", "items": { "type": "object", "additionalProperties": false, "required": ["url"], "properties": { "url": { "type": "string", "pattern": "^https?://" } } } } } } } } }
        } } } }
        """;

    [Theory]
    [InlineData("http://127.0.0.1:8087")]
    // Without servers: its documentation says that it then answers with 503 by itself.
    [InlineData(null)]
    public void The_file_is_one_that_its_documentation_allows(string? page)
    {
        var plan = new MaintenancePlan { Proxy = MaintenanceProxy.Traefik, Snippet = "/etc/traefik/drp.yml", PageUrl = page, Pass = ["/healthz", "/status/*"], Allow = ["203.0.113.0/24", "2001:db8::/32"], RetryAfter = TimeSpan.FromMinutes(7) };
        string text = new TraefikDriver("shop", plan, "here").Render("");
        Assert.Empty(SchemaCheck.Errors(text, Schema));
        // The check can fail: a field Traefik has not, and a value of another kind.
        Assert.NotEmpty(SchemaCheck.Errors(text.Replace("priority:", "importance:", StringComparison.Ordinal), Schema));
        Assert.NotEmpty(SchemaCheck.Errors(text.Replace("Retry-After: \"420\"", "Retry-After: 420", StringComparison.Ordinal), Schema));
    }
}
