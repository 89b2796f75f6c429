using System.Management.Automation;
using AskTrust.Drp.Engine.Composition;
using AskTrust.Drp.PowerShell.Completion;
using AskTrust.Drp.PowerShell.Pump;

namespace AskTrust.Drp.PowerShell.Commands;

/// <summary>Writes the report of restore tests as Markdown, JSON and a self-contained HTML page.</summary>
[Cmdlet(VerbsData.Export, "DrpReport", SupportsShouldProcess = true, DefaultParameterSetName = "Result")]
[OutputType(typeof(ReportFile))]
public sealed class ExportDrpReportCommand : DrpCmdlet
{
    private readonly List<RestoreTestResult> _results = [];

    /// <summary>Results of <c>Test-DrpRestore</c>.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = "Result")]
    public RestoreTestResult[] InputObject { get; set; } = [];

    /// <summary>Plan whose evidence ledger holds the results.</summary>
    /// <value>Default: <c>$env:DRP_PLAN</c>, else <c>./drp.yaml</c>.</value>
    [Parameter(ParameterSetName = "History")]
    [PlanPath]
    [ArgumentCompleter(typeof(PlanFileCompleter))]
    [ValidateNotNullOrEmpty]
    public string? Plan { get; set; }

    /// <summary>The newest N results of the evidence ledger, without a fresh test.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "History")]
    [ValidateRange(1, 10_000)]
    public int Last { get; set; }

    /// <summary>Folder to write into; made when missing.</summary>
    /// <value>Default: the current folder.</value>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>Formats.</summary>
    /// <value>Default: all three.</value>
    [Parameter]
    public ReportFormat[] Format { get; set; } = [ReportFormat.Markdown, ReportFormat.Json, ReportFormat.Html];

    /// <summary>Language of the report.</summary>
    /// <value>Default: that of this session.</value>
    [Parameter]
    [ValidateSet("en", "fr")]
    public string? Language { get; set; }

    private protected override void Process() => _results.AddRange(InputObject);

    private protected override void Finish()
    {
        bool history = ParameterSetName == "History";
        if (!history && _results.Count == 0) return;
        string folder = PlanLocation.Full(SessionState, Path);
        if (!Asked(CmdletTexts.ActionReport, folder, out bool dryRun) || dryRun) return;
        var options = new ReportOptions { Folder = folder, Formats = Format, Language = Language };
        string? plan = history ? PlanLocation.Resolve(this, Plan) : null;
        int last = Last;
        Pump(async (outlet, ct) =>
        {
            if (plan is not null) await AddHistoryAsync(plan, last, outlet, ct).ConfigureAwait(false);
            foreach (var file in await DrpSession.ExportReportAsync(_results, options, ct).ConfigureAwait(false))
                await outlet.WriteAsync(file, ct).ConfigureAwait(false);
        });
    }

    private async Task AddHistoryAsync(string plan, int last, Outlet outlet, CancellationToken ct)
    {
        var session = await DrpSession.OpenAsync(plan, new EngineOptions { Observer = outlet, SecretManagement = SecretVault.Of(outlet).ResolveAsync }, ct).ConfigureAwait(false);
        await using (session.ConfigureAwait(false))
        {
            await foreach (var result in session.RestoreTestHistoryAsync(ct).ConfigureAwait(false))
            {
                _results.Add(result);
                if (_results.Count == last) break;
            }
        }

        if (_results.Count == 0)
            throw new DrpException(DrpError.RepositoryMissing, Text.Of(CmdletTexts.NoTestYet, plan)) { Subject = plan, Hint = CmdletTexts.NoTestYetHint };
    }
}
