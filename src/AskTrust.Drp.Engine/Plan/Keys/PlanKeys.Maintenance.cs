using AskTrust.Drp.Engine.Plan.Yaml;

namespace AskTrust.Drp.Engine.Plan.Keys;

/// <content>Maintenance mode.</content>
internal static partial class PlanKeys
{
    private static SectionType<MaintenancePlan> Maintenance => s_maintenance ??= new("maintenance", _ => new MaintenancePlan { Proxy = default },
    [
        new PlanKey<MaintenancePlan, MaintenanceProxy>(
            "proxy", new EnumType<MaintenanceProxy>(("nginx", MaintenanceProxy.Nginx), ("caddy", MaintenanceProxy.Caddy), ("traefik", MaintenanceProxy.Traefik)),
            m => m.Proxy, (m, v) => m with { Proxy = v }) { Required = true },
        new PlanKey<MaintenancePlan, string>("container", s_dockerName, m => m.Container, (m, v) => m with { Container = v }) { Absent = () => PlanTexts.AbsentSsh },
        new PlanKey<MaintenancePlan, ComposePlace>(
            "compose", Compose, m => m.ComposeService is null ? null : new ComposePlace(m.ComposeService, m.ComposeProject), (m, v) => m with { ComposeService = v.Service, ComposeProject = v.Project }),
        new PlanKey<MaintenancePlan, string>("config", s_inside, m => m.Config, (m, v) => m with { Config = v }) { Absent = () => PlanTexts.AbsentProxyConfig },
        new PlanKey<MaintenancePlan, string>("snippet", s_path, m => m.Snippet, (m, v) => m with { Snippet = v }),
        new PlanKey<MaintenancePlan, string>("admin", s_text, m => m.Admin, (m, v) => m with { Admin = v }) { Absent = () => PlanTexts.AbsentAdmin },
        new PlanKey<MaintenancePlan, string>("pageUrl", new EndpointType(), m => m.PageUrl, (m, v) => m with { PageUrl = v }) { Absent = () => PlanTexts.AbsentPageUrl },
        new PlanKey<MaintenancePlan, string>("page", s_path, m => m.Page, (m, v) => m with { Page = v }) { Absent = () => PlanTexts.AbsentPage },
        new PlanKey<MaintenancePlan, TimeSpan>("retryAfter", s_duration, m => m.RetryAfter, (m, v) => m with { RetryAfter = v }),
        new PlanKey<MaintenancePlan, IReadOnlyList<string>>("pass", new ListType<string>(s_urlPath, unique: true), m => m.Pass, (m, v) => m with { Pass = v }) { Absent = () => PlanTexts.AbsentPass },
        new PlanKey<MaintenancePlan, IReadOnlyList<string>>("allow", new ListType<string>(new NetworkType(), unique: true), m => m.Allow, (m, v) => m with { Allow = v }) { Absent = () => PlanTexts.AbsentPass },
        new PlanKey<MaintenancePlan, string>("url", new EndpointType(), m => m.Url, (m, v) => m with { Url = v }) { Absent = () => PlanTexts.AbsentUrl },
    ])
    {
        Check = CheckMaintenance,
    };

    private static readonly TextType s_inside = new(() => PlanTexts.ExpectedFolder, @"^/.*[^/]\z");
    private static readonly TextType s_urlPath = new(() => PlanTexts.ExpectedUrlPath, @"^/[A-Za-z0-9._~!&+,;=:@/-]*\*?\z");
    private static SectionType<MaintenancePlan>? s_maintenance;

    private static void CheckMaintenance(MaintenancePlan plan, YamlMap map, ReadContext context)
    {
        string proxy = "proxy: " + plan.Proxy.ToString().ToLowerInvariant();
        if (plan.Container is not null && plan.ComposeService is not null) context.Error(map, Host.Text.Of(PlanTexts.Excludes, "container", "compose"));
        if (plan.Proxy != MaintenanceProxy.Caddy && plan.Snippet is null) context.Error(map, Host.Text.Of(PlanTexts.Needs, proxy, "snippet"));
        foreach (var (key, given) in new[]
        {
            ("snippet", plan.Proxy == MaintenanceProxy.Caddy), ("admin", plan.Proxy != MaintenanceProxy.Caddy), ("pageUrl", plan.Proxy != MaintenanceProxy.Traefik), ("page", plan.Proxy == MaintenanceProxy.Traefik && plan.PageUrl is null),
            ("config", plan.Proxy == MaintenanceProxy.Traefik), ("container", plan.Proxy == MaintenanceProxy.Traefik), ("compose", plan.Proxy == MaintenanceProxy.Traefik),
        })
        {
            if (given && map.Find(key) is { } at) context.Error(at, Host.Text.Of(PlanTexts.Excludes, key, proxy));
        }
    }
}
