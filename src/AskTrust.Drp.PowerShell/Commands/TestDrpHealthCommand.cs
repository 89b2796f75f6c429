using System.Management.Automation;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Tells whether all is well: pages, servers, containers, this machine, backups against their promises. Each check is one object, with what to do.</summary>
[Cmdlet(VerbsDiagnostic.Test, "DrpHealth", DefaultParameterSetName = "Once")]
[OutputType(typeof(HealthCheck), typeof(bool))]
public sealed class TestDrpHealthCommand : PlanCmdlet
{
    /// <summary>Only this component, page, container, log or repository.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? Name { get; set; }

    /// <summary>Only these kinds.</summary>
    [Parameter]
    public HealthKind[] Kind { get; set; } = [];

    /// <summary>How long each check may take.</summary>
    /// <value>Default: <c>health.timeout</c> of the plan, 10 seconds.</value>
    [Parameter]
    [Duration]
    public TimeSpan? Timeout { get; set; }

    /// <summary>Only says whether nothing has failed.</summary>
    [Parameter(ParameterSetName = "Once")]
    public SwitchParameter Quiet { get; set; }

    /// <summary>Looks again and again until it is stopped; the objects of each round are written when it is done.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "Watch")]
    public SwitchParameter Watch { get; set; }

    /// <summary>From round to round.</summary>
    /// <value>Default: 5 seconds.</value>
    [Parameter(ParameterSetName = "Watch")]
    [Duration]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    private protected override void Process()
    {
        var options = new HealthOptions { Name = Name, Kinds = Kind, Timeout = Timeout };
        TimeSpan interval = Interval;
        if (Watch) WithPlan((session, outlet, ct) => WatchAsync(session.WatchHealthAsync(options, interval, ct), outlet, ct));
        else Once(options, Quiet);
    }

    private void Once(HealthOptions options, bool quiet)
    {
        bool good = true;
        WithPlan(async (session, outlet, ct) =>
        {
            await foreach (var check in session.HealthAsync(options, ct).ConfigureAwait(false))
            {
                good &= check.Status != CheckVerdict.Failed;
                if (!quiet) await outlet.WriteAsync(check, ct).ConfigureAwait(false);
            }
        });
        if (quiet) WriteObject(good);
    }

    private static async Task WatchAsync(IAsyncEnumerable<IReadOnlyList<HealthCheck>> rounds, Outlet outlet, CancellationToken ct)
    {
        await foreach (var round in rounds.ConfigureAwait(false))
            foreach (var check in round) await outlet.WriteAsync(check, ct).ConfigureAwait(false);
    }
}
