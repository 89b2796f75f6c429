using System.Globalization;
using System.Net;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>The page that visitors see: one file without anything from elsewhere, in French and English, which comes back by itself.</summary>
internal static class MaintenancePage
{
    /// <summary>Header by which the page is known: its value is the plan's name.</summary>
    public const string Header = "X-Drp-Maintenance";

    /// <summary>Largest page of one's own.</summary>
    private const int Largest = 64 * 1024;

    /// <summary>The page of a plan.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.PlanInvalid"/>: that of the plan cannot be used.</exception>
    public static async Task<string> OfAsync(DrpPlan plan, MaintenancePlan maintenance, CancellationToken ct)
    {
        if (maintenance.Page is not { } file) return Text(plan.Name, maintenance.RetryAfter);
        string text;
        try
        {
            text = await File.ReadAllTextAsync(file, ct).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(MaintenanceTexts.PageUnreadable, file, e.Message), e) { Subject = file };
        }

        // nginx would take what follows a dollar sign for a variable.
        if (text.Length is 0 or > Largest || (maintenance.Proxy == MaintenanceProxy.Nginx && text.Contains('$', StringComparison.Ordinal)))
            throw new DrpException(DrpError.PlanInvalid, Host.Text.Of(MaintenanceTexts.PageUnusable, file, Largest / 1024)) { Subject = file, Hint = MaintenanceTexts.PageUnusableHint };
        return text;
    }

    private static string Text(string name, TimeSpan again) => $$"""
        <!doctype html>
        <html lang="fr">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="robots" content="noindex">
        <meta http-equiv="refresh" content="{{Math.Clamp((long)again.TotalSeconds, 30, 600).ToString(CultureInfo.InvariantCulture)}}">
        <title>Maintenance – {{WebUtility.HtmlEncode(name)}}</title>
        <style>
        :root { color-scheme: light dark }
        body { margin: 0; min-height: 100vh; display: flex; align-items: center; justify-content: center; font: 1.1rem/1.6 system-ui, sans-serif; background: Canvas; color: CanvasText }
        main { max-width: 34rem; padding: 2rem }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem }
        section + section { margin-top: 2rem; padding-top: 2rem; border-top: 1px solid GrayText }
        p { margin: .5rem 0 }
        </style>
        </head>
        <body>
        <main>
        <section lang="fr">
        <h1>Site en maintenance</h1>
        <p>Nous intervenons sur {{WebUtility.HtmlEncode(name)}} et serons bientôt de retour. Merci de revenir dans quelques minutes.</p>
        <p>Cette page se recharge d’elle-même.</p>
        </section>
        <section lang="en">
        <h1>Down for maintenance</h1>
        <p>We are working on {{WebUtility.HtmlEncode(name)}} and will be back soon. Please come back in a few minutes.</p>
        <p>This page reloads by itself.</p>
        </section>
        </main>
        </body>
        </html>

        """.ReplaceLineEndings("\n");
}
