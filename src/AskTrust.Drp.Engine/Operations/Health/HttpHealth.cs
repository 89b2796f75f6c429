using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Operations.Health;

/// <summary>Asks a page: status, text, time, and the days its certificate is still good for.</summary>
internal sealed class HttpHealth(HttpProbePlan page, OperationContext context, HealthJudge judge)
{
    private const int MostOfBody = 1 << 20;

    /// <summary>Asks once.</summary>
    public async Task<IReadOnlyList<HealthCheck>> AskAsync(CancellationToken ct)
    {
        var seen = new SeenCertificate();
        using var handler = new SocketsHttpHandler
        {
            // What the page's own users get: no proxy of this machine's environment, no cookie, no other page than the one named.
            UseProxy = false, AllowAutoRedirect = false, UseCookies = false,
            SslOptions = { RemoteCertificateValidationCallback = seen.Watch(page.CaFile is null ? null : TlsTrust.Only(TlsTrust.Read(page.CaFile))) },
        };
        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var request = new HttpRequestMessage(HttpMethod.Get, page.Url);
        request.Headers.UserAgent.ParseAdd("AskTrust.Drp");
        long start = context.Clock.GetTimestamp();
        List<HealthCheck> checks = [];
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct).ConfigureAwait(false);
            string body = await BodyAsync(answer, ct).ConfigureAwait(false);
            checks.Add(Judge((int)answer.StatusCode, body, context.Clock.GetElapsedTime(start)));
        }
        catch (HttpRequestException e)
        {
            checks.Add(judge.Bad(page.Name, HealthKind.Http, seen.Problem is { } problem ? Text.Of(HealthTexts.NotTrusted, page.Url, problem) : $"{page.Url}: {e.InnerException?.Message ?? e.Message}",
                seen.Problem is null ? HealthTexts.SilentAdvice : HealthTexts.NotTrustedAdvice, DrpError.Unreachable));
        }

        if (seen.Expires is { } expires) checks.Add(Certificate(expires));
        return checks;
    }

    private HealthCheck Judge(int status, string body, TimeSpan took)
    {
        if (page.Status is { } wanted ? status != wanted : status is < 200 or > 299)
            return judge.Bad(page.Name, HealthKind.Http, Text.Of(HealthTexts.WrongStatus, page.Url, status, page.Status?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "200–299"), HealthTexts.WrongStatusAdvice);
        if (page.Contains is { } text && !body.Contains(text, StringComparison.Ordinal)) return judge.Bad(page.Name, HealthKind.Http, Text.Of(HealthTexts.TextMissing, page.Url, text), HealthTexts.WrongStatusAdvice);
        return judge.AtMost(page.Name, HealthKind.Http, took.TotalSeconds, (page.Within ?? context.Plan.Health.Limits.Response).TotalSeconds, HealthJudge.Seconds, HealthTexts.SlowAdvice);
    }

    private HealthCheck Certificate(DateTimeOffset expires)
    {
        double days = (expires - context.Clock.GetUtcNow()).TotalDays;
        string name = $"{page.Name} certificate";
        if (days <= 0) return judge.Bad(name, HealthKind.Certificate, Text.Of(HealthTexts.Expired, Human.Time(expires)), HealthTexts.RenewAdvice);
        return judge.AtLeast(name, HealthKind.Certificate, days, context.Plan.Health.Limits.CertificateDays, HealthJudge.Days, HealthTexts.RenewAdvice);
    }

    /// <summary>Reads the answer to its end, so that its time is told; keeps the first MiB.</summary>
    private static async Task<string> BodyAsync(HttpResponseMessage answer, CancellationToken ct)
    {
        byte[] kept = new byte[MostOfBody];
        int length = 0;
        Stream stream = await answer.Content.ReadAsStreamAsync(ct).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        for (int read; length < kept.Length && (read = await stream.ReadAsync(kept.AsMemory(length), ct).ConfigureAwait(false)) > 0;) length += read;
        return Encoding.UTF8.GetString(kept, 0, length);
    }

    /// <summary>Remembers the certificate a server showed, also when it is not to be trusted.</summary>
    private sealed class SeenCertificate
    {
        public DateTimeOffset? Expires { get; private set; }

        public string? Problem { get; private set; }

        public RemoteCertificateValidationCallback Watch(RemoteCertificateValidationCallback? trust) => (sender, certificate, chain, errors) =>
        {
            if (certificate is not null)
            {
                using var shown = new X509Certificate2(certificate);
                Expires = new DateTimeOffset(shown.NotAfter.ToUniversalTime());
            }

            bool trusted = trust?.Invoke(sender, certificate, chain, errors) ?? errors == SslPolicyErrors.None;
            if (!trusted) Problem = (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None ? errors.ToString() : string.Join(", ", chain?.ChainStatus.Select(s => s.Status.ToString()) ?? []);
            return trusted;
        };
    }
}
