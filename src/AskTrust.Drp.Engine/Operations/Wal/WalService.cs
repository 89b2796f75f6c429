namespace AskTrust.Drp.Engine.Operations.Wal;

/// <summary>Texts that make a receiver a service: a systemd unit, a Compose service.</summary>
internal static class WalService
{
    /// <summary>The unit of systemd.</summary>
    /// <param name="program">Path of <c>drp</c>.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="component">Component.</param>
    /// <param name="state">State directory.</param>
    public static string Unit(string program, DrpPlan plan, string component, string state) => $"""
        # /etc/systemd/system/drp-wal-{plan.Name}-{component}.service
        [Unit]
        Description=WAL of {component} ({plan.Name})
        Wants=network-online.target
        After=network-online.target docker.service postgresql.service
        StartLimitIntervalSec=0

        [Service]
        ExecStart="{program}" wal receive --component {component} --plan "{plan.Path}"
        Environment=DRP_STATE="{state}"
        # Secrets the plan takes from the environment go here, one NAME=value in each line.
        EnvironmentFile=-/etc/default/drp-{plan.Name}
        Restart=always
        RestartSec=5
        KillMode=mixed
        KillSignal=SIGTERM
        TimeoutStopSec=60

        [Install]
        WantedBy=multi-user.target

        """.ReplaceLineEndings("\n");

    /// <summary>A service of a Compose file, for a host where drp itself runs in a container.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="component">Component.</param>
    public static string Compose(DrpPlan plan, string component) => $$"""
        services:
          drp-wal-{{component}}:
            # An image with drp and the client programs of the server's major version.
            image: ${DRP_IMAGE}
            command: ["drp", "wal", "receive", "--component", "{{component}}", "--plan", "/etc/drp/drp.yaml"]
            restart: always
            stop_grace_period: 60s
            environment:
              DRP_STATE: /var/lib/asktrust-drp
            volumes:
              - {{Path.GetDirectoryName(plan.Path)}}:/etc/drp:ro
              - drp-state:/var/lib/asktrust-drp
        volumes:
          drp-state:

        """.ReplaceLineEndings("\n");
}
