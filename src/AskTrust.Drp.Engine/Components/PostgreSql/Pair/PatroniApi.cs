using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.PostgreSql.Pair;

/// <summary>A member of a cluster that Patroni manages, as its REST API shows it.</summary>
/// <param name="Name">Name.</param>
/// <param name="Role"><c>leader</c>, <c>replica</c>, <c>sync_standby</c>, <c>standby_leader</c> …</param>
/// <param name="State"><c>running</c>, <c>streaming</c>, <c>stopped</c>, <c>start failed</c> …</param>
/// <param name="Address">Host and port of the server.</param>
/// <param name="Timeline">Timeline; null while it does not run.</param>
/// <param name="Lag">Bytes behind the leader; null when not known.</param>
internal sealed record PatroniMember(string Name, string Role, string State, string Address, uint? Timeline, long? Lag)
{
    /// <summary>It is the leader.</summary>
    public bool IsLeader => Role is "leader" or "master" or "primary" or "standby_leader";

    /// <summary>Its server works.</summary>
    public bool Works => State is "running" or "streaming";
}

/// <summary>The REST API of Patroni: which member leads, and the request that another one should.</summary>
internal sealed class PatroniApi : IDisposable
{
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(10);
    private readonly PatroniPlan _plan;
    private readonly HostContext _host;
    private readonly HttpClient _http;

    private PatroniApi(PatroniPlan plan, HostContext host, HttpClient http) => (_plan, _host, _http) = (plan, host, http);

    /// <summary>Makes ready; contacts nothing.</summary>
    public static async Task<PatroniApi> OpenAsync(PatroniPlan plan, HostContext host, CancellationToken ct)
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = s_answer, AllowAutoRedirect = false, UseCookies = false };
        if (plan.CaFile is { } file)
        {
            try
            {
                handler.SslOptions.RemoteCertificateValidationCallback = TlsTrust.Only(TlsTrust.Read(file));
            }
            catch
            {
                handler.Dispose();
                throw;
            }
        }

        var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            if (plan.User is { } user)
            {
                string password = plan.Password is null ? "" : (await host.Secrets.ResolveAsync(plan.Password, ct).ConfigureAwait(false)).Reveal();
                http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
            }

            return new PatroniApi(plan, host, http);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>The members.</summary>
    /// <exception cref="DrpException"><see cref="DrpError.Unreachable"/>: no address of the plan answers.</exception>
    public async Task<IReadOnlyList<PatroniMember>> ClusterAsync(CancellationToken ct)
    {
        var (status, text) = await AskAsync(HttpMethod.Get, "cluster", null, s_answer, ct).ConfigureAwait(false);
        if (status != 200) throw Refused("cluster", status, text);
        try
        {
            using var document = JsonDocument.Parse(text);
            return [.. document.RootElement.GetProperty("members").EnumerateArray().Select(Member)];
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw Refused("cluster", status, e.Message);
        }
    }

    /// <summary>Asks for another leader, without loss: both work.</summary>
    public Task SwitchoverAsync(string leader, string candidate, TimeSpan patience, CancellationToken ct) =>
        RequestAsync("switchover", new Dictionary<string, string>(StringComparer.Ordinal) { ["leader"] = leader, ["candidate"] = candidate }, patience, ct);

    /// <summary>Asks for another leader although there is none, or the candidate is behind.</summary>
    public Task FailoverAsync(string candidate, TimeSpan patience, CancellationToken ct) =>
        RequestAsync("failover", new Dictionary<string, string>(StringComparer.Ordinal) { ["candidate"] = candidate }, patience, ct);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task RequestAsync(string path, Dictionary<string, string> body, TimeSpan patience, CancellationToken ct)
    {
        var (status, text) = await AskAsync(HttpMethod.Post, path, JsonSerializer.Serialize(body, PatroniJson.Default.DictionaryStringString), patience, ct).ConfigureAwait(false);
        // 200: done; 202: scheduled or under way. 503 also comes when Patroni has only stopped waiting: the caller looks how it ends.
        if (status is not (200 or 202 or 503)) throw Refused(path, status, text);
        _host.Say(DrpEventLevel.Verbose, $"Patroni: {text.Trim()}");
        if (status == 503 && !text.Contains("status unknown", StringComparison.OrdinalIgnoreCase)) throw Refused(path, status, text);
    }

    private async Task<(int Status, string Text)> AskAsync(HttpMethod method, string path, string? body, TimeSpan limit, CancellationToken ct)
    {
        List<string> errors = [];
        foreach (string url in _plan.Urls)
        {
            using var brief = CancellationTokenSource.CreateLinkedTokenSource(ct);
            brief.CancelAfter(limit);
            using var request = new HttpRequestMessage(method, $"{url.TrimEnd('/')}/{path}");
            if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
            try
            {
                using HttpResponseMessage answer = await _http.SendAsync(request, brief.Token).ConfigureAwait(false);
                return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(brief.Token).ConfigureAwait(false));
            }
            // A request that was sent and not answered may be at work: it is not sent a second time by another road.
            catch (HttpRequestException e) when (method == HttpMethod.Get || e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError)
            {
                errors.Add($"{url}: {e.Message}");
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested && method == HttpMethod.Get)
            {
                errors.Add(Text.Of(PairTexts.Silent, url, (int)limit.TotalSeconds));
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return (202, "");
            }
        }

        throw new DrpException(DrpError.Unreachable, Text.Of(PairTexts.NoPatroni, string.Join("; ", errors))) { Hint = PairTexts.NoPatroniHint };
    }

    private static PatroniMember Member(JsonElement member) => new(
        Name(member, "name"), Name(member, "role"), Name(member, "state"), $"{Name(member, "host")}:{(member.TryGetProperty("port", out var port) ? port.ToString() : "?")}",
        member.TryGetProperty("timeline", out var timeline) && timeline.TryGetUInt32(out uint number) ? number : null,
        member.TryGetProperty("lag", out var lag) && lag.ValueKind == JsonValueKind.Number && lag.TryGetInt64(out long bytes) ? bytes : null);

    private static string Name(JsonElement member, string name) => member.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static DrpException Refused(string path, int status, string text) =>
        new(status is 401 or 403 ? DrpError.KeyOrPassphrase : DrpError.Failed, Text.Of(PairTexts.PatroniRefused, path, status, text.Trim())) { Subject = "patroni" };
}

/// <summary>Generated at build time.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class PatroniJson : System.Text.Json.Serialization.JsonSerializerContext;
