using System.Globalization;
using System.Net;
using System.Text;
using AskTrust.Drp.Engine.Host;
using AskTrust.Drp.Engine.Operations;

namespace AskTrust.Drp.Engine.Orchestration.Maintenance;

/// <summary>Answers every request with the page: for proxies that can show none by themselves (Traefik).</summary>
internal sealed class PageServer(OperationContext context)
{
    /// <summary>Serves until it is cancelled, which is its ordinary end.</summary>
    /// <param name="listen">Address and port, e.g. <c>127.0.0.1:8087</c>; <c>*:8087</c> for every address.</param>
    /// <param name="ready">Called when it listens.</param>
    /// <param name="ct">Ends it.</param>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: it cannot listen there.</exception>
    public async Task RunAsync(string listen, Action ready, CancellationToken ct)
    {
        MaintenancePlan plan = context.Plan.Maintenance ?? throw new DrpException(DrpError.PlanInvalid, Text.Of(MaintenanceTexts.NoSection, context.Plan.Path)) { Hint = MaintenanceTexts.NoSectionHint, Subject = context.Plan.Path };
        byte[] page = Encoding.UTF8.GetBytes(await MaintenancePage.OfAsync(context.Plan, plan, ct).ConfigureAwait(false));
        using var listener = new HttpListener();
        try
        {
            listener.Prefixes.Add($"http://{listen}/");
            listener.Start();
        }
        catch (Exception e) when (e is HttpListenerException or ArgumentException or System.Net.Sockets.SocketException)
        {
            throw new DrpException(DrpError.Unreachable, Text.Of(MaintenanceTexts.CannotListen, listen, e.Message), e) { Subject = listen };
        }

        using var end = ct.Register(listener.Abort);
        ready();
        while (!ct.IsCancellationRequested)
        {
            try
            {
                Answer(await listener.GetContextAsync().ConfigureAwait(false), plan, page);
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
            {
                // A visitor who left, or the end.
            }
        }
    }

    private void Answer(HttpListenerContext visit, MaintenancePlan plan, byte[] page)
    {
        using HttpListenerResponse answer = visit.Response;
        answer.StatusCode = 503;
        answer.ContentType = "text/html; charset=utf-8";
        answer.Headers["Retry-After"] = ((long)plan.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        answer.Headers["Cache-Control"] = "no-store";
        answer.Headers[MaintenancePage.Header] = context.Plan.Name;
        answer.ContentLength64 = page.Length;
        if (visit.Request.HttpMethod != "HEAD") answer.OutputStream.Write(page);
    }
}
