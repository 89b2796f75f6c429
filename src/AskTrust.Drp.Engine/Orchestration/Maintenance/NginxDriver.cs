using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>
/// nginx: one file of ours that server blocks include. The page stands inside it, so that nothing else must be readable where nginx runs, and every method gets it
/// (a file would be answered to a POST with 405).
/// </summary>
internal sealed class NginxDriver(string plan, MaintenancePlan maintenance, ProxyCommand proxy) : IMaintenanceDriver
{
    /// <summary>nginx reads words of up to 4096 bytes.</summary>
    private const int Piece = 3000;

    /// <inheritdoc/>
    public string Place => proxy.Place;

    private string Mark => $"maintenance of {plan}";

    private string[] Config => maintenance.Config is { } file ? ["-c", file] : [];

    /// <inheritdoc/>
    public string Render(string page) => File(page).Content;

    /// <inheritdoc/>
    public bool? IsWritten(string page)
    {
        OwnFile file = File(page);
        ServiceFileState state = file.Look();
        return state == ServiceFileState.Foreign ? throw file.Foreign() : state == ServiceFileState.Current;
    }

    /// <inheritdoc/>
    public async Task OnAsync(string page, Func<string, bool> step, CancellationToken ct)
    {
        OwnFile file = File(page);
        await CheckAsync(MaintenanceTexts.InvalidBefore, ct).ConfigureAwait(false);
        string? before = System.IO.File.Exists(file.Path) ? await System.IO.File.ReadAllTextAsync(file.Path, ct).ConfigureAwait(false) : null;
        if (!step(Text.Of(MaintenanceTexts.StepWrite, file.Path)) | !step("nginx -t") | !step("nginx -s reload")) return;
        file.Write();
        try
        {
            string all = await CheckAsync(MaintenanceTexts.Invalid, ct).ConfigureAwait(false);
            if (!all.Contains(file.Mark, StringComparison.Ordinal)) throw new DrpException(DrpError.PlanInvalid, Text.Of(MaintenanceTexts.NotIncluded, file.Path)) { Subject = file.Path, Hint = Text.Of(MaintenanceTexts.NotIncludedHint, file.Path) };
            await proxy.ReloadAsync("nginx", [.. Config, "-s", "reload"], ct).ConfigureAwait(false);
        }
        catch
        {
            // As it was; what runs was never told of it.
            if (before is null) file.Remove();
            else await System.IO.File.WriteAllTextAsync(file.Path, before, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task OffAsync(Func<string, bool> step, CancellationToken ct)
    {
        OwnFile file = File("");
        if (file.Look() == ServiceFileState.Missing) return;
        string before = await System.IO.File.ReadAllTextAsync(file.Path, ct).ConfigureAwait(false);
        if (!step(Text.Of(MaintenanceTexts.StepRemove, file.Path)) | !step("nginx -t") | !step("nginx -s reload")) return;
        file.Remove();
        try
        {
            await CheckAsync(MaintenanceTexts.Invalid, ct).ConfigureAwait(false);
            await proxy.ReloadAsync("nginx", [.. Config, "-s", "reload"], ct).ConfigureAwait(false);
        }
        catch
        {
            // What the file says is what is shown: the next try must find it.
            await System.IO.File.WriteAllTextAsync(file.Path, before, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>nginx's own check, and the whole configuration as it reads it.</summary>
    private Task<string> CheckAsync(string message, CancellationToken ct) => proxy.CheckAsync("nginx", [.. Config, "-T"], message, ct);

    private OwnFile File(string page)
    {
        var text = new StringBuilder("set $drp_maintenance 1;\n");
        foreach (string path in maintenance.Pass)
        {
            string pattern = path.EndsWith('*') ? "^" + Escape(path[..^1]) : "^" + Escape(path) + "$";
            text.Append(CultureInfo.InvariantCulture, $"if ($uri ~ \"{pattern}\") {{ set $drp_maintenance 0; }}\n");
        }

        foreach (string address in maintenance.Allow) text.Append(CultureInfo.InvariantCulture, $"if ($binary_remote_addr ~ \"{AddressPattern.Of(address)}\") {{ set $drp_maintenance 0; }}\n");
        text.Append("""
            if ($drp_maintenance) { return 503; }
            error_page 503 @drp_maintenance;
            location @drp_maintenance {
                default_type "text/html; charset=utf-8";

            """.ReplaceLineEndings("\n"));
        text.Append(CultureInfo.InvariantCulture, $"    add_header Retry-After {(long)maintenance.RetryAfter.TotalSeconds} always;\n    add_header Cache-Control no-store always;\n    add_header {MaintenancePage.Header} {plan} always;\n");
        List<string> pieces = [];
        // By characters: a piece must not end within one.
        foreach (Rune rune in page.EnumerateRunes())
        {
            if (pieces.Count == 0 || Encoding.UTF8.GetByteCount(pieces[^1]) + 8 > Piece) pieces.Add("");
            pieces[^1] += rune.Value switch { '"' => "\\\"", '\\' => "\\\\", _ => rune.ToString() };
        }

        for (int i = 0; i < pieces.Count; i++) text.Append(CultureInfo.InvariantCulture, $"    set $drp_page_{i} \"{pieces[i]}\";\n");
        text.Append(CultureInfo.InvariantCulture, $"    return 503 \"{string.Concat(Enumerable.Range(0, pieces.Count).Select(i => $"${{drp_page_{i}}}"))}\";\n}}\n");
        return new OwnFile(maintenance.Snippet!, Mark, text.ToString());
    }

    /// <summary>A path inside a quoted pattern.</summary>
    private static string Escape(string path) => Regex.Escape(path).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
