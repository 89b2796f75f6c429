using AskTrust.Drp.Engine.Components.Private;
using AskTrust.Drp.Engine.Host;

namespace AskTrust.Drp.Engine.Components.Certificates;

/// <summary>Certificates and their keys as a source: the files, and in the manifest what they are.</summary>
internal sealed class CertificatesSource(CertificatesPlan plan, string planFile, HostContext host) : PrivateFilesSource(plan, planFile, host)
{
    /// <summary>Reads the certificates of today.</summary>
    public async Task<IReadOnlyList<CertificateFacts>> ReadAsync(CancellationToken ct)
    {
        string? password = plan.Password is { } reference ? (await Host.Secrets.ResolveAsync(reference, ct).ConfigureAwait(false)).Reveal() : null;
        return await CertificateReader.ReadAsync(plan.Paths, password, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async Task<IReadOnlyList<Finding>> LookAsync(KeptFiles files, CancellationToken ct) =>
        CertificateJudge.Findings([.. (await ReadAsync(ct).ConfigureAwait(false)).Where(IsThere)], Host.Clock.GetUtcNow(), plan.Warning);

    /// <inheritdoc/>
    protected override async Task<ComponentFacts> DescribeAsync(ComponentFacts facts, KeptFiles files, string made, CancellationToken ct)
    {
        CertificateFacts[] certificates = [.. (await ReadAsync(ct).ConfigureAwait(false)).Where(IsThere)];
        return facts with { Certificates = certificates, Warnings = [.. CertificateJudge.Warnings(certificates, Host.Clock.GetUtcNow(), plan.Warning)] };
    }

    // What is missing altogether is said once, by those who keep the files.
    private static bool IsThere(CertificateFacts certificate) => certificate.Flaw != CertificateFlaw.Unreadable || Path.Exists(certificate.Files[0]);
}
