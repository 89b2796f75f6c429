namespace AskTrust.Drp;

/// <summary>Reverse proxies that can show the maintenance page.</summary>
public enum MaintenanceProxy
{
    /// <summary>nginx: a snippet that its server blocks include.</summary>
    Nginx,

    /// <summary>Caddy: a route before all others, given to its admin interface; the Caddyfile stays as it is.</summary>
    Caddy,

    /// <summary>Traefik: a file of its file provider.</summary>
    Traefik,
}

/// <summary>Maintenance mode: what visitors see while a restore runs.</summary>
public sealed record MaintenancePlan
{
    /// <summary>The proxy.</summary>
    public required MaintenanceProxy Proxy { get; init; }

    /// <summary>Container it runs in; null = <see cref="ComposeService"/>, or this machine.</summary>
    public string? Container { get; init; }

    /// <summary>Compose service it runs in.</summary>
    public string? ComposeService { get; init; }

    /// <summary>Compose project of that service; null = the only one with such a service.</summary>
    public string? ComposeProject { get; init; }

    /// <summary>Its configuration, as the proxy sees it; null = the proxy's own default (nginx), <c>/etc/caddy/Caddyfile</c>.</summary>
    public string? Config { get; init; }

    /// <summary>nginx, Traefik: our file, on this machine, which the proxy's configuration includes or watches.</summary>
    public string? Snippet { get; init; }

    /// <summary>Caddy: address of its admin interface; null = that of its configuration.</summary>
    public string? Admin { get; init; }

    /// <summary>Traefik: address of something that answers every request with the page (<c>drp maintenance serve</c>); null = Traefik's bare 503.</summary>
    public string? PageUrl { get; init; }

    /// <summary>A page of your own, self-contained; null = ours, in French and English.</summary>
    public string? Page { get; init; }

    /// <summary>What Retry-After says.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Paths that are let through (health probes): exact, or <c>/status/*</c>.</summary>
    public IReadOnlyList<string> Pass { get; init => field = Listed.Of(value); } = [];

    /// <summary>Addresses and networks that are let through, e.g. <c>203.0.113.0/24</c>.</summary>
    public IReadOnlyList<string> Allow { get; init => field = Listed.Of(value); } = [];

    /// <summary>Address of the site, looked at to see whether the page is shown; null = not looked at.</summary>
    public string? Url { get; init; }
}
