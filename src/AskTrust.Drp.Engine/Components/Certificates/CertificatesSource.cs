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
    protected override async Task<IReadOnlyList<Finding>> LookAsync(KeptFiles files, CancellationToken ct)
    {
        CertificateStatus[] all = [.. (await ReadAsync(ct).ConfigureAwait(false)).Where(IsThere).Select(Judge)];
        if (all.Length == 0) return [new Finding(PrivateTexts.CheckCertificates, CheckVerdict.Warning, CertificateTexts.None, null, DrpError.Incomplete)];
        return
        [
            .. all.Select(c => new Finding(
                PrivateTexts.CheckCertificates, c.Verdict == CheckVerdict.Ok ? CheckVerdict.Ok : CheckVerdict.Warning, c.Verdict == CheckVerdict.Ok ? Text.Of(CertificateTexts.Good, c.Name, c.DaysLeft) : $"{c.Name}: {string.Join(' ', c.Problems)}", null,
                c.Verdict == CheckVerdict.Ok ? DrpError.None : DrpError.Incomplete)),
        ];
    }

    /// <inheritdoc/>
    protected override async Task<ComponentFacts> DescribeAsync(ComponentFacts facts, KeptFiles files, string made, CancellationToken ct)
    {
        CertificateFacts[] certificates = [.. (await ReadAsync(ct).ConfigureAwait(false)).Where(IsThere)];
        return facts with
        {
            Certificates = certificates,
            Warnings = [.. certificates.Select(Judge).Where(c => c.Verdict != CheckVerdict.Ok).Select(c => $"{c.Name}: {string.Join(' ', c.Problems)}")],
        };
    }

    private CertificateStatus Judge(CertificateFacts certificate) => CertificateJudge.Look(certificate, Host.Clock.GetUtcNow(), plan.Warning);

    // What is missing altogether is said once, by those who keep the files.
    private static bool IsThere(CertificateFacts certificate) => certificate.Flaw != CertificateFlaw.Unreadable || Path.Exists(certificate.Files[0]);
}
